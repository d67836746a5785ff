"""Two loads of the sample archive, end to end: time, memory, and processor time of each process.

Usage: python -m bench.load [--sizes 20000 200000] [--audit]

For each size (``full`` is one), the archive, ``buildhub serve`` with database and search, and
``buildhub load`` run as separate processes. The peer is the first size: memory should not grow with
the size. With ``--audit``, ``buildhub audit`` checks the result; its peer is the second load.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
from kinto_buildhub.postgres.embedded import DATABASE_NAME

from bench.walk import running_archive
from tests.stand_ins.programs import free_port

LARGEST_MEMORY_MB = 200

_BUILDHUB = [sys.executable, "-m", "buildhub"]
_SECONDS_BETWEEN_LOOKS = 0.2


def main() -> None:
    """Load each size twice, print the figures, and fail if the job takes too much memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["20000", "200000"], help="in builds")
    parser.add_argument("--audit", action="store_true", help="audit the catalogue after the loads")
    given = parser.parse_args()
    jobs = {"first load": "load", "second load": "load"}
    if given.audit:
        jobs["audit"] = "audit"
    peaks = [_measure(size, jobs) for size in given.sizes]
    growth = ", ".join(f"{peak / peaks[0]:.2f}" for peak in peaks)
    print(f"\nmemory of the job, compared with the first size: {growth}")
    assert max(peaks) < LARGEST_MEMORY_MB, f"expected {LARGEST_MEMORY_MB} MB at most"


def _measure(size: str, jobs: dict[str, str]) -> float:
    """Run *jobs* on a sample of *size*; return the peak memory of all jobs, in MB."""
    with (
        tempfile.TemporaryDirectory(prefix="buildhub-bench-", ignore_cleanup_errors=True) as folder,
        running_archive(size, "gcs") as archive_url,
        running_server(Path(folder)) as environment,
    ):
        print(f"\nsample {size}", flush=True)
        environment |= archive_addresses(archive_url)
        return max(_run(name, command, environment) for name, command in jobs.items())


def archive_addresses(archive_url: str) -> dict[str, str]:
    """Return the environment in which jobs read this sample archive."""
    return {
        "ARCHIVE_URL": archive_url,
        "S3_ENDPOINT_URL": archive_url,
        "PRODUCT_DETAILS_URL": f"{archive_url}1.0/",
    }


