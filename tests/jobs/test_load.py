"""The load job, from the sample archive to the real server."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from buildhub.counts.summary import ExitCode, Summary
from buildhub.load import load
from buildhub.settings import Settings
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.http.bucket_listing import ARCHIVE_BUCKET
from buildhub_sample_archive.inventories.store import write_inventories

from tests.jobs.conftest import common, row, stored, write_inventory
from tests.stand_ins.http_server import forwarding, running

BUILDS = {each.path: each for each in SampleArchive("tiny").iter_objects() if each.is_build}
WINNERS = {path: each for path, each in BUILDS.items() if not each.loses_conflict}


def run(settings: Settings, **arguments: Any) -> Summary:
    return asyncio.run(load(settings, **arguments))


def paths(records: dict[str, dict[str, Any]], root: str) -> set[str]:
    return {record["download"]["url"].removeprefix(f"{root}/") for record in records.values()}


@pytest.fixture
def settings(
    make_settings: Callable[..., Settings], live_server: str, sample_archive: str
) -> Settings:
    return make_settings(
        SERVER_URL=live_server, ARCHIVE_URL=sample_archive, S3_ENDPOINT_URL=sample_archive
    )


@pytest.fixture(scope="session")
def inventories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny sample's inventories as a folder, laid out as in the bucket."""
    folder = tmp_path_factory.mktemp("inventories")
    write_inventories(SampleArchive("tiny"), folder)
    return folder


def test_a_load_publishes_every_build_of_the_archive(
    settings: Settings, sample_archive: str
) -> None:
    summary = run(settings)
    records = stored(settings)
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    assert paths(records, sample_archive) == set(WINNERS)
    assert summary.published.created == len(records)
    assert summary.read_counts.builds == len(BUILDS)
    for record in records.values():
        entry = WINNERS[record["download"]["url"].removeprefix(f"{sample_archive}/")]
        assert record["download"]["size"] == entry.size
        assert record["download"]["date"] == entry.modified.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_records_have_what_the_metadata_beside_the_candidate_says(
    settings: Settings, sample_archive: str
) -> None:
    run(settings)
    record = stored(settings)["firefox_beta_56-0b12_win32_fr"]
    folder = f"{sample_archive}/pub/firefox/candidates/56.0b12-candidates"
    number = record["build"]["number"]
    metadata = requests.get(f"{folder}/build{number}/win32/en-US/firefox-56.0b12.json", timeout=10)
    assert record["build"]["id"] == metadata.json()["buildid"]
    assert record["source"]["revision"] == metadata.json()["moz_source_stamp"]
    assert requests.get(f"{folder}/build{number + 1}/", timeout=10).status_code == 404


def test_a_load_of_the_bucket_ends_with_the_same_records(
    settings: Settings, sample_archive: str
) -> None:
    run(settings)
    before = stored(settings)
    bucket = replace(settings, archive_bucket=ARCHIVE_BUCKET, gcs_endpoint_url=f"{sample_archive}/")
    summary = run(bucket)
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    assert (summary.published.created, summary.read_counts.builds) == (0, len(BUILDS))
    after = stored(settings)
    assert any("md5" in record["download"] for record in after.values())
    assert common(after) == common(before)
    # Nothing is remembered: it is all read again.
    again = run(bucket)
    assert (again.published.unchanged, again.read_counts.builds) == (len(before), len(BUILDS))


def test_a_second_load_publishes_nothing(settings: Settings) -> None:
    run(settings)
    before = stored(settings)
    summary = run(settings)
    assert stored(settings) == before
    assert summary.published.unchanged == len(before)
    assert (summary.published.created, summary.published.updated) == (0, 0)


def test_a_second_load_asks_the_archive_for_no_metadata(
    settings: Settings, sample_archive: str
) -> None:
    asked = []
    with running(forwarding(sample_archive, lambda request, _: asked.append(request.path))) as url:
        watched = replace(settings, archive_url=f"{url}/")
        run(watched)
        first, asked[:] = len(asked), []
        run(watched)
    assert (first > 100, asked) == (True, [])


def test_rivals_are_left_out_and_reported_each_time(settings: Settings) -> None:
    for _ in range(2):
        conflicts = []
        summary = run(settings, on_conflict=conflicts.append)
        assert {conflict.path for conflict in conflicts} == {
            p for p, e in BUILDS.items() if e.loses_conflict
        }
        assert summary.conflicts == len(conflicts)
        assert all(conflict.winner_path in WINNERS and conflict.rule for conflict in conflicts)


def test_a_rival_that_was_published_alone_gives_way_to_the_preferred_build(
    settings: Settings, tmp_path: Path
) -> None:
    folder = "pub/firefox/releases/1.5/linux-i686/fr"
    loser = row(f"{folder}/firefox-1.5.installer.tar.gz")
    winner = row(f"{folder}/firefox-1.5.tar.gz")
    record_id = "firefox_1-5_linux-i686_fr"
    for rows, name, conflicts in (
        ([loser], "firefox-1.5.installer.tar.gz", 0),
        ([loser, winner], "firefox-1.5.tar.gz", 1),
        ([loser], "firefox-1.5.tar.gz", 1),
    ):
        summary = run(settings, sources=[write_inventory(tmp_path, rows)])
        assert stored(settings)[record_id]["download"]["url"].endswith(f"/{name}")
        assert (summary.conflicts, summary.exit_code) == (conflicts, ExitCode.SUCCESS)
