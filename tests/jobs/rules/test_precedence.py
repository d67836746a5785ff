"""Which build gets a record ID that several builds have."""

import pytest
from buildhub.rules.canonical_path import canonical_path
from buildhub.rules.paths import Build, parse_build, parse_path
from buildhub.rules.precedence import RULES, is_preferred, preference, why_preferred
from hypothesis import given, settings

from tests.jobs.rules.archive_paths import Target, spellings, targets

NIGHTLY = "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central"
FENNEC = "pub/mobile/nightly/2012/04/2012-04-10-03-05-50-mozilla-central-android"
THUNDERBIRD = "pub/thunderbird/nightly/2009/05/2009-05-10-03-comm-central"
FUNNELCAKE = "pub/firefox/releases/58.0.2-funnelcake137"

CONFLICTS = [
    pytest.param(
        "pub/firefox/releases/4.0rc1/win32/de/Firefox Setup 4.0 RC 1.exe",
        "pub/firefox/candidates/4.0-candidates/build1/win32/de/Firefox Setup 4.0.exe",
        "a release candidate in releases/",
        id="a release candidate, and the first candidate of the final version",
    ),
    pytest.param(
        "pub/firefox/candidates/60.0-candidates/build1/win32/de/Firefox Setup 60.0.exe",
        "pub/firefox/releases/60.0rc1/win32/de/Firefox Setup 60.0rc1.exe",
        "it lies at the canonical path",
        id="releases/ has no candidates since 5.0",
    ),
    pytest.param(
        "pub/firefox/candidates/58.0-candidates/build6/funnelcake134/win64/de/"
        "Firefox Setup 58.0.exe",
        "pub/firefox/releases/58.0rc6-funnelcake134/win64/de/Firefox Setup 58.0.exe",
        "it lies at the canonical path",
        id="a funnelcake of a candidate",
    ),
    pytest.param(
        "pub/firefox/releases/1.5/linux-i686/pl/firefox-1.5.tar.gz",
        "pub/firefox/releases/1.5/linux-i686/pl/firefox-1.5.installer.tar.gz",
        "the plain archive",
        id="an archive, and one that contains an installer",
    ),
    pytest.param(
        "pub/firefox/releases/1.0rc2/linux-i686/de-DE/firefox-1.0rc2.tar.gz",
        "pub/firefox/releases/1.0rc2/firefox-1.0rc2.de-DE.linux-i686.installer.tar.gz",
        "a build in the folder of its locale",
        id="in folders for platform and locale, and not",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.win64.installer.exe",
        f"{NIGHTLY}-l10n/firefox-62.0a1.en-US.win64.installer.exe",
        "the dated folder comes before",
        id="the copy of the en-US installer among the other locales",
    ),
    pytest.param(
        f"{NIGHTLY}-l10n/firefox-62.0a1.de.win64.installer.exe",
        f"{NIGHTLY}/firefox-62.0a1.de.win64.installer.exe",
        "it lies at the canonical path",
        id="a localized build in the folder of en-US",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.win64.installer.exe",
        f"{NIGHTLY}/firefox-62.0a1.en-US.win64.exe",
        "it lies at the canonical path",
        id="an installer without installer in its name",
    ),
    pytest.param(
        f"{FENNEC}/fennec-14.0a1.multi.android-arm.apk",
        f"{FENNEC}-xul/fennec-14.0a1.multi.android-arm.apk",
        "the dated folder with the shorter name",
        id="two Fennecs of one run",
    ),
    pytest.param(
        f"{THUNDERBIRD}-trunk/thunderbird-3.0b3pre.en-US.mac.dmg",
        f"{THUNDERBIRD}/thunderbird-3.0b3pre.en-US.mac.dmg",
        "it lies at the canonical path",
        id="two names of a branch, the longer one in use",
    ),
    pytest.param(
        f"{FUNNELCAKE}/win64/en-US/Firefox Setup 58.0.2.exe",
        f"{FUNNELCAKE}/v1/win64/en-US/Firefox Setup 58.0.2.exe",
        "a build in the version's own folders",
        id="a funnelcake, and one in a deeper folder",
    ),
    pytest.param(
        f"{FUNNELCAKE}/v10/win64/en-US/Firefox Setup 58.0.2.exe",
        f"{FUNNELCAKE}/v9/win64/en-US/Firefox Setup 58.0.2.exe",
        "of a funnelcake's own folders",
        id="variants of a funnelcake, ten after nine",
    ),
    pytest.param(
        "pub/firefox/releases/134.0/linux-x86_64/de/firefox-134.0.tar.bz2",
        "pub/firefox/releases/134.0/linux-x86_64/de/firefox-134.0.tar.xz",
        "it lies at the canonical path",
        id="a format before its first version",
    ),
    pytest.param(
        "pub/firefox/releases/135.0/linux-x86_64/de/firefox-135.0.tar.xz",
        "pub/firefox/releases/135.0/linux-x86_64/de/firefox-135.0.tar.bz2",
        "file extensions are preferred",
        id="a format after its last version",
    ),
    pytest.param(
        "pub/firefox/releases/60.0/mac/de/Firefox 60.0.dmg",
        "pub/firefox/releases/60.0/mac/de/firefox-60.0.zip",
        "file extensions are preferred",
        id="a zip on a Mac",
    ),
    pytest.param(
        "pub/firefox/releases/60.0/mac/de/Firefox 60.0.dmg",
        "pub/firefox/releases/60.0/macosx/de/Firefox 60.0.dmg",
        "the shorter path",
        id="two spellings of a platform",
    ),
    pytest.param(
        "pub/firefox/releases/3.5.9/mac/ja-JP-mac/Firefox 3.5.9.dmg",
        "pub/firefox/releases/3.5.9/mac/ja-JP-MAC/Firefox 3.5.9.dmg",
        "it lies at the canonical path",
        id="two spellings of a locale",
    ),
    pytest.param(
        "pub/firefox/releases/38.0.5b1-2/win32/fr/Firefox Setup 38.0.5b1.exe",
        "pub/firefox/releases/38.0.5b1.2/win32/fr/Firefox Setup 38.0.5b1.2.exe",
        "the shorter path",
        id="dots and dashes are the same in an ID",
    ),
    pytest.param(
        "pub/firefox/releases/4.0b12/win32/ru/Firefox Setup 4.0 Beta 12.exe",
        "pub/firefox/releases/4.0b12/win32/ru/Firefox Setup 4.0b12.exe",
        "it lies at the canonical path",
        id="two spellings of an early beta",
    ),
    pytest.param(
        "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central/firefox-62.0a1.en-US.mac.dmg",
        "pub/firefox/nightly/2018/07/2018-06-20-10-01-30-mozilla-central/firefox-62.0a1.en-US.mac.dmg",
        "the path that sorts first",
        id="a folder in the folder of another month",
    ),
]


