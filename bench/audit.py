"""Auditing a catalogue of the sample archive: seconds and peak memory, for sizes that grow.

Usage: python -m bench.audit [--sizes 20000 200000] [--no-index]

Server, database, search index and archive run beside the audit on this machine. The named peers are
reading the same inventories with ``gzip`` and ``csv``, and loading them a second time, which also
compares everything with the catalogue but finds nothing extra. Metadata is in the cache by then.
"""

import argparse
import asyncio
import csv
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from buildhub.load import load
from buildhub.sample_archive import SampleArchive
from buildhub.sample_archive.store import write_inventories
from buildhub.settings import read_settings
from kinto_buildhub.embedded import embedded_postgresql
from kinto_buildhub.migrate import migrate

from bench.server import settings as server_settings
from bench.walk import running_archive
from tests.live import live_server

LARGEST_MEMORY_MB = 200
LARGEST_SHARE_OF_A_LOAD = 3.0


def main() -> None:
    """Measure, print, and fail where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--no-index", action="store_true", help="leave the search index out")
    given = parser.parse_args()
    for size in given.sizes:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            _measure(size, Path(folder), with_index=not given.no_index)


def _measure(size: int, folder: Path, *, with_index: bool) -> None:
    """Load a sample of *size* builds twice and audit it."""
    sources = [str(path) for path in write_inventories(SampleArchive(size), folder)]
    search = {"kinto.search.path": str(folder / "search")} if with_index else {}
    with (
        embedded_postgresql(folder / "postgresql") as url,
        running_archive(str(size), "gcs") as archive_url,
    ):
        migrate(server_settings("ours", url), progress=lambda sentence: None)
        with live_server(server_settings("ours", url) | search) as server:
            environment = {
                "AUTH": "bench:bench",
                "SERVER_URL": server.url,
                "ARCHIVE_URL": archive_url,
                "PRODUCT_DETAILS_URL": f"{archive_url}1.0/",
                "BUILDHUB_DATA": str(folder / "data"),
                "LOG_LEVEL": "ERROR",
            }
            _load("load", environment, sources)
            seconds = _load("load again", environment, sources)
            rows_seconds = _read(folder)
            print(f"{'gzip + csv.reader':<22}{rows_seconds:>9.1f} s")
            share = _audit("audit", environment, sources) / seconds
            _audit("audit --paths-only", environment, ["--paths-only", *sources])
    print(f"an audit takes {share:.2f} of the time of a second load\n")
    assert share <= LARGEST_SHARE_OF_A_LOAD, f"expected {LARGEST_SHARE_OF_A_LOAD} at most"


def _load(name: str, environment: dict[str, str], sources: Sequence[str]) -> float:
    started = time.perf_counter()
    summary = asyncio.run(load(read_settings(environment), sources=sources))
    seconds = time.perf_counter() - started
    assert summary.failure is None, summary.failure
    print(f"{name:<22}{seconds:>9.1f} s   {summary.published.settled:,} records")
    return seconds


def _read(folder: Path) -> float:
    started = time.perf_counter()
    for path in folder.rglob("*.csv.gz"):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for _ in csv.reader(file):
                pass
    return time.perf_counter() - started


def _audit(name: str, environment: dict[str, str], arguments: Sequence[str]) -> float:
    """Audit in a process of its own; print what it took and return the seconds."""
    started, started_cpu = time.perf_counter(), _cpu_seconds_of_children()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "buildhub", "audit", "--json", *arguments],
            env=os.environ | environment,
            stdout=output,
        )
        peak_mb = _watch(process)
        seconds = time.perf_counter() - started
        cpu_seconds = _cpu_seconds_of_children() - started_cpu
        output.seek(0)
        report = json.load(output)
    assert process.returncode == 0, report
    rate = report["catalogue"]["records"] / seconds
    print(
        f"{name:<22}{seconds:>9.1f} s   {rate:,.0f} records/s   "
        f"{cpu_seconds:.1f} s of a core   {peak_mb:.0f} MB at most"
    )
    assert peak_mb < LARGEST_MEMORY_MB, f"expected {LARGEST_MEMORY_MB} MB at most"
    return seconds


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: "subprocess.Popen[bytes]") -> float:
    """Wait for the end of a process; return the most memory that it took, in MB.

    What the system counts for a child includes what its parent had when it was started.
    """
    peak_kb = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s*([0-9]+) kB", status)
        peak_kb = max(peak_kb, int(found[1]) if found else 0)
        time.sleep(0.02)
    return peak_kb / 1024


if __name__ == "__main__":
    main()