@contextmanager
def running_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run the server on *folder*, prepared for jobs; yield their environment."""
    port = free_port()
    environment = os.environ | {
        "BUILDHUB_DATA": str(folder),
        "PORT": str(port),
        "SERVER_URL": f"http://127.0.0.1:{port}/v1",
        "AUTH_FILE": str(folder / "publisher.auth"),
        "LOG_LEVEL": "ERROR",
    }
    with open(folder / "serve.log", "wb") as log:
        process = subprocess.Popen([*_BUILDHUB, "serve"], env=environment, stdout=log, stderr=log)
    try:
        _wait_until(lambda: _milliseconds_behind(environment) is not None)
        if not Path(environment["AUTH_FILE"]).exists():
            for command in ("credentials", "init"):
                run_buildhub(command, environment)
        yield environment
    finally:
        process.terminate()
        process.wait()


def run_buildhub(command: str, environment: dict[str, str]) -> None:
    """Run a command to its end."""
    subprocess.run([*_BUILDHUB, command], env=environment, check=True, capture_output=True)


def wait_for_index(environment: dict[str, str], seconds: float = 600.0) -> None:
    """Wait until searches find everything that was published."""
    _wait_until(lambda: _milliseconds_behind(environment) == 0, seconds)


def _run(name: str, command: str, environment: dict[str, str]) -> float:
    """Run a job, print the figures, and return its peak memory in MB."""
    watch = _Watch(Path(environment["BUILDHUB_DATA"]))
    started = time.perf_counter()
    job = psutil.Popen([*_BUILDHUB, command], env=environment, stdout=subprocess.PIPE, text=True)
    while job.poll() is None:
        watch.look()
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    seconds = time.perf_counter() - started
    assert job.returncode == 0, f"{command} ended with {job.returncode}"
    wait_for_index(environment)
    later = time.perf_counter() - started - seconds
    watch.look()
    assert job.stdout is not None
    print(f"{name}: {job.stdout.read().strip()}")
    print(f"  search index up to date {later:.1f} s later\n{watch.report()}", flush=True)
    return watch.peaks_mb["job"]


class _Watch:
    """Adds up processor time and memory of the processes of each stage.

    A process's own memory and mapped files are counted separately: the system can free the pages of
    mapped files at any time.
    """

    def __init__(self, folder: Path) -> None:
        self.peaks_mb: dict[str, float] = defaultdict(float)
        self._own_mb: dict[str, float] = defaultdict(float)
        self._mapped_mb: dict[str, float] = defaultdict(float)
        self._postmaster = int((folder / "postgresql/postmaster.pid").read_text().split()[0])
        self._stages: dict[int, str] = {}
        self._cpu_seconds: dict[int, float] = {}
        self._cpu_before: dict[int, float] = {}
        self.look()
        self._cpu_before = dict(self._cpu_seconds)

    def look(self) -> None:
        """Record the processor time so far, and the current memory."""
        own_mb: dict[str, float] = defaultdict(float)
        mapped_mb: dict[str, float] = defaultdict(float)
        for stage, process in self._processes():
            with suppress(psutil.Error):
                self._stages[process.pid] = stage
                self._cpu_seconds[process.pid] = sum(process.cpu_times()[:2])
                memory = process.memory_info()
                own_mb[stage] += (memory.rss - memory.shared) / 1e6
                # Shared memory of the database would be counted for each of its processes.
                if not stage.startswith("database"):
                    mapped_mb[stage] += memory.shared / 1e6
        for stage, mb in own_mb.items():
            self._own_mb[stage] = max(self._own_mb[stage], mb)
            self._mapped_mb[stage] = max(self._mapped_mb[stage], mapped_mb[stage])
            self.peaks_mb[stage] = max(self.peaks_mb[stage], mb + mapped_mb[stage])

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                command = process.cmdline()
                if "load" in command or "audit" in command:
                    yield "job", process
                elif "buildhub_sample_archive" in command:
                    yield "archive", process
                elif "serve" in command:
                    is_writer = any(name.startswith("thrd-tantivy") for name in _threads(process))
                    yield "server and index" if is_writer else "server", process
        with suppress(psutil.Error):
            for process in psutil.Process(self._postmaster).children():
                with suppress(psutil.Error):
                    is_client = DATABASE_NAME in " ".join(process.cmdline())
                    yield "database" if is_client else "database, background", process

    def report(self) -> str:
        """Return a line for each stage with its processor time and peak memory."""
        used: dict[str, float] = defaultdict(float)
        for process_id, seconds in self._cpu_seconds.items():
            used[self._stages[process_id]] += seconds - self._cpu_before.get(process_id, 0.0)
        total = sum(used.values())
        lines = [f"  {'processor time':<18}{total:>8.0f} s"]
        lines += [
            f"  {stage:<18}{used[stage]:>8.0f} s {used[stage] / total:>4.0%}"
            f"{self._own_mb[stage]:>8.0f} MB own{self._mapped_mb[stage]:>8.0f} MB mapped files"
            for stage in self._own_mb
        ]
        return "\n".join(lines)


def _threads(process: psutil.Process) -> list[str]:
    found = []
    for path in Path(f"/proc/{process.pid}/task").glob("*/comm"):
        with suppress(FileNotFoundError, ProcessLookupError):  # The process has ended.
            found.append(path.read_text())
    return found


def _milliseconds_behind(environment: dict[str, str]) -> int | None:
    """Return how far the search index is behind, None if the server does not respond."""
    url = f"{environment['SERVER_URL']}/__heartbeat__"
    with suppress(OSError), urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server.
        search = json.load(answer)["search"]
        return None if search["missing"] else int(search["behind_ms"])
    return None


def _wait_until(condition: Callable[[], bool], seconds: float = 600.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"timed out after {seconds} s"
        time.sleep(_SECONDS_BETWEEN_LOOKS)


if __name__ == "__main__":
    main()
