"""A first fill through the archive's bucket, beside a walk of folder pages of a slice of it.

Usage: python -m bench.bucket [--sample full] [--products thunderbird] [--slice 60.0 91.0 …]

Server, database and archive run on the same machine as the walk. The number of requests is exact;
what they would take over the internet is reckoned from the latency and the rates that are given.
The full sample has whole versions, as the real archive does; smaller ones have a few locales of
each, and so fewer builds for each request.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from buildhub.counts.summary import Summary
from buildhub.settings import Settings, read_settings
from buildhub.walk import walk
from buildhub_sample_archive.http.bucket_listing import ARCHIVE_BUCKET
from kinto_buildhub.postgres.embedded import embedded_postgresql

from bench.kinto_server import settings as server_settings
from bench.walk import running_archive
from tests.stand_ins.live_server import live_server

BUILDS = 2_000_000
"""Of the real archive, about."""

STORE_READS_PER_SECOND = 5000
"""Documented: what a bucket answers to begin with, listings included."""

LISTING_SECONDS = 0.3
"""Assumed of a page of a thousand objects over the internet."""

REQUEST_SECONDS = 0.075
"""Assumed of a folder page, a HEAD request or a metadata file."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a walk did."""

    name: str
    summary: Summary
    seconds: float
    cpu_seconds: float

    @property
    def builds(self) -> int:
        """The builds that it published, or found published."""
        return self.summary.read_counts.builds

    @property
    def listings(self) -> int:
        """Requests for folder pages, or for pages of the bucket."""
        return self.summary.read_counts.listings

    def line(self) -> str:
        """Return the figures."""
        return (
            f"{self.name:<22}{self.builds:>9,} builds{self.seconds:>8.1f} s"
            f"{self.builds / self.seconds:>8,.0f} builds/s{self.cpu_seconds:>8.1f} s of a core"
            f"{self.summary.requests:>9,} requests, {self.listings:,} of them listings"
        )

    def network_hours(self, parallel: int) -> float:
        """Return the hours that the requests of the real archive take, so many at a time."""
        others = self.summary.requests - self.listings
        is_bucket = self.name.startswith("bucket")
        waited = self.listings * (LISTING_SECONDS if is_bucket else REQUEST_SECONDS)
        at_most = self.summary.requests / STORE_READS_PER_SECOND
        seconds = max((waited + others * REQUEST_SECONDS) / parallel, at_most)
        return self._hours(seconds)

    @property
    def work_hours(self) -> float:
        """The hours that everything else takes, as measured here."""
        return self._hours(self.seconds)

    @property
    def cpu_hours(self) -> float:
        """The same for one core, as if nothing else ran on the machine."""
        return self._hours(self.cpu_seconds)

    def _hours(self, seconds: float) -> float:
        return seconds * BUILDS / self.builds / 3600


def main() -> None:
    """Walk the bucket twice and a slice of the pages once, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", default="full", help="size of the sample archive")
    parser.add_argument("--products", default="thunderbird", help="to fill a catalogue with")
    parser.add_argument(
        "--versions", nargs="+", default=[], help="the only ones to fill it with; default: all"
    )
    parser.add_argument(
        "--slice",
        nargs="+",
        default=["60.0", "91.0", "115.8.0"],
        help="versions to walk by folder pages",
    )
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
        live_server(server_settings("ours", url)) as server,
        running_archive(given.sample, "gcs") as archive_url,
    ):
        settings = read_settings(
            {
                "AUTH": "bench:bench",
                "SERVER_URL": server.url,
                "ARCHIVE_URL": archive_url,
                "ARCHIVE_BUCKET": f"gs://{ARCHIVE_BUCKET}",
                "GCS_ENDPOINT_URL": archive_url,
                "BUILDHUB_DATA": folder,
                "PRODUCTS": given.products,
                "LOG_LEVEL": "ERROR",
            }
        )
        pages = replace(settings, archive_bucket=None, collection_id="by-pages")
        first = _walk("bucket, from nothing", settings, given.versions)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        second = _walk("bucket, once more", settings, given.versions)
        sliced = _walk("pages, a slice", pages, given.slice)
    _compare(first, second, sliced, settings.parallel_request_count)
    print(f"memory of the walk of the bucket, at most: {peak:,.0f} MB")


def _walk(name: str, settings: Settings, versions: Sequence[str] = ()) -> Run:
    start, started_cpu = time.perf_counter(), time.process_time()
    summary = asyncio.run(walk(settings, versions=versions))
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - started_cpu
    run = Run(name, summary, seconds, cpu_seconds)
    assert summary.failure is None, summary.failure
    if run.builds:
        print(run.line(), flush=True)
    else:
        print(f"{name:<22}{run.seconds:>25.1f} s{summary.requests:>18,} requests", flush=True)
    return run


def _compare(bucket: Run, unchanged: Run, pages: Run, parallel: int) -> None:
    each, of_pages = (run.summary.requests / run.builds for run in (bucket, pages))
    print(f"requests a build: bucket {each:.4f}, pages {of_pages:.4f}, {of_pages / each:.0f} times")
    listings, page_listings = (run.listings / run.builds for run in (bucket, pages))
    print(f"  listings alone: {listings:.4f} and {page_listings:.4f}")
    speed = (bucket.builds / bucket.seconds) / (pages.builds / pages.seconds)
    print(f"builds a second: {speed:.1f} times those of the walk of pages")
    share = (bucket.cpu_seconds / bucket.builds) / (pages.cpu_seconds / pages.builds)
    print(f"processor time a build: {share:.2f} of that of the walk of pages")
    print(f"once more: {unchanged.summary.requests / bucket.summary.requests:.5f} of the requests")
    print(f"hours for {BUILDS:,} builds; requests and work overlap:")
    for run in (bucket, pages):
        by_parallel = ", ".join(
            f"{run.network_hours(count):.2f} ({count} at a time)"
            for count in (parallel, 4 * parallel)
        )
        print(
            f"  {run.name}: requests {by_parallel}, work here {run.work_hours:.2f}, "
            f"of that on a core {run.cpu_hours:.2f}"
        )


if __name__ == "__main__":
    main()
