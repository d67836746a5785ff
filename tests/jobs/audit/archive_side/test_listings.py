"""What is particular to an audit of the archive's own listings."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import web
from buildhub.command import main
from buildhub.counts.summary import ExitCode
from buildhub.walk import walk
from buildhub.walk.state_file import open_state, state_path
from buildhub_sample_archive import Fault
from buildhub_schema.products import PRODUCT_NAMES
from click.testing import CliRunner

from tests.conftest import make_record
from tests.jobs.audit.conftest import Catalogue

EXAMPLE = "firefox_beta_56-0b12_win32_fr"
FOLDER = "pub/firefox/releases/56.0b12/win32/fr/"
VERSION = frozenset({"56.0b12"})


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, side="listings")


def folder_of(record: dict[str, Any]) -> str:
    path: str = record["download"]["url"].partition("/pub/")[2]
    return f"pub/{path.rpartition('/')[0]}/"


def below(catalogue: Catalogue, folder: str) -> set[str]:
    return {key for key, each in catalogue.records().items() if folder_of(each).startswith(folder)}


def test_rounded_sizes_are_compared_as_rounded(catalogue: Catalogue) -> None:
    size = catalogue.records()[EXAMPLE]["download"]["size"]
    with catalogue.archive.broken(style="gcs"):
        assert catalogue.audit().exit_code == ExitCode.SUCCESS
        catalogue.change(EXAMPLE, "download.size", size + 1)
        assert catalogue.audit(versions=VERSION).exit_code == ExitCode.SUCCESS
        catalogue.change(EXAMPLE, "download.size", 5)
        found = catalogue.audit(versions=VERSION)
        rounded = f"{round(size / 2**20)}M"
        assert found.different.shown[0].differences == {"download.size": (rounded, 5)}
        assert not any(path.endswith(".exe") for path in catalogue.archive.requested)
        repaired = catalogue.audit(versions=VERSION, repair=True)
        assert repaired.exit_code == ExitCode.SUCCESS
        assert sum(path.endswith(".exe") for path in catalogue.archive.requested) == 1
    assert catalogue.records()[EXAMPLE]["download"]["size"] == size


def test_where_a_walk_has_fetched_exact_sizes_they_are_compared(catalogue: Catalogue) -> None:
    size = catalogue.records()[EXAMPLE]["download"]["size"]
    with catalogue.archive.broken(style="gcs"):
        asyncio.run(walk(catalogue.settings, versions=VERSION))
        catalogue.change(EXAMPLE, "download.size", size + 1)
        # A walk may be running.
        with open_state(catalogue.settings):
            found = catalogue.audit(versions=VERSION, repair=True)
    state_path(catalogue.settings).unlink()
    assert found.different.shown[0].differences == {"download.size": (size, size + 1)}
    assert found.exit_code == ExitCode.SUCCESS


def test_an_audit_does_not_trust_what_walks_have_published(catalogue: Catalogue) -> None:
    with catalogue.archive.broken(style="gcs"):
        asyncio.run(walk(catalogue.settings))
        catalogue.delete(EXAMPLE)
        found = catalogue.audit(repair=True)
    state_path(catalogue.settings).unlink()
    assert [finding.record_id for finding in found.missing.shown] == [EXAMPLE]


def test_a_damaged_walk_state_loses_exact_sizes_only(catalogue: Catalogue) -> None:
    path = state_path(catalogue.settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no database" * 100)
    with catalogue.archive.broken(style="gcs"):
        assert catalogue.audit(versions=VERSION).exit_code == ExitCode.SUCCESS
    assert path.read_bytes() == b"no database" * 100
    path.unlink()


UNREADABLE = [
    pytest.param("html", "unreadable-listing", id="a-page-for-people"),
    pytest.param("xml", "unreadable-listing", id="xml"),
    pytest.param("missing", "named-but-missing", id="named-and-404"),
    pytest.param("unavailable", "out-of-reach", id="503"),
    pytest.param("truncated", "out-of-reach", id="broken-off"),
]


@pytest.mark.parametrize(("kind", "reason"), UNREADABLE)
@pytest.mark.parametrize("folder", [FOLDER, "pub/firefox/nightly/2017/"])
def test_nothing_below_a_folder_that_cannot_be_read_is_extra(
    catalogue: Catalogue, kind: str, reason: str, folder: str
) -> None:
    hidden = below(catalogue, folder)
    catalogue.put(make_record(id="made-up"))
    catalogue.put(catalogue.records()[EXAMPLE] | {"id": "firefox_53-0_win32_xx"})
    with catalogue.archive.broken(Fault(kind, f"^/{folder}$")):
        found = catalogue.audit(repair=True, force=True)
    assert found.summary.read_counts.unsettled == {reason: 1}
    assert not found.complete
    # The build of a record whose address does not belong to its ID may be anywhere.
    assert found.not_judged["archive-incomplete"] == len(hidden) + 1
    assert [finding.record_id for finding in found.extra.shown] == ["made-up"]
    assert (found.missing.count, found.different.count) == (0, 0)
    assert found.exit_code == ExitCode.PARTIAL
    assert hidden <= catalogue.records().keys()
    assert catalogue.audit(repair=True).extra.count == 1


def page(*folders: str) -> web.Response:
    return web.json_response({"prefixes": list(folders), "files": []})


def at(folder: str, respond: Callable[[], web.Response]) -> Any:
    """Return a handler that responds in the archive's place at one path."""
    return lambda request: respond() if request.path == f"/{folder}" else None


