"""Peak memory of a load and of the server that it goes to, for catalogues of growing size.

Usage: python -m bench.memory [--sizes 20000 200000]

Both are to stay flat: the peer of the largest load is the smallest. Each load gets a server, a
database and a cache of its own; the records are the sample archive's, with their metadata.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from kinto_buildhub.embedded import embedded_postgresql

from bench.server import settings as server_settings
from bench.walk import running_archive
from tests.live import LiveServer, live_server

LARGEST_JOB_MB = 200
# What the interpreter keeps for later differs from run to run by more than a few percent.
LARGEST_GROWTH = 1.25


@dataclass(frozen=True, slots=True)
class Peaks:
    """The most memory that both sides took, in megabytes."""

    job_mb: float
    server_mb: float


def main() -> None:
    """Load each size, print the peaks, and fail where memory is not flat."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    sizes = parser.parse_args().sizes
    peaks = [_measure(size) for size in sizes]
    first, last = peaks[0], peaks[-1]
    job, server = last.job_mb / first.job_mb, last.server_mb / first.server_mb
    print(f"{sizes[-1]:,} against {sizes[0]:,}: job {job:.2f}, server {server:.2f} times as much")
    assert max(job, server) < LARGEST_GROWTH, "memory grows with the archive"
    assert last.job_mb < LARGEST_JOB_MB, f"the job takes {last.job_mb:.0f} MB"


def _measure(size: int) -> Peaks:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
        live_server(server_settings("ours", url)) as server,
        running_archive(str(size), "gcs") as archive_url,
    ):
        started = time.perf_counter()
        job_mb = _load(server, archive_url, folder)
        seconds = time.perf_counter() - started
        peaks = Peaks(job_mb, max(map(_peak_mb, server.worker_ids())))
    print(
        f"{size:>9,} builds: job {peaks.job_mb:.0f} MB, server {peaks.server_mb:.0f} MB, "
        f"{seconds:.0f} s",
        flush=True,
    )
    return peaks


def _load(server: LiveServer, archive_url: str, folder: str) -> float:
    """Load everything; return the job's peak in megabytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "buildhub", "load"],
        env=os.environ
        | {
            "AUTH": "bench:bench",
            "SERVER_URL": server.url,
            "ARCHIVE_URL": archive_url,
            "S3_ENDPOINT_URL": archive_url,
            "BUILDHUB_DATA": folder,
            "LOG_LEVEL": "ERROR",
        },
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"buildhub load ended with {status}"
    return usage.ru_maxrss / 1024


def _peak_mb(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
