"""A walk of the archive's bucket ends with the records of a walk of its folder pages."""

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import structlog
from buildhub.counts.summary import ExitCode
from buildhub.errors import Unavailable
from buildhub.settings import Settings
from buildhub_sample_archive import Fault, SampleArchive
from buildhub_sample_archive.http.bucket_listing import ARCHIVE_BUCKET
from buildhub_sample_archive.http.bucket_objects import expiry_of
from buildhub_sample_archive.http.faults import FAULT_KINDS
from buildhub_schema.products import PRODUCT_NAMES

from tests.jobs.command.processes import shell
from tests.jobs.conftest import AUTH, common
from tests.jobs.walk.test_walk import (
    TRUTH,
    archive,
    contents,
    remembers_a_branch,
    run,
    without_addresses,
)
from tests.stand_ins.programs import Program

OBJECTS = {each.path: each for each in SampleArchive("tiny").iter_objects()}


@pytest.fixture
def pages(settings: Settings) -> Settings:
    """Settings for walks of folder pages."""
    return settings


@pytest.fixture
def bucket(pages: Settings) -> Settings:
    """Settings for walks of the bucket, to another collection."""
    return of_bucket(pages)


def of_bucket(settings: Settings) -> Settings:
    return replace(
        settings,
        archive_bucket=ARCHIVE_BUCKET,
        gcs_endpoint_url=settings.archive_url,
        collection_id="of-the-bucket",
    )


