"""Walks of the sample archive: a first one, one without changes, and a full one.

Usage: python -m bench.walk [--size tiny] [--style gcs]

Server, database and archive run on the same machine as the walk, so pages per second are a lower
bound; the number of requests is exact. The peer of a walk without changes is the full walk.
"""

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from buildhub.counts.summary import Summary
from buildhub.settings import Settings, read_settings
from buildhub.walk import walk
from kinto_buildhub.postgres.embedded import embedded_postgresql

from bench.kinto_server import settings as server_settings
from tests.stand_ins.live_server import live_server

_READY = "Sample archive"


def main() -> None:
    """Walk three times, and print time and requests of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="tiny", help="size of the sample archive")
    parser.add_argument("--style", default="gcs", choices=("gcs", "s3"), help="of its folder pages")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
        live_server(server_settings("ours", url)) as server,
        running_archive(given.size, given.style) as archive_url,
    ):
        settings = read_settings(
            {
                "AUTH": "bench:bench",
                "SERVER_URL": server.url,
                "ARCHIVE_URL": archive_url,
                "BUILDHUB_DATA": folder,
                "LOG_LEVEL": "ERROR",
            }
        )
        first, _ = _walk("first", settings)
        unchanged, unchanged_seconds = _walk("unchanged", settings)
        full, full_seconds = _walk("full", settings, full=True)
    builds = first.read_counts.builds
    print(f"{given.size} sample, {given.style} listings, {builds:,} builds")
    print(f"requests per new build: {first.requests / builds:.2f}")
    print(
        f"unchanged / full: {unchanged.requests / full.requests:.4f} of the requests, "
        f"{unchanged_seconds / full_seconds:.4f} of the time"
    )


def _walk(name: str, settings: Settings, *, full: bool = False) -> tuple[Summary, float]:
    """Walk, print the figures, and return the counts and the seconds."""
    start = time.perf_counter()
    summary = asyncio.run(walk(settings, full=full))
    seconds = time.perf_counter() - start
    assert summary.failure is None, summary.failure
    print(
        f"{name:<10}{seconds:>8.1f} s{summary.requests:>8,} requests"
        f"{summary.read_counts.listings / seconds:>8,.0f} listings/s"
        f"{summary.published.settled / seconds:>8,.0f} records/s"
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>7,.0f} MB at most so far"
    )
    return summary, seconds


@contextmanager
def running_archive(size: str, style: str, *faults: str, port: int = 0) -> Iterator[str]:
    """Run the sample archive in its own process; yield its URL.

    Args:
        faults: as for ``--fault`` of its command line.
    """
    command = [sys.executable, "-m", "buildhub_sample_archive", "serve", "--port", str(port)]
    command += ["--size", size, "--style", style]
    command += [f"--fault={fault}" for fault in faults]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith(_READY), line
        yield line.split(" on ")[1].strip()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
