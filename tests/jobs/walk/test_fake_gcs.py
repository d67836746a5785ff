"""Walks of a bucket in fake-gcs-server, which nobody here has written."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from buildhub.archive.bucket.client import BucketClient
from buildhub.archive.bucket.folders import list_folder, list_tree
from buildhub.archive.session import open_archive
from buildhub.counts.summary import ExitCode
from buildhub.errors import BadManifest
from buildhub.load import load
from buildhub.settings import Settings
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.reports import write_report

from tests.jobs.conftest import common
from tests.jobs.walk.test_walk import MakeSettings, contents, run, without_addresses
from tests.requirements import require
from tests.stand_ins.fake_gcs import MODULE, MOST_OBJECTS, VERSION, FakeGcs, running
from tests.stand_ins.go_programs import BUILD_TIMEOUT_SECONDS, GoMissing, build

# The first test may have to build it.
pytestmark = pytest.mark.timeout(BUILD_TIMEOUT_SECONDS + 120)

PRODUCTS = ("devedition", "fenix", "focus", "klar", "thunderbird-android", "vpn")
FOLDERS = (
    "pub/devedition/candidates/54.0b12-candidates/",
    "pub/devedition/releases/54.0b12/",
    "pub/fenix/",
    "pub/focus/",
    "pub/thunderbird-mobile/",
    "pub/vpn/",
)
NAMES = [each.path for folder in FOLDERS for each in SampleArchive("tiny").iter_objects(folder)]
EXPIRES = "2027-07-20T21:07:39Z"


def content_of(path: str) -> bytes:
    return f"content of {path}".encode()


@pytest.fixture(scope="module")
def store() -> Iterator[FakeGcs]:
    """The files of FOLDERS, with contents of their own."""
    try:
        build(MODULE, VERSION)
    except GoMissing as exc:
        require(False, str(exc))
    assert 200 < len(NAMES) <= MOST_OBJECTS
    with running("delivery") as server:
        for path in NAMES:
            expires = EXPIRES if path.startswith("pub/devedition/candidates/") else None
            server.upload(path, content_of(path), expires)
        yield server


@pytest.fixture
def settings(
    make_settings: MakeSettings, live_server: str, sample_archive: str, store: FakeGcs
) -> Settings:
    return make_settings(
        SERVER_URL=live_server,
        ARCHIVE_URL=sample_archive,
        ARCHIVE_BUCKET=f"gs://{store.bucket}",
        GCS_ENDPOINT_URL=store.url,
        PRODUCTS=" ".join(PRODUCTS),
    )


def without_file(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return records without what is different of a file with other contents."""
    for record in records.values():
        del record["download"]["size"], record["download"]["date"]
    return records


def test_a_walk_finds_the_builds_of_a_walk_of_pages(settings: Settings) -> None:
    summary = run(settings)
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    by_bucket = without_addresses(contents(settings))
    for path, record in by_bucket.items():
        download = record["download"]
        assert download["size"] == len(content_of(path))
        assert download["md5"] == hashlib.md5(content_of(path), usedforsecurity=False).hexdigest()
        is_candidate = path.startswith("pub/devedition/candidates/")
        assert download.get("expires") == (EXPIRES if is_candidate else None)
    pages = replace(settings, archive_bucket=None, collection_id="by-pages")
    run(pages)
    by_pages = {
        path: record
        for path, record in without_addresses(contents(pages)).items()
        if path.startswith(FOLDERS)
    }
    assert len(by_pages) > 50
    assert without_file(common(by_bucket)) == without_file(common(by_pages))
    assert run(settings).published.settled == 0


def test_pages_of_any_size_end_with_the_same_folders(settings: Settings, store: FakeGcs) -> None:
    async def list_with(page_size: int) -> tuple[Any, ...]:
        async with open_archive(settings) as archive:
            client = BucketClient(
                archive.fetcher, f"{store.url}/", store.bucket, page_size=page_size
            )
            tree = await list_tree(client, "pub/devedition/")
            folder = await list_folder(client, "pub/vpn/releases/")
            assert client.page_count >= len(NAMES) // 4 // page_size
            return tree.files, tree.folders, folder

    whole = asyncio.run(list_with(1000))
    assert whole[0]
    for page_size in (7, 50):
        assert asyncio.run(list_with(page_size)) == whole


def test_a_report_is_loaded_from_a_bucket(
    settings: Settings, store: FakeGcs, tmp_path: Path
) -> None:
    write_report(SampleArchive("tiny"), tmp_path, "parquet")
    for path in tmp_path.iterdir():
        store.upload(f"reports/daily/{path.name}", path.read_bytes())
    summary = asyncio.run(load(settings, sources=(f"gs://{store.bucket}/reports/daily/",)))
    assert (summary.failure, summary.exit_code) == (None, ExitCode.SUCCESS)
    with_hash = [each for each in contents(settings).values() if "md5" in each["download"]]
    assert len(with_hash) > 50
    nothing = asyncio.run(load(settings, sources=(f"gs://{store.bucket}/reports/weekly",)))
    assert isinstance(nothing.failure, BadManifest)
    assert f"gs://{store.bucket}/reports/weekly/manifest.json: not found" in str(nothing.failure)
