"""An audit finds what is wrong with a catalogue, and repairs it."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from buildhub.audit.report.text import iter_lines, summary_line
from buildhub.counts.summary import ExitCode
from kinto_buildhub.search.engine import Change

from tests.conftest import make_record
from tests.jobs.audit.conftest import QUICK_LIMITS, Catalogue
from tests.jobs.conftest import common
from tests.stand_ins.http_server import forwarding, running

EXAMPLE = "firefox_beta_56-0b12_win32_fr"
EXAMPLE_VERSION = "56.0b12"
EVERY_VERSION = frozenset({"53.0", EXAMPLE_VERSION, "54.0b12", "57.0", "31.0"})


@pytest.fixture(params=["inventories", "listings", "bucket"])
def catalogue(request: pytest.FixtureRequest, catalogue: Catalogue) -> Catalogue:
    """The same is found and repaired, whichever archive side is read."""
    return replace(catalogue, side=request.param)


def test_a_catalogue_as_the_archive_has_it_is_clean(catalogue: Catalogue) -> None:
    report = catalogue.audit(check_shipped=True, versions=EVERY_VERSION)
    assert report.summary.failure is None
    assert list(iter_lines(report)) == []
    assert report.exit_code == ExitCode.SUCCESS
    assert report.shipped_count == len(EVERY_VERSION)
    whole = catalogue.audit()
    assert whole.records == whole.documents == len(catalogue.records())


def test_a_day_that_was_lost_is_named_and_published_again(catalogue: Catalogue) -> None:
    before = catalogue.records()
    days = Counter(record["download"]["date"][:10] for record in before.values())
    day, count = days.most_common(1)[0]
    lost = {key for key, record in before.items() if record["download"]["date"].startswith(day)}
    for record_id in lost:
        catalogue.delete(record_id)

    found = catalogue.audit(shown_count=10_000)
    assert found.exit_code == ExitCode.PARTIAL
    assert {finding.record_id for finding in found.missing.shown} == lost
    assert found.missing.by["day"] == Counter({day: count})
    assert (found.extra.count, found.different.count, found.index_count) == (0, 0, 0)

    repaired = catalogue.audit(repair=True)
    assert repaired.exit_code == ExitCode.SUCCESS
    assert repaired.repaired
    assert repaired.repaired.published == count
    assert common(catalogue.records()) == common(before)


CHANGES = [
    pytest.param("download.size", 5, id="size"),
    pytest.param("download.url", "https://elsewhere.example/firefox.exe", id="url"),
    pytest.param("download.date", "2017-01-01T00:00:00Z", id="date"),
    pytest.param("target.channel", "release", id="channel"),
    pytest.param("target.version", "56.0b11", id="version"),
    pytest.param("source.product", "thunderbird", id="product"),
    pytest.param("source.revision", "b" * 40, id="revision"),
    pytest.param("build.id", None, id="build-id-lost"),
    pytest.param("build.ld", "gold", id="field-that-the-archive-does-not-have"),
]


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_a_field_that_was_changed_is_named_and_put_back(
    catalogue: Catalogue, name: str, value: Any
) -> None:
    before = catalogue.records()[EXAMPLE]
    group, _, leaf = name.partition(".")
    catalogue.change(EXAMPLE, name, value)

    found = catalogue.audit(repair=True)
    assert [finding.record_id for finding in found.different.shown] == [EXAMPLE]
    assert found.different.shown[0].differences == {name: (before[group].get(leaf), value)}
    assert (found.missing.count, found.extra.count) == (0, 0)
    assert found.exit_code == ExitCode.SUCCESS
    after = catalogue.records()[EXAMPLE]
    assert common({EXAMPLE: after}) == common({EXAMPLE: before})


def test_records_that_the_archive_does_not_have_are_deleted(catalogue: Catalogue) -> None:
    catalogue.put(make_record(id="made-up", target__locale="xx"))
    found = catalogue.audit(repair=True)
    assert [finding.record_id for finding in found.extra.shown] == ["made-up"]
    assert found.extra.by["locale"] == Counter({"xx": 1})
    assert found.repaired
    assert found.repaired.deleted == 1
    assert "made-up" not in catalogue.records()


def test_an_audit_without_repair_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.put(make_record(id="made-up"))
    catalogue.delete(EXAMPLE)
    broken = catalogue.records()
    for _ in range(2):
        report = catalogue.audit()
        assert (report.missing.count, report.extra.count) == (1, 1)
    assert catalogue.records() == broken
    catalogue.audit(repair=True)


def test_too_many_records_are_not_deleted_without_force(
    catalogue: Catalogue,
) -> None:
    limits = replace(QUICK_LIMITS, deleted_count=2, deleted_share=0.001)
    for number in range(3):
        catalogue.put(make_record(id=f"made-up-{number}"))
    kept = catalogue.audit(repair=True, limits=limits)
    assert kept.repaired
    assert (kept.repaired.deleted, kept.repaired.kept) == (0, 3)
    assert kept.exit_code == ExitCode.PARTIAL
    assert "kept 3" in summary_line(kept)
    assert len(catalogue.records().keys() & {"made-up-0", "made-up-1", "made-up-2"}) == 3
    forced = catalogue.audit(repair=True, force=True, limits=limits)
    assert forced.repaired
    assert (forced.repaired.deleted, forced.exit_code) == (3, ExitCode.SUCCESS)


def test_records_that_the_index_lost_kept_or_missed_are_named_and_indexed(
    catalogue: Catalogue,
) -> None:
    records = catalogue.records()
    lost, outdated = sorted(records)[5], sorted(records)[100]
    stranger = make_record(id="stranger", last_modified=1)
    changes = [
        Change(lost, 1, None),
        Change(outdated, 1, records[outdated] | {"last_modified": 1}),
        Change("stranger", 1, stranger),
    ]
    catalogue.change_index(changes)

    found = catalogue.audit(repair=True)
    assert [finding.record_id for finding in found.unindexed.shown] == [lost]
    assert [finding.record_id for finding in found.outdated.shown] == [outdated]
    assert [finding.record_id for finding in found.orphaned.shown] == ["stranger"]
    assert (found.missing.count, found.extra.count, found.different.count) == (0, 0, 0)
    assert found.repaired
    assert (found.repaired.reindexed, found.exit_code) == (3, ExitCode.SUCCESS)


@pytest.mark.parametrize("with_archive", [True, False])
def test_an_index_that_lost_nearly_everything_is_rebuilt(
    catalogue: Catalogue, with_archive: bool
) -> None:
    limits = replace(QUICK_LIMITS, rechecked_count=50)
    changes = [Change(record_id, 1, None) for record_id in catalogue.records()]
    catalogue.change_index(changes)
    found = catalogue.audit(repair=True, check_archive=with_archive, limits=limits)
    assert found.unindexed.count == len(changes)
    assert found.exit_code == ExitCode.SUCCESS


def test_what_is_indexed_while_an_audit_runs_is_counted(catalogue: Catalogue) -> None:
    records = catalogue.records()
    late = sorted(records)[:7]
    catalogue.change_index([Change(record_id, 1, None) for record_id in late])
    searches = 0

    def index_late(request: web.Request, _: int) -> None:
        nonlocal searches
        searches += request.path.endswith("/_search")
        if searches == 2:  # The first read the index, the second looks at what it lacked.
            catalogue.change_index([Change(each, 1, records[each]) for each in late])

    root = catalogue.settings.server_url.removesuffix("/v1")
    with running(forwarding(root, index_late)) as url:
        settings = replace(catalogue.settings, server_url=f"{url}/v1")
        found = replace(catalogue, settings=settings).audit(check_archive=False)
    assert (found.index_count, found.documents) == (0, len(records))


def test_an_index_that_was_dropped_comes_back(catalogue: Catalogue) -> None:
    folder = Path(catalogue.engine.folder)  # type: ignore[attr-defined]
    for current in folder.glob("*/current"):
        current.unlink()
        shutil.rmtree(current.parent, ignore_errors=True)
    assert catalogue.audit(repair=True).exit_code == ExitCode.SUCCESS


def test_a_shipped_version_without_a_build_is_named(catalogue: Catalogue) -> None:
    gone = [
        record["id"]
        for record in catalogue.records().values()
        if record["target"]["version"] == EXAMPLE_VERSION
    ]
    for record_id in gone:
        catalogue.delete(record_id)
    found = catalogue.audit(check_shipped=True, versions=EVERY_VERSION)
    assert [(each.product, each.version) for each, _ in found.unshipped] == [
        ("firefox", EXAMPLE_VERSION)
    ]
    assert any(line == "  firefox 56.0b12, shipped 2017-09-15" for line in iter_lines(found))
    repaired = catalogue.audit(check_shipped=True, versions=EVERY_VERSION, repair=True)
    assert (repaired.unshipped, repaired.exit_code) == ([], ExitCode.SUCCESS)


def test_a_shipped_version_that_the_inventories_lack_is_named_too(catalogue: Catalogue) -> None:
    found = catalogue.audit(check_shipped=True)
    assert found.exit_code == ExitCode.PARTIAL
    assert found.missing.count == 0
    assert ("firefox", "50.0", False) in {
        (each.product, each.version, in_archive) for each, in_archive in found.unshipped
    }
    assert any(
        line.endswith("; the archive has no build either")
        for line in iter_lines(found)
        if line.startswith("  firefox 50.0,")
    )


def test_shipped_versions_are_looked_up_where_a_day_limits_the_audit(
    catalogue: Catalogue,
) -> None:
    # Its files are older than the day on which it shipped.
    found = catalogue.audit(
        check_shipped=True, versions=frozenset({EXAMPLE_VERSION}), since=date(2017, 9, 15)
    )
    assert (found.shipped_count, found.unshipped) == (1, [])


SCOPES = [
    pytest.param({"versions": frozenset({EXAMPLE_VERSION})}, True, id="its-version"),
    pytest.param({"versions": frozenset({"53.0"})}, False, id="another-version"),
    pytest.param({"since": date(2017, 9, 1)}, True, id="its-time"),
    pytest.param({"since": date(2019, 9, 1)}, False, id="a-later-time"),
]


@pytest.mark.parametrize(("options", "is_found"), SCOPES)
@pytest.mark.parametrize("name", ["download.size", "source.product", "download.date", "deleted"])
def test_a_partial_audit_finds_what_is_in_scope_and_nothing_else(
    catalogue: Catalogue, options: dict[str, Any], is_found: bool, name: str
) -> None:
    changes = {
        "download.size": 5,
        "source.product": "fennec",
        "download.date": "2010-01-01T00:00:00Z",
    }
    if name == "deleted":
        catalogue.delete(EXAMPLE)
    else:
        catalogue.change(EXAMPLE, name, changes[name])
    found = catalogue.audit(**options)
    assert found.extra.count == 0
    assert found.missing.count + found.different.count == is_found
    assert found.records < len(catalogue.records())
    catalogue.audit(repair=True)


def test_with_paths_alone_no_metadata_is_compared(catalogue: Catalogue) -> None:
    before = catalogue.records()[EXAMPLE]
    catalogue.change(EXAMPLE, "build.id", "20000101000000")
    assert catalogue.audit(paths_only=True).exit_code == ExitCode.SUCCESS
    catalogue.change(EXAMPLE, "download.size", 5)
    found = catalogue.audit(paths_only=True, repair=True)
    assert found.different.fields == Counter({"download.size": 1})
    # What is published is whole.
    after = catalogue.records()[EXAMPLE]
    assert common({EXAMPLE: after}) == common({EXAMPLE: before})