@pytest.mark.parametrize(("winner", "loser", "why"), CONFLICTS)
def test_one_of_two_builds_has_the_id_by_a_rule_that_is_named(winner, loser, why):
    winner, loser = parse_build(winner), parse_build(loser)
    assert winner.record_id == loser.record_id
    assert preference(winner) < preference(loser)
    assert not is_preferred(loser)
    assert why_preferred(winner, loser).startswith(why)


def test_a_build_does_not_conflict_with_itself():
    build = parse_build("pub/firefox/releases/60.0/mac/de/Firefox 60.0.dmg")
    with pytest.raises(ValueError, match=r"Firefox 60\.0\.dmg"):
        why_preferred(build, build)


def builds_by_id(target: Target) -> dict[str, list[Build]]:
    """Return the builds among all spellings of a target."""
    found: dict[str, list[Build]] = {}
    for path in sorted(spellings(target)):
        build = parse_path(path)
        if isinstance(build, Build):
            found.setdefault(build.record_id, []).append(build)
    return found


@settings(max_examples=15, deadline=None)
@given(targets())
def test_at_most_one_of_all_builds_with_one_id_is_preferred(target):
    for builds in builds_by_id(target).values():
        preferred = [build.path for build in builds if is_preferred(build)]
        assert len(preferred) <= 1
        assert len({canonical_path(build) for build in builds}) == 1


@settings(max_examples=15, deadline=None)
@given(targets())
def test_of_all_builds_with_one_id_one_wins_by_a_rule_that_is_named(target):
    sentences = {rule.sentence for rule in RULES}
    for builds in builds_by_id(target).values():
        winner, *losers = sorted(builds, key=preference)
        for loser in losers:
            assert preference(winner) < preference(loser)
            assert not is_preferred(loser)
            assert why_preferred(winner, loser) in sentences


@settings(max_examples=15, deadline=None)
@given(targets())
def test_a_build_at_the_canonical_path_has_the_id_that_the_path_is_canonical_for(target):
    for record_id, builds in builds_by_id(target).items():
        at_canonical_path = parse_build(canonical_path(builds[0]))
        assert at_canonical_path.record_id == record_id
        assert is_preferred(at_canonical_path)


def test_the_spellings_contain_conflicts():
    target = Target("firefox", "4.0", "win32", "de", number=1, date=None)
    assert max(len(builds) for builds in builds_by_id(target).values()) > 1
