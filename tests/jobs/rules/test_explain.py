"""Where the fields of records come from."""

from datetime import UTC, datetime

import pytest
from buildhub.rules.entry import Entry
from buildhub.rules.explain import METADATA, Origin, explain
from buildhub.rules.metadata import Metadata, parse_metadata
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.records import build_record
from buildhub_schema.fields import FIELDS, NOT_COMPARED

from tests.jobs.rules.test_paths import BUILDS

NIGHTLY = "pub/firefox/nightly/2018/06/2018-06-20-10-01-30-mozilla-central"
LINE = f"{NIGHTLY}/firefox-62.0a1.en-US.mac.txt"
CANDIDATE = "pub/firefox/candidates/58.0-candidates/build6/win32"
ESR = "pub/firefox/candidates/60.2.0esr-candidates/build2/win32/en-GB/Firefox Setup 60.2.0esr.exe"
FENNEC = "pub/mobile/releases/57.0/android-x86/multi/fennec-57.0.multi.android-i386.apk"

FULL = Metadata(
    build_id="20180620100130",
    channel="nightly",
    repository="https://hg.mozilla.org/mozilla-central",
    revision="a" * 40,
    as_="as",
    cc="cc",
    cxx="cxx",
    ld="ld",
    host="host",
    target="target",
    path="M",
)
ITSELF = Origin(METADATA, "M")
ENGLISH = "of the platform's en-US build (on Android: multi-locale), which it was made from"
LAST = "of the candidate with the highest number, which became the release"


def origins(path: str, metadata: Metadata | None) -> dict[str, Origin]:
    build = parse_path(path)
    assert isinstance(build, Build), build.text
    record = build_record(
        build,
        Entry(path, 1, datetime(2018, 6, 20, tzinfo=UTC)),
        metadata,
        archive_url="https://archive.mozilla.org/",
        candidate_number=build.candidate_number or 3,
    )
    return {fact.field: fact.origin for fact in explain(record, build, metadata)}


# A build, what metadata says of it, a field, and where that comes from.
CASES = [
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg",
        FULL,
        "build.id",
        ITSELF,
        id="metadata-in-its-folder",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg",
        None,
        "build.id",
        Origin("rule", why="the date of the folder 2018-06-20-10-01-30-mozilla-central/"),
        id="a-nightly-without-metadata",
    ),
    pytest.param(
        f"{NIGHTLY}-l10n/firefox-62.0a1.de.mac.dmg",
        FULL,
        "source.revision",
        Origin(METADATA, "M", ENGLISH),
        id="a-repack",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg",
        parse_metadata(b"20180620100130 " + b"a" * 12, path=LINE),
        "source.repository",
        Origin(
            "rule",
            LINE,
            "the metadata names a revision only; the repository of the branch in the path is "
            "assumed",
        ),
        id="a-line-of-text-names-no-repository",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg",
        FULL,
        "source.tree",
        Origin("rule", why="what follows the host in source.repository"),
        id="the-tree",
    ),
    pytest.param(
        f"{NIGHTLY}/firefox-62.0a1.en-US.mac.dmg",
        Metadata(build_id="20180620100130", channel="default"),
        "target.channel",
        Origin(
            "rule",
            why="the folder 2018-06-20-10-01-30-mozilla-central/ is a nightly's; the metadata's "
            "'default' is not one of Mozilla's channels",
        ),
        id="a-channel-that-is-none",
    ),
    pytest.param(
        f"{CANDIDATE}/en-US/Firefox Setup 58.0.exe",
        None,
        "target.channel",
        Origin("rule", why="the form of the version 58.0"),
        id="a-channel-by-the-version",
    ),
    pytest.param(
        ESR,
        None,
        "target.channel",
        Origin("rule", why="the version of the candidate ends in esr"),
        id="a-candidate-of-an-esr",
    ),
    pytest.param(
        f"{CANDIDATE}/fr/Firefox Setup 58.0.exe",
        None,
        "target.version",
        Origin("rule", why="build6/ of 58.0"),
        id="the-version-of-a-candidate",
    ),
    pytest.param(
        f"{CANDIDATE}/fr/Firefox Setup 58.0.exe",
        None,
        "build.number",
        Origin("path"),
        id="the-number-of-a-candidate",
    ),
    pytest.param(
        FENNEC,
        FULL,
        "build.number",
        Origin(
            "folder",
            "pub/mobile/candidates/57.0-candidates/",
            "the highest number, which became the release",
        ),
        id="the-number-of-a-release",
    ),
    pytest.param(FENNEC, FULL, "build.cc", Origin(METADATA, "M", LAST), id="a-release"),
    pytest.param(
        FENNEC,
        None,
        "source.product",
        Origin("rule", why="the folder mobile/ holds fennec"),
        id="a-product-of-another-name",
    ),
    pytest.param(FENNEC, None, "download.size", Origin("file", why="Content-Length"), id="a-size"),
]


@pytest.mark.parametrize(("path", "metadata", "field", "origin"), CASES)
def test_a_field_says_where_it_comes_from(
    path: str, metadata: Metadata | None, field: str, origin: Origin
) -> None:
    assert origins(path, metadata)[field] == origin


@pytest.mark.parametrize("path", [path for path, _, _ in BUILDS])
def test_every_field_of_every_build_has_an_origin(path: str) -> None:
    every = {"id", *(field.name for field in FIELDS)} - NOT_COMPARED
    if "-candidates/" not in path:
        every -= {"target.candidate"}
    if path.startswith("pub/vpn/"):
        every -= {"build.number"}
    assert origins(path, FULL).keys() == every
    assert origins(path, None).keys() <= every


def test_fields_that_need_metadata_are_missing_without_it() -> None:
    from_metadata = {name for name, origin in origins(ESR, FULL).items() if origin.kind == METADATA}
    assert {"build.id", "source.revision", "target.channel"} <= from_metadata
    assert all(origin.kind != METADATA for origin in origins(ESR, None).values())