def comparable(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the records by path, without what only the bucket knows."""
    return common(without_addresses(contents(settings)))


@contextmanager
def both(settings: Settings, *faults: Fault) -> Iterator[None]:
    with archive(settings, "gcs", *faults), structlog.testing.capture_logs():
        yield


# Two walks of all products, one of them by folder pages.
@pytest.mark.timeout(400)
def test_the_records_are_those_of_a_walk_of_pages(pages: Settings) -> None:
    pages = replace(pages, products=frozenset(PRODUCT_NAMES))
    bucket = of_bucket(pages)
    with archive(pages):
        by_pages, by_bucket = run(pages), run(bucket)
        assert (by_bucket.failure, by_bucket.exit_code) == (None, ExitCode.SUCCESS)
        assert comparable(bucket) == comparable(pages)
        second = run(bucket)
    assert by_bucket.conflicts == by_pages.conflicts > 0
    assert by_bucket.read_counts.skipped == by_pages.read_counts.skipped
    assert by_bucket.read_counts.rows == by_pages.read_counts.rows
    assert by_bucket.read_counts.listings < by_pages.read_counts.listings / 3
    assert (second.exit_code, second.read_counts.builds, second.published.settled) == (0, 0, 0)
    assert second.requests <= 1 + len(PRODUCT_NAMES) * 6


def test_records_have_the_hash_and_the_end_of_their_file(bucket: Settings) -> None:
    with archive(bucket):
        run(bucket)
    downloads = {path: record["download"] for path, record in contents(bucket).items()}
    assert downloads
    for path, download in downloads.items():
        made = OBJECTS[path]
        assert download.get("md5") == (None if "-" in made.etag else made.etag), path
        assert download.get("expires") == expiry_of(path, f"{made.modified:%Y-%m-%dT%H:%M:%S}")
    assert any("md5" not in each for each in downloads.values())


@pytest.mark.parametrize("kind", sorted(FAULT_KINDS))
def test_each_fault_ends_with_the_records_of_a_walk_of_pages(
    kind: str, pages: Settings, bucket: Settings
) -> None:
    # Of the folders, files and pages below the product; what fails once is tried again.
    fault = Fault(kind, "/devedition/.", rate=0.2, times=1, seconds=0.01, seed=3)
    with both(pages, fault):
        first = run(bucket)
        assert first.failure is None
    with both(pages):
        run(pages, full=True)
        # As for pages: metadata that was hidden is looked for again by a full walk.
        run(bucket, full=kind == "no-metadata")
        assert comparable(bucket) == comparable(pages)
        assert run(bucket).published.settled == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_what_faults_leave_out_is_named_and_the_next_walk_settles_it(
    seed: int, pages: Settings, bucket: Settings
) -> None:
    kinds = sorted(set(FAULT_KINDS) - {"no-metadata", "delay"})
    faults = [Fault(kind, "/devedition/.", rate=0.05, seed=seed, seconds=0) for kind in kinds]
    with archive(bucket, "gcs", *faults), structlog.testing.capture_logs() as logs:
        first = run(bucket)
    named = tuple(each["path"] for each in logs if "path" in each)
    assert (first.failure, first.exit_code) == (None, ExitCode.PARTIAL)
    so_far = comparable(bucket)
    with both(pages):
        run(pages)
        truth = comparable(pages)
        for path, record in truth.items():
            assert so_far.get(path) == record or path.startswith(named), path
        second = run(bucket)
        assert comparable(bucket) == truth
    assert (second.failure, second.exit_code) == (None, ExitCode.SUCCESS)


def test_a_walk_of_the_bucket_continues_one_of_pages(pages: Settings) -> None:
    bucket = replace(of_bucket(pages), collection_id=pages.collection_id)
    with archive(pages):
        run(pages)
        before = contents(pages)
        assert run(bucket).published.settled == 0
    with archive(pages, size=5_000):
        later = run(bucket)
        assert later.published.created > 0
        assert later.published.updated == 0
        after = contents(pages)
    assert {path: after[path] for path in before} == before


def test_a_walk_of_pages_leaves_what_only_the_bucket_knows(pages: Settings) -> None:
    bucket = replace(of_bucket(pages), collection_id=pages.collection_id)
    with archive(pages):
        run(bucket)
        before = contents(pages)
        by_pages, by_bucket = run(pages, full=True), run(bucket, full=True)
        assert contents(pages) == before
    for summary in (by_pages, by_bucket):
        assert summary.published.unchanged == len(before)
    assert any("md5" in record["download"] for record in before.values())


def test_scopes_limit_a_walk_of_the_bucket_too(bucket: Settings) -> None:
    with archive(bucket):
        run(bucket, versions=("54.0b12",))
        found = contents(bucket)
    assert found
    assert all("54.0b12" in path for path in found)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_a_walk_of_the_bucket_that_is_stopped_is_continued(
    signal_number: int, pages: Settings, live_server: str
) -> None:
    environment = {
        "AUTH": AUTH,
        "SERVER_URL": live_server,
        "ARCHIVE_URL": pages.archive_url,
        "ARCHIVE_BUCKET": f"gs://{ARCHIVE_BUCKET}",
        "GCS_ENDPOINT_URL": pages.archive_url,
        "BUCKET": pages.bucket_id,
        "BUILDHUB_DATA": str(pages.data_folder),
        "PRODUCTS": "devedition fennec",
    }
    expected = {path for path in TRUTH if path.startswith(("pub/devedition/", "pub/mobile/"))}
    # Devedition comes first. When it is done for good, Fennec is not begun yet.
    with archive(pages, "gcs", Fault("delay", "/o/pub/mobile/$", seconds=20)):
        program = Program("buildhub", "walk", **environment)
        while not remembers_a_branch(pages):
            assert program.process.poll() is None, program.output
            time.sleep(0.05)
        program.process.send_signal(signal_number)
        program.process.wait(60)
    assert len(contents(pages)) < len(expected)
    with archive(pages):
        program = Program("buildhub", "walk", **environment)
        assert program.process.wait(60) == ExitCode.SUCCESS, program.output
    assert set(contents(pages)) == expected
    counts = dict(re.findall(r"(created|unchanged) ([0-9]+)", program.output))
    assert int(counts["created"]) + int(counts["unchanged"]) < len(expected)


def test_a_bucket_that_is_not_there_is_named(bucket: Settings) -> None:
    wrong = replace(bucket, archive_bucket="another")
    with archive(bucket), structlog.testing.capture_logs() as logs:
        summary = run(wrong)
    assert isinstance(summary.failure, Unavailable)
    assert str(summary.failure).startswith("gs://another/pub/: cannot be read")
    assert summary.exit_code == ExitCode.FAILURE
    assert any("gs://another/pub/: HTTP 404" in each.get("error", "") for each in logs)


@pytest.mark.parametrize(
    "options",
    [f"--bucket gs://{ARCHIVE_BUCKET}", f"--archive-bucket gs://{ARCHIVE_BUCKET} --bucket $BUCKET"],
)
def test_the_command_takes_the_archives_bucket_beside_the_catalogues(
    pages: Settings, options: str
) -> None:
    endpoint = f"--gcs-endpoint {pages.archive_url}"
    with archive(pages):
        done = shell(f"buildhub walk --version 54.0b12 {options} {endpoint}", pages)
    assert (done.returncode, done.stderr) == (ExitCode.SUCCESS, "")
    assert any("md5" in record["download"] for record in contents(pages).values())


def test_a_misspelt_bucket_of_the_archive_is_refused(bucket: Settings) -> None:
    done = shell("buildhub walk --bucket gs://Archive", bucket)
    assert done.returncode == ExitCode.USAGE
    assert "option --archive-bucket: 'gs://Archive' is no bucket" in done.stderr
