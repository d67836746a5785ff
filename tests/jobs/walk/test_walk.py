"""The walk, from the sample archive's listings to the real server."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import structlog
from buildhub.archive.cache import ResponseCache
from buildhub.archive.fetch import address
from buildhub.counts.summary import ExitCode, Summary
from buildhub.errors import Unavailable
from buildhub.load import load
from buildhub.rules.entry import Entry
from buildhub.rules.fast.record_templates import RecordTemplate
from buildhub.rules.paths import Build
from buildhub.settings import Settings, read_settings
from buildhub.walk import walk
from buildhub.walk.state import WalkState
from buildhub.walk.state_file import open_state, state_path
from buildhub_sample_archive import Fault, SampleArchive, running_sample_archive
from buildhub_sample_archive.http.faults import FAULT_KINDS
from buildhub_sample_archive.http.server import SampleServer
from buildhub_sample_archive.objects import File, hour_of, tree
from buildhub_schema.products import PRODUCT_NAMES

from tests.jobs.conftest import AUTH, stored
from tests.stand_ins.http_server import running
from tests.stand_ins.programs import Program

TRUTH = {
    each.path: each
    for each in SampleArchive("tiny").iter_objects()
    if each.is_build and not each.loses_conflict
}
DEVEDITION = {path: each for path, each in TRUTH.items() if path.startswith("pub/devedition/")}
CREDENTIALS = tuple(AUTH.split(":"))
MakeSettings = Callable[..., Settings]


def run(settings: Settings, **arguments: Any) -> Summary:
    return asyncio.run(walk(settings, **arguments))


def contents(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the stored records without what the server adds, by path."""
    return {
        record["download"]["url"].removeprefix(settings.archive_url): {
            name: value for name, value in record.items() if name not in ("last_modified", "schema")
        }
        for record in stored(settings).values()
    }


@contextmanager
def archive(
    settings: Settings, style: str = "gcs", *faults: Fault, size: Any = "tiny"
) -> Iterator[None]:
    """Run the sample where *settings* look for it."""
    port = int(settings.archive_url.rstrip("/").rpartition(":")[2])
    with running_sample_archive(size, style, faults, port=port):
        yield


