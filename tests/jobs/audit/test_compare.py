"""Comparing archive and catalogue, whatever they contain."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from buildhub.archive.metadata_finder import PathsOnly
from buildhub.audit.archive_side.expected import BuildState, ExpectedBuild, open_expected
from buildhub.audit.archive_side.inventories import InventoriesSide
from buildhub.audit.classify import Classifier
from buildhub.audit.comparable import all_fields, digest
from buildhub.audit.compare import CatalogueComparer
from buildhub.audit.report.report import AuditReport
from buildhub.records.derive import Deriver
from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.records import build_record
from buildhub.walk.scope import Scope
from buildhub_schema.products import PRODUCT_NAMES
from hypothesis import given
from hypothesis import strategies as st

ARCHIVE_URL = "https://archive.example/"
WRITTEN = datetime(2017, 9, 15, 12, tzinfo=UTC)
LOCALES = ("ach", "de", "en-US", "fr", "ja", "ja-JP-mac", "pt-BR", "zh-TW")
FATES = ("kept", "deleted", "changed", "not in the archive")


def build_file(path: str) -> BuildFile:
    build = parse_path(path)
    assert isinstance(build, Build)
    return BuildFile(build, Entry(path, 1000, WRITTEN))


BUILDS = [
    build_file(f"pub/firefox/{folder}/linux-x86_64/{locale}/firefox-{version}.tar.bz2")
    for version in ("53.0", "56.0b12")
    for folder in (f"releases/{version}", f"candidates/{version}-candidates/build1")
    for locale in LOCALES
]


def record_of(build: Build, entry: Entry) -> dict[str, Any]:
    return build_record(
        build, entry, None, archive_url=ARCHIVE_URL, candidate_number=build.candidate_number
    ) | {"last_modified": 1, "schema": 2}


def compare(
    archive: list[BuildFile], records: Iterable[dict[str, Any]], *, page_size: int = 3
) -> AuditReport:
    """Compare *archive* with *records*; where everything is in scope, no server is needed."""
    report = AuditReport(shown_count=1000, created=datetime(2018, 1, 1, tzinfo=UTC))
    deriver = Deriver(PathsOnly(), ARCHIVE_URL)

    async def run() -> None:
        with open_expected() as expected:
            expected.add(
                (each, BuildState.EXPECTED, digest(all_fields(record_of(*each))))
                for each in archive
            )
            scope = Scope(frozenset(PRODUCT_NAMES))
            server: Any = None
            side = InventoriesSide(server, PathsOnly(), report)
            classifier = Classifier(
                report, scope, expected, side, server, deriver, all_fields, parallel=2
            )
            comparer = CatalogueComparer(expected, classifier)
            ordered = sorted(records, key=lambda record: record["id"])
            for start in range(0, len(ordered), page_size):
                await comparer.compare_page(ordered[start : start + page_size])
            await comparer.compare_rest()

    asyncio.run(run())
    return report


def ids(report: AuditReport, kind: str) -> set[str]:
    return {finding.record_id for finding in report.of_kind(kind).shown}


@given(
    st.lists(st.sampled_from(FATES), min_size=len(BUILDS), max_size=len(BUILDS)),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_what_was_done_to_a_catalogue_is_found_and_nothing_else(
    fates: list[str], page_size: int, random: Any
) -> None:
    done: dict[str, set[str]] = {fate: set() for fate in FATES}
    archive, records = [], []
    for each, fate in zip(BUILDS, fates, strict=True):
        record = record_of(*each)
        done[fate].add(record["id"])
        if fate != "not in the archive":
            archive.append(each)
        if fate == "changed":
            record["download"]["size"] += 1
        if fate != "deleted":
            records.append(record)
    random.shuffle(archive)
    report = compare(archive, records, page_size=page_size)
    assert ids(report, "missing") == done["deleted"]
    assert ids(report, "different") == done["changed"]
    # A product without a single build is not in the archive at all.
    gone = done["not in the archive"] if archive else set()
    expired = {record_id for record_id in gone if "rc1_" in record_id}
    assert (ids(report, "extra"), report.expired) == (gone - expired, len(expired))


def test_what_is_published_while_the_catalogue_is_read_is_not_extra() -> None:
    def records() -> Iterator[dict[str, Any]]:
        record = record_of(*BUILDS[0])
        yield record | {"download": record["download"] | {"date": datetime.now(UTC).isoformat()}}

    report = compare(BUILDS[1:2], records())
    assert (report.extra.count, report.not_judged) == (0, {"newer-than-archive-side": 1})


CONFLICT = (
    "pub/firefox/releases/1.5/linux-i686/fr/firefox-1.5.tar.gz",
    "pub/firefox/releases/1.5/linux-i686/fr/firefox-1.5.installer.tar.gz",
)


@pytest.mark.parametrize("order", [CONFLICT, CONFLICT[::-1]])
def test_of_two_builds_with_one_id_the_preferred_one_is_expected(order: tuple[str, ...]) -> None:
    archive = [build_file(path) for path in order]
    preferred, other = (build_file(path) for path in CONFLICT)
    assert compare(archive, [record_of(*preferred)]).remaining == 0
    report = compare(archive, [record_of(*other)])
    assert set(report.different.fields) == {"download.url"}
    assert report.missing.count == 0


def test_a_row_contains_its_build() -> None:
    for each in BUILDS:
        row = ExpectedBuild.of(each, BuildState.EXPECTED)
        assert row.build_file() == each