@pytest.mark.parametrize("folder", [FOLDER, "pub/firefox/releases/"])
def test_a_folder_whose_page_is_empty_is_not_believed_to_be_empty(
    catalogue: Catalogue, folder: str
) -> None:
    hidden = below(catalogue, folder)
    with catalogue.archive.broken(instead=at(folder, page)):
        found = catalogue.audit(repair=True, force=True)
    assert (found.extra.count, found.exit_code) == (0, ExitCode.PARTIAL)
    assert found.not_judged["archive-incomplete"] >= len(hidden) > 0


def test_a_product_that_the_archive_does_not_name_is_not_extra(catalogue: Catalogue) -> None:
    others = at("pub/", lambda: page("devedition/", "firefox/", "thunderbird/"))
    with catalogue.archive.broken(instead=others):
        found = catalogue.audit(repair=True, force=True)
    count = len(below(catalogue, "pub/mobile/"))
    assert found.extra.count == 0
    assert found.summary.read_counts.unsettled == {"product-not-in-archive: fennec": count}


@pytest.mark.parametrize(
    "respond",
    [page, lambda: web.Response(text="<html>"), lambda: web.Response(status=404)],
    ids=["empty", "a-page-for-people", "404"],
)
def test_without_the_root_there_is_nothing_to_compare(
    catalogue: Catalogue, respond: Callable[[], web.Response]
) -> None:
    with catalogue.archive.broken(instead=at("pub/", respond)):
        found = catalogue.audit(repair=True, force=True)
    assert found.exit_code == ExitCode.FAILURE
    assert f"{catalogue.settings.archive_url}pub/" in str(found.summary.failure)
    assert (found.extra.count, found.missing.count) == (0, 0)


def test_an_archive_that_is_down_ends_the_audit(catalogue: Catalogue) -> None:
    with catalogue.archive.broken(Fault("unavailable", "/(linux|mac|win|android)[^/]*/$")):
        found = catalogue.audit(repair=True, force=True)
    assert found.exit_code == ExitCode.FAILURE
    assert "the archive is down" in str(found.summary.failure)
    assert found.extra.count == 0


def test_files_that_were_written_meanwhile_are_not_missing_yet(catalogue: Catalogue) -> None:
    file = {"name": "Firefox Setup 56.0b12.exe", "size": 1}
    written = datetime.now(UTC)
    page = {"prefixes": [], "files": [file | {"last_modified": written.isoformat()}]}
    catalogue.delete(EXAMPLE)
    with catalogue.archive.broken(instead=at(FOLDER, lambda: web.json_response(page))):
        found = catalogue.audit(versions=VERSION)
    assert (found.missing.count, found.exit_code) == (0, ExitCode.SUCCESS)
    assert catalogue.audit(versions=VERSION, repair=True).missing.count == 1


def test_records_of_files_that_were_written_meanwhile_are_not_extra(catalogue: Catalogue) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    catalogue.put(make_record(id="fresh", download__date=now))
    found = catalogue.audit(repair=True)
    assert (found.extra.count, found.not_judged) == (0, {"newer-than-archive-side": 1})
    catalogue.delete("fresh")


SCOPES = [
    pytest.param({"versions": VERSION}, frozenset(PRODUCT_NAMES), 100, id="a-version"),
    pytest.param({}, frozenset({"fennec"}), 50, id="a-product"),
]