@pytest.fixture(scope="session")
def loaded(live_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The records of a load of the tiny sample, by path; that is also their download address."""
    with running_sample_archive("tiny") as url:
        given = read_settings(
            {
                "AUTH": AUTH,
                "SERVER_URL": live_server,
                "BUCKET": "loaded-to-compare",
                "BUILDHUB_DATA": str(tmp_path_factory.mktemp("loaded")),
                "ARCHIVE_URL": url,
                "S3_ENDPOINT_URL": url,
            }
        )
        assert asyncio.run(load(given)).exit_code == ExitCode.SUCCESS
        return without_addresses(contents(given))


def without_addresses(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for path, record in records.items():
        record["download"]["url"] = path
    return records


def of_devedition(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {path: record for path, record in records.items() if path in DEVEDITION}


def test_a_whole_walk_ends_with_the_records_of_a_load_and_the_next_requests_little(
    make_settings: MakeSettings, live_server: str, loaded: dict[str, Any]
) -> None:
    with running_sample_archive("tiny") as url:
        settings = make_settings(SERVER_URL=live_server, ARCHIVE_URL=url)
        summary = run(settings)
        assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
        walked = contents(settings)
        assert set(walked) == set(TRUTH)
        assert {path: r["download"]["size"] for path, r in walked.items()} == {
            path: each.size for path, each in TRUTH.items()
        }
        assert without_addresses(walked) == loaded
        assert summary.conflicts > 0
        second = run(settings)
    assert (second.exit_code, second.read_counts.builds, second.published.settled) == (0, 0, 0)
    # The root, then of each product its folder, the areas, and the month that is open.
    assert second.requests <= 1 + len(PRODUCT_NAMES) * 6
    assert second.read_counts.listings_unchanged == second.read_counts.listings
    assert summary.requests > 50 * second.requests


def test_sizes_are_fetched_only_where_pages_round_them_and_only_once(
    settings: Settings, loaded: dict[str, Any]
) -> None:
    run_in = []
    for style in ("s3", "s3", "gcs", "gcs"):
        with archive(settings, style):
            summary = run(settings, full=True)
        assert without_addresses(contents(settings)) == of_devedition(loaded)
        run_in.append(summary.requests - summary.read_counts.listings)
    with_metadata, exact, rounded, rounded_and_known = run_in
    assert with_metadata > 0
    assert (exact, rounded, rounded_and_known) == (0, len(DEVEDITION), 0)


@pytest.mark.parametrize("style", ["s3", "gcs"])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_faults_leave_out_is_named_and_the_next_walk_settles_it(
    style: str, seed: int, settings: Settings, loaded: dict[str, Any]
) -> None:
    kinds = set(FAULT_KINDS) - {"no-metadata", "delay"}
    faults = [Fault(kind, "/devedition/.", rate=0.03, seed=seed, seconds=0) for kind in kinds]
    faults += [Fault("delay", "/devedition/.", rate=0.005, seconds=3, seed=seed)]
    with archive(settings, style, *faults), structlog.testing.capture_logs() as logs:
        first = run(settings)
    assert first.failure is None
    named = tuple(
        entry["path"] for entry in logs if entry["log_level"] == "warning" and "path" in entry
    )
    so_far = without_addresses(contents(settings))
    for path, record in of_devedition(loaded).items():
        assert so_far.get(path) == record or path.startswith(named), path
    assert first.exit_code == (ExitCode.PARTIAL if named else ExitCode.SUCCESS)
    assert named, "the faults of this seed hit nothing"
    with archive(settings, style):
        second = run(settings)
        assert without_addresses(contents(settings)) == of_devedition(loaded)
        assert (second.failure, second.exit_code) == (None, ExitCode.SUCCESS)
        assert run(settings).published.settled == 0


def test_metadata_that_arrives_after_its_build_is_picked_up(
    settings: Settings, loaded: dict[str, Any]
) -> None:
    # All builds are from later than this day, so that all of them are young.
    early = datetime(2017, 1, 1, tzinfo=UTC).timestamp()
    with archive(settings, "gcs", Fault("no-metadata")):
        first = run(settings, clock=lambda: early)
    before = without_addresses(contents(settings))
    assert set(before) == set(DEVEDITION)
    assert all("id" not in record.get("build", {}) for record in before.values())
    with archive(settings):
        second = run(settings, clock=lambda: early + 3600)
        assert without_addresses(contents(settings)) == of_devedition(loaded)
        described = [path for path in before if "id" in loaded[path].get("build", {})]
        assert len(described) > 0.9 * len(before)
        assert (first.published.created, second.published.updated) == (len(before), len(described))
        assert second.published.created == 0
        # Their sizes are known.
        assert second.requests < first.requests


def test_a_folder_with_tests_in_the_place_of_its_build_is_not_believed_finished(
    settings: Settings,
) -> None:
    written = datetime(2021, 1, 26, 12, tzinfo=UTC)
    folder = "pub/devedition/releases/85.0b9/linux-x86_64/fr"
    files = {
        f"{folder}/{name}": File(name, 1000, hour_of(written))
        for name in ("firefox-85.0b9.web-platform.tests.tar.gz", "firefox-85.0b9.json")
    }
    late = f"{folder}/firefox-85.0b9.tar.bz2"
    server = SampleServer("tiny", "s3")
    with closing(server.store), running(server.handle) as url:
        settings = replace(settings, archive_url=f"{url}/")
        server.archive.root = tree(files)
        for hours in (2, 4, 8):
            now = (written + timedelta(hours=hours)).timestamp()
            run(settings, clock=lambda now=now: now)
            assert contents(settings) == {}
        server.archive.root = tree(
            files | {late: File(late.rpartition("/")[2], 1000, hour_of(written), is_build=True)}
        )
        run(settings, clock=lambda: (written + timedelta(hours=9)).timestamp())
        assert contents(settings).keys() == {late}


def test_metadata_that_comes_after_a_text_is_picked_up_too(
    settings: Settings, loaded: dict[str, Any]
) -> None:
    early = datetime(2017, 1, 1, tzinfo=UTC).timestamp()
    # The text with the build ID lies a folder above, and is there first.
    with archive(settings, "gcs", Fault("no-metadata", "/en-US/")):
        run(settings, clock=lambda: early)
    before = without_addresses(contents(settings))
    assert any("id" in record.get("build", {}) for record in before.values())
    assert before != of_devedition(loaded)
    with archive(settings):
        run(settings, clock=lambda: early + 3600)
        assert without_addresses(contents(settings)) == of_devedition(loaded)


def test_metadata_of_old_builds_is_looked_for_again_by_a_full_walk(
    settings: Settings, loaded: dict[str, Any]
) -> None:
    with archive(settings, "gcs", Fault("no-metadata")):
        run(settings)
    with archive(settings):
        assert run(settings).published.updated == 0
        run(settings, full=True)
        assert without_addresses(contents(settings)) == of_devedition(loaded)


def test_a_full_walk_finds_builds_that_the_rules_of_before_did_not_recognise(
    settings: Settings,
) -> None:
    path = next(iter(DEVEDITION))
    folder = path.rpartition("/")[0] + "/"
    with archive(settings):
        run(settings)
        with open_state(settings) as state:
            row = state.find_folder(folder)
            assert row is not None
            assert row.etag
            state.keep_folder(folder, replace(row, page=replace(row.page, builds={})))
        record = stored_at(settings, path)
        url = f"{records_url(settings)}/{record['id']}"
        requests.delete(url, auth=CREDENTIALS, timeout=30).raise_for_status()
        assert run(settings, full=True).published.created == 1
        assert path in contents(settings)


def test_new_versions_are_found_without_requesting_the_old_ones(settings: Settings) -> None:
    with archive(settings):
        first = run(settings)
        before = contents(settings)
    with archive(settings, size=5_000):
        second = run(settings)
    new = contents(settings).keys() - before.keys()
    folders = {path.split("/")[3] for path in before}
    assert new
    assert not {path.split("/")[3] for path in new} & folders
    assert second.published.created == len(new)
    assert second.published.unchanged == 0
    assert (
        second.read_counts.listings / second.read_counts.builds
        < 2
        < first.read_counts.listings / 10
    )


def test_a_catalogue_that_was_emptied_is_filled_again(settings: Settings) -> None:
    with archive(settings):
        run(settings)
        before = contents(settings)
        answer = requests.delete(records_url(settings), auth=CREDENTIALS, timeout=30)
        answer.raise_for_status()
        summary = run(settings)
        assert contents(settings) == before
        assert summary.published.created == len(before)


def test_one_version_can_be_walked_alone_and_again(settings: Settings) -> None:
    with archive(settings):
        for created in (True, False):
            summary = run(settings, versions=["54.0b12"])
            found = {record["target"]["version"] for record in contents(settings).values()}
            assert found == {"54.0b12", "54.0b12rc1"}
            assert bool(summary.published.created) == created
            assert bool(summary.published.unchanged) != created


def test_a_folder_whose_record_is_refused_is_not_remembered(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "pub/devedition/releases/54.0b12/win64/fr/Firefox Setup 54.0b12.exe"
    real = RecordTemplate.fill

    def break_one(template: RecordTemplate, build: Build, entry: Entry) -> bytes:
        line = real(template, build, entry)
        return line.replace(b'"os":"win"', b'"os":"beos"') if build.path == path else line

    with archive(settings):
        monkeypatch.setattr(RecordTemplate, "fill", break_one)
        summary = run(settings)
        assert (summary.published.invalid.total(), summary.exit_code) == (1, ExitCode.PARTIAL)
        assert path not in contents(settings)
        monkeypatch.undo()
        again = run(settings)
        assert path in contents(settings)
        assert again.published.created == 1


def test_an_archive_that_is_down_ends_the_walk_and_the_next_one_continues(
    settings: Settings,
) -> None:
    # Many more versions than folders are visited at a time. Once the two pages that name them are
    # there, nothing is answered any more, whatever the order of the requests.
    settings = replace(settings, products=frozenset({"firefox"}))
    with archive(settings, "gcs", Fault("unavailable", "^/pub/firefox/(releases|candidates)/.")):
        down = run(settings)
        assert down.exit_code == ExitCode.FAILURE
        assert "the archive is down" in str(down.failure)
    with archive(settings):
        assert run(settings).exit_code == ExitCode.SUCCESS
        assert set(contents(settings)) == {
            path for path in TRUTH if path.startswith("pub/firefox/")
        }


def test_an_archive_without_a_root_is_a_failure_and_not_an_empty_success(
    settings: Settings,
) -> None:
    with archive(settings, "gcs", Fault("html", "^/pub/$")):
        summary = run(settings)
    assert summary.exit_code == ExitCode.FAILURE
    assert "nothing to walk" in str(summary.failure)


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_walk_that_is_stopped_is_continued(
    how: str, settings: Settings, live_server: str
) -> None:
    products = {"PRODUCTS": "devedition fennec"}
    expected = {path for path in TRUTH if path.startswith(("pub/devedition/", "pub/mobile/"))}
    environment = products | {
        "AUTH": AUTH,
        "SERVER_URL": live_server,
        "ARCHIVE_URL": settings.archive_url,
        "BUCKET": settings.bucket_id,
        "BUILDHUB_DATA": str(settings.data_folder),
    }
    # Devedition comes first. When it is done for good, Fennec is not begun yet.
    with archive(settings, "gcs", Fault("delay", "^/pub/mobile/$", seconds=20)):
        program = Program("buildhub", "walk", **environment)
        while not remembers_a_branch(settings):
            assert program.process.poll() is None, program.output
            time.sleep(0.05)
        if how == "interrupt":
            assert program.interrupt() == ExitCode.INTERRUPTED, program.output
        else:
            program.process.kill()
            program.process.wait()
    assert len(contents(settings)) < len(expected)
    with archive(settings):
        program = Program("buildhub", "walk", **environment)
        assert program.process.wait(60) == ExitCode.SUCCESS, program.output
    assert set(contents(settings)) == expected
    # What was acknowledged before is not published again, or the counts would be of all.
    counts = dict(re.findall(r"(created|unchanged) ([0-9]+)", program.output))
    assert int(counts["created"]) + int(counts["unchanged"]) < len(expected)


def stored_at(settings: Settings, path: str) -> dict[str, Any]:
    return next(
        each for each in stored(settings).values() if each["download"]["url"].endswith(path)
    )


def remembers_a_branch(settings: Settings) -> bool:
    path = state_path(settings)
    if not path.exists():
        return False
    with closing(WalkState(path)) as state:
        return bool(state.find_branches("pub/devedition/"))


def records_url(settings: Settings) -> str:
    bucket = f"{settings.server_url}/buckets/{settings.bucket_id}"
    return f"{bucket}/collections/{settings.collection_id}/records"


def test_a_full_walk_that_was_stopped_is_continued(settings: Settings) -> None:
    two = replace(settings, products=frozenset({"devedition", "fennec"}))

    def stop(summary: Summary) -> None:
        # Devedition, which comes first, is done by then.
        if summary.read_counts.builds > len(DEVEDITION) + 50:
            raise Unavailable("stopped by the test")

    with archive(settings):
        run(two)
        count = len(contents(settings))
        stopped = run(two, full=True, on_progress=stop)
        assert stopped.exit_code == ExitCode.FAILURE
        rest = run(two, full=True)
        assert 0 < rest.published.unchanged <= count - len(DEVEDITION)
        assert run(two, full=True).published.unchanged == count


def test_metadata_that_stays_unreadable_keeps_its_builds_out_for_one_run_only(
    settings: Settings, loaded: dict[str, Any]
) -> None:
    with archive(settings, "s3", Fault("xml", r"/firefox-[^/]*\.json$")):
        first = run(settings)
        assert first.exit_code == ExitCode.PARTIAL
        assert set(contents(settings)) < set(DEVEDITION)
        second = run(settings)
        assert (second.exit_code, set(contents(settings))) == (ExitCode.SUCCESS, set(DEVEDITION))
        # The text beside it, or buildhub.json, still contains the build ID.
        known = {
            path for path, record in contents(settings).items() if "id" in record.get("build", {})
        }
        assert known == {path for path in DEVEDITION if "id" in loaded[path].get("build", {})}


def test_what_is_cached_in_the_place_of_metadata_is_fetched_again(
    settings: Settings, loaded: dict[str, Any]
) -> None:
    paths = [
        each.path
        for each in SampleArchive("tiny").iter_objects()
        if each.path.startswith("pub/devedition/candidates/") and each.path.endswith(".json")
    ]
    with closing(ResponseCache(settings.cache_path)) as cache:
        for path in paths:
            cache.store_response(address(settings.archive_url, path), 200, b"<html>")
    with archive(settings):
        summary = run(settings)
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    assert without_addresses(contents(settings)) == of_devedition(loaded)
