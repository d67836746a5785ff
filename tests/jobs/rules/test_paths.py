"""What paths mean. The cases are in ``tests/archive/builds.txt`` and ``skips.txt``."""

from pathlib import Path

import pytest
from buildhub.rules.paths import Build, Skip, SkipReason, parse_path
from buildhub.rules.platforms import archive_spelling
from buildhub.rules.precedence import preference
from buildhub.rules.walkable_folders import may_hold_builds
from hypothesis import example, given
from hypothesis import strategies as st

ARCHIVE = Path(__file__).parents[2] / "archive"


def read_lines(name: str) -> list[str]:
    lines = (ARCHIVE / name).read_text().splitlines()
    return [line.strip() for line in lines if line and not line.startswith("#")]


def in_threes(lines: list[str]) -> list[tuple[str, str, str]]:
    return list(zip(lines[::3], lines[1::3], lines[2::3], strict=True))


BUILDS = in_threes(read_lines("builds.txt"))
SKIPS = read_lines("skips.txt")


@pytest.mark.parametrize(("path", "record_id", "facts"), BUILDS, ids=lambda text: text[:90])
def test_a_build_is_recognised_with_all_its_facts(path, record_id, facts):
    build = parse_path(path)
    assert isinstance(build, Build), build.text
    assert build.record_id == record_id
    found = (build.channel, build.version, build.platform, build.os, build.locale, build.mimetype)
    assert " · ".join(found) == facts
    assert build.product == record_id.split("_")[0]


@pytest.mark.parametrize("line", SKIPS)
def test_a_file_that_is_not_a_build_is_skipped_for_its_reason(line):
    slug, path = line.split(maxsplit=1)
    skip = parse_path(path)
    assert isinstance(skip, Skip), skip.record_id
    assert skip.reason is SkipReason(slug)
    assert path in skip.text


@pytest.mark.parametrize("reason", SkipReason, ids=lambda reason: reason.value)
def test_every_reason_has_a_case(reason):
    assert any(line.split()[0] == reason.value for line in SKIPS)


@pytest.mark.parametrize("number", [1, 9, 10, 11, 14])
def test_a_candidate_knows_its_number_whatever_its_digits(number):
    build = parse_path(
        f"pub/firefox/candidates/60.0-candidates/build{number}/mac/fr/Firefox 60.0.dmg"
    )
    assert (build.version, build.base_version) == (f"60.0rc{number}", "60.0")
    assert build.candidate_number == number


def test_a_nightly_knows_its_folder():
    folder = "2018-06-20-10-01-30-mozilla-central-l10n"
    build = parse_path(f"pub/firefox/nightly/2018/06/{folder}/firefox-62.0a1.fr.mac.dmg")
    assert build.nightly_folder == folder


numbers = st.integers(1, 9999)
versions = st.builds(
    "{}.{}{}{}".format,
    numbers,
    numbers,
    st.just("") | numbers.map(".{}".format),
    st.sampled_from(["", "esr", "pre"]) | numbers.map("b{}".format) | numbers.map("a{}pre".format),
)
locales = st.from_regex(r"[a-z]{2,3}(-[A-Z]{2}(-mac)?|-[a-z]{4,8})?|multi", fullmatch=True)
platforms = st.from_regex(r"(linux|win|mac|android)[0-9]{0,2}(-[ij][0-9]+)?", fullmatch=True)


@given(versions, locales.filter(lambda text: text != "xpi"), platforms, numbers)
def test_facts_formatted_into_a_path_are_parsed_from_it(version, locale, platform, number):
    candidate = f"candidates/{version}-candidates/build{number}/{platform}/{locale}"
    nightly = f"nightly/2018/06/2018-06-20-10-01-30-comm-central/thunderbird-{version}.{locale}"
    candidate = parse_path(f"pub/thunderbird/{candidate}/thunderbird-{version}.tar.bz2")
    nightly = parse_path(f"pub/thunderbird/{nightly}.{platform}.tar.bz2")
    assert (candidate.version, nightly.version) == (f"{version}rc{number}", version)
    for build in (candidate, nightly):
        assert build.locale == locale
        assert archive_spelling(build.platform) == platform
        assert (build.product, build.base_version) == ("thunderbird", version)


# The parts of real paths: put together at random they come near to other real ones.
PATHS = [path for path, _, _ in BUILDS] + [line.split(maxsplit=1)[1] for line in SKIPS]
PIECES = st.sampled_from(sorted({piece for path in PATHS for piece in path.split("/")}))
LAYOUTS = st.sampled_from(PATHS).map(lambda path: path.split("/"))


NIGHTLY = "pub/firefox/nightly"
DATED = "2018-06-20-10-01-30-mozilla-central"


@st.composite
def near_misses(draw):
    """A real path with one part put in the place of another."""
    pieces = draw(LAYOUTS)
    return "/".join([draw(PIECES) if draw(st.integers(0, 3)) == 0 else p for p in pieces])


@st.composite
def smudged(draw):
    """The path of a build with something put into it."""
    path = draw(st.sampled_from([path for path, _, _ in BUILDS]))
    place = draw(st.integers(0, len(path)))
    blot = draw(
        st.sampled_from(["/", "../", "\n", "\0", "9", "rc1", "-l10n"]) | st.text(max_size=3)
    )
    return path[:place] + blot + path[place:]


@given(st.text() | near_misses() | smudged() | st.lists(PIECES | st.text(max_size=5)).map("/".join))
@example("pub/firefox/releases/" + "1." * 5000 + "0/win32/de/Firefox Setup 1.0.exe")
@example("pub/firefox/releases/1." + "1" * 5000 + "x/win32/de/Firefox Setup 1.0.exe")
@example("pub/firefox/candidates/1.0-candidates/build" + "9" * 5000 + "/mac/de/Firefox 1.0.dmg")
@example("pub/firefox/releases/60.0/win32/de\n/Firefox Setup 60.0.exe")
@example("pub/firefox/releases/60.0/win32/\u017fk/Firefox Setup 60.0.exe")
@example("pub/firefox/releases/٦٠.0/win32/sk/Firefox Setup 60.0.exe")
@example("pub/firefox/releases/60.0/win32/\ud800.exe")
@example("pub/firefox/releases/1." + "1." * 600 + "0/win32/de/Firefox Setup 1.0.exe")
@example(f"{NIGHTLY}/2018/\n06/{DATED}/firefox-62.0a1.fr.mac.dmg")
@example(f"{NIGHTLY}/٢٠١٨/06/{DATED}/firefox-62.0a1.fr.mac.dmg")
@example(f"{NIGHTLY}/2018/06/2018-06-20-10-0rc1-30-mozilla-central/firefox-62.0a1.fr.mac.dmg")
def test_any_text_is_a_build_or_has_a_reason(text):
    found = parse_path(text)
    assert found.path == text
    if isinstance(found, Skip):
        assert found.text.isprintable()
        assert found.text.endswith(f"({found.reason.value})")
    else:
        assert found.record_id.isascii()
        assert len(found.record_id) < 2000
        assert text.isprintable()
        assert may_hold_builds(text.rpartition("/")[0] + "/")
        assert isinstance(preference(found), tuple)