@pytest.mark.parametrize(("options", "products", "most"), SCOPES)
def test_a_partial_audit_requests_only_what_is_in_scope(
    catalogue: Catalogue, options: dict[str, Any], products: frozenset[str], most: int
) -> None:
    partial = replace(catalogue, settings=replace(catalogue.settings, products=products))
    with catalogue.archive.broken():
        report = partial.audit(**options)
        requested = [path for path in catalogue.archive.requested if path.endswith("/")]
    assert report.exit_code == ExitCode.SUCCESS
    assert len(requested) == report.summary.read_counts.listings == len(set(requested))
    assert report.summary.read_counts.listings <= most


def test_branches_that_walks_know_to_be_old_are_skipped(catalogue: Catalogue) -> None:
    options = {"since": date(2019, 1, 1)}
    unknown = catalogue.audit(**options)
    asyncio.run(walk(catalogue.settings))
    known = catalogue.audit(**options)
    assert known.exit_code == ExitCode.SUCCESS
    assert known.summary.read_counts.listings < unknown.summary.read_counts.listings / 3
    # A record in scope by its own fields is looked up at its address.
    catalogue.change(EXAMPLE, "download.date", "2020-01-01T00:00:00Z")
    found = catalogue.audit(repair=True, **options)
    state_path(catalogue.settings).unlink()
    assert [finding.record_id for finding in found.different.shown] == [EXAMPLE]
    assert list(found.different.shown[0].differences) == ["download.date"]
    assert (found.extra.count, found.exit_code) == (0, ExitCode.SUCCESS)


def test_a_record_whose_version_was_changed_is_found_under_the_new_one(
    catalogue: Catalogue,
) -> None:
    catalogue.change(EXAMPLE, "target.version", "53.0")
    found = catalogue.audit(versions=frozenset({"53.0"}), repair=True)
    assert found.different.shown[0].differences == {"target.version": ("56.0b12", "53.0")}
    assert (found.extra.count, found.exit_code) == (0, ExitCode.SUCCESS)


@pytest.mark.parametrize("kind", ["html", "missing"])
def test_a_record_that_cannot_be_looked_up_is_not_extra(catalogue: Catalogue, kind: str) -> None:
    catalogue.change(EXAMPLE, "target.version", "53.0")
    with catalogue.archive.broken(Fault(kind, f"^/{FOLDER}$")):
        found = catalogue.audit(versions=frozenset({"53.0"}), repair=True, force=True)
    assert found.not_judged == {"archive-incomplete": 1}
    assert (found.extra.count, found.exit_code) == (0, ExitCode.PARTIAL)
    catalogue.audit(repair=True)


def test_a_made_up_record_of_a_version_is_left_to_an_audit_of_everything(
    catalogue: Catalogue,
) -> None:
    made_up = catalogue.records()[EXAMPLE] | {"id": "firefox_beta_56-0b12_win32_xx"}
    catalogue.put(made_up)
    partial = catalogue.audit(versions=VERSION, repair=True, force=True)
    assert (partial.extra.count, partial.exit_code) == (0, ExitCode.PARTIAL)
    assert catalogue.audit(repair=True).extra.count == 1


def test_the_command_prints_the_number_of_listings_read(catalogue: Catalogue) -> None:
    environment = {
        "SERVER_URL": catalogue.settings.server_url,
        "BUCKET": catalogue.settings.bucket_id,
        "ARCHIVE_URL": catalogue.settings.archive_url,
        "BUILDHUB_DATA": str(catalogue.settings.data_folder),
        "LOG_LEVEL": "WARNING",
    }
    arguments = ["audit", "--listings", "--no-shipped", "--version", "56.0b12"]
    done = CliRunner().invoke(main, arguments, env=environment)
    assert (done.exit_code, done.stdout.startswith("listings ")) == (ExitCode.SUCCESS, True)
    document = json.loads(CliRunner().invoke(main, [*arguments, "--json"], env=environment).stdout)
    assert document["archive"]["listings"] > 0


@pytest.mark.parametrize("other", [["--index"], ["inventory.json"]])
def test_listings_exclude_other_sources(catalogue: Catalogue, other: list[str]) -> None:
    done = CliRunner().invoke(main, ["audit", "--listings", *other])
    assert done.exit_code == ExitCode.USAGE
    assert "--listings reads the archive itself" in done.stderr
