"""Audits of a catalogue of the sample archive: time and peak memory, for several sizes.

Usage: python -m bench.audit [--sizes 20000 200000] [--no-index] [--listings]

Server, database, search index and archive run on the same machine as the audit. The peers are
reading the same inventories with ``gzip`` and ``csv``, and a second load of them, which compares
everything with the catalogue too, but finds no extra records. Metadata is cached by then.

Compared is the processor time of job, server and database together, which other work on the machine
hardly affects. The search index is up to date before each audit.
"""

import argparse
import csv
import gzip
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.inventories.store import write_inventories
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.migrate import migrate

from bench.kinto_server import settings as server_settings
from bench.walk import running_archive
from tests.stand_ins.live_server import live_server

LARGEST_MEMORY_MB = 200
LARGEST_SHARE_OF_A_LOAD = 1.5


def main() -> None:
    """Measure, print, and fail if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000], help="in builds")
    parser.add_argument("--no-index", action="store_true", help="without search index")
    parser.add_argument("--listings", action="store_true", help="also audit with listings")
    given = parser.parse_args()
    for size in given.sizes:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            _measure(
                size, Path(folder), with_index=not given.no_index, with_listings=given.listings
            )


def _measure(size: int, folder: Path, *, with_index: bool, with_listings: bool) -> None:
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
            meter = _Meter(server.process.pid, _postmaster_id(folder / "postgresql"))
            _run("load", environment, ["load", *sources], meter)
            if with_index:
                _run("audit --index", environment, ["audit", "--json", "--index"], meter)
            peer = _run("load again", environment, ["load", *sources], meter)
            rows_seconds = _read(folder)
            print(f"{'gzip + csv.reader':<22}{rows_seconds:>9.1f} s")
            audit = ["audit", "--json"]
            share = _run("audit", environment, [*audit, *sources], meter) / peer
            _run("audit --paths-only", environment, [*audit, "--paths-only", *sources], meter)
            if with_listings:
                _run("audit --listings", environment, [*audit, "--listings"], meter)
    print(f"an audit takes {share:.2f} of the processor time of a second load\n")
    assert share <= LARGEST_SHARE_OF_A_LOAD, f"expected {LARGEST_SHARE_OF_A_LOAD} at most"


def _read(folder: Path) -> float:
    started = time.perf_counter()
    for path in folder.rglob("*.csv.gz"):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for _ in csv.reader(file):
                pass
    return time.perf_counter() - started


class _Meter:
    """Reads the processor time and memory of server and database, child processes included."""

    def __init__(self, *process_ids: int) -> None:
        self._process_ids = process_ids

    def seconds(self) -> tuple[float, ...]:
        """Return the processor time so far, in seconds, of each."""
        ticks = os.sysconf("SC_CLK_TCK")
        return tuple(_ticks(each) / ticks for each in self._process_ids)

    def server_mb(self) -> float:
        """Return the current private memory of the server, which is the first process."""
        return _anonymous_kb(self._process_ids[0]) / 1024


def _ticks(process_id: int) -> int:
    """Return the processor time of a process and its children, in ticks; 0 if it has ended."""
    folder = Path(f"/proc/{process_id}")
    try:
        # The program's name is in parentheses; the last two values are those of ended children.
        own = sum(map(int, (folder / "stat").read_text().rpartition(")")[2].split()[11:15]))
        children = _children(process_id)
    except OSError:
        return 0
    return own + sum(map(_ticks, children))


def _anonymous_kb(process_id: int) -> int:
    """Return the anonymous memory of a process and its children, 0 if it has ended."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
        children = _children(process_id)
    except OSError:
        return 0
    found = re.search(r"RssAnon:\s*([0-9]+) kB", status)
    return (int(found[1]) if found else 0) + sum(map(_anonymous_kb, children))


def _children(process_id: int) -> list[int]:
    """Return the IDs of the children that its main thread started."""
    text = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    return [int(child) for child in text.split()]


def _postmaster_id(folder: Path) -> int:
    """Return the process ID of the postmaster."""
    (found,) = folder.rglob("postmaster.pid")
    return int(found.read_text().split()[0])


def _run(name: str, environment: dict[str, str], arguments: Sequence[str], meter: _Meter) -> float:
    """Run a job in its own process, print the figures, return the processor time of all."""
    before, started, started_cpu = meter.seconds(), time.perf_counter(), _cpu_seconds_of_children()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "buildhub", *arguments],
            env=os.environ | environment,
            stdout=output,
        )
        peak_mb, server_mb = _watch(process, meter)
        seconds = time.perf_counter() - started
        output.seek(0)
        printed = output.read().decode()
    assert process.returncode == 0, printed
    cpu = [_cpu_seconds_of_children() - started_cpu]
    cpu += [now - then for now, then in zip(meter.seconds(), before, strict=True)]
    job, server, database = cpu
    print(
        f"{name:<22}{seconds:>9.1f} s   CPU: job {job:.1f} s, server {server:.1f} s, "
        f"database {database:.1f} s   peak: job {peak_mb:.0f} MB, server {server_mb:.0f} MB"
    )
    if "audit" in arguments:
        assert peak_mb < LARGEST_MEMORY_MB, f"expected {LARGEST_MEMORY_MB} MB at most"
    return sum(cpu)


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: "subprocess.Popen[bytes]", meter: _Meter) -> tuple[float, float]:
    """Wait for the end of a process; return its peak memory and that of the server, in MB.

    Polled, because the peak that the system reports for a child includes memory of its parent.
    """
    peak_kb, server_mb = 0, 0.0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s*([0-9]+) kB", status)
        peak_kb = max(peak_kb, int(found[1]) if found else 0)
        server_mb = max(server_mb, meter.server_mb())
        time.sleep(0.02)
    return peak_kb / 1024, server_mb


if __name__ == "__main__":
    main()
