"""Kills processes during a load, and checks that nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.stand_ins.programs import Program, free_port

# Small requests, so that kills happen in many different states of a load.
LINES_PER_REQUEST = 25
PATIENCE_SECONDS = 90

Record = dict[str, Any]


class Catalogue:
    """A server as operators run it, and loads into its collections.

    Args:
        folder: for all of its data.
        archive_url: of a sample archive.
    """

    def __init__(self, folder: Path, archive_url: str) -> None:
        self.folder = folder
        port = free_port()
        self._url = f"http://127.0.0.1:{port}/v1"
        self._environment = {
            "BUILDHUB_DATA": str(folder),
            "PORT": str(port),
            # Kinto's default of 30 seconds would dominate the time.
            "KINTO_RETRY_AFTER_SECONDS": "1",
            "SERVER_URL": self._url,
            "AUTH_FILE": str(folder / "publisher.auth"),
            "ARCHIVE_URL": archive_url,
            "S3_ENDPOINT_URL": archive_url,
            "NB_RETRY_REQUEST": "60",
        }
        self.server = self.start_server()
        self.run("credentials")

    def start_server(self) -> Program:
        """Start the server again on the same data, and wait until it responds."""
        self.server = Program("buildhub", "serve", **self._environment)
        self.server.wait_for("Serving on", PATIENCE_SECONDS)
        self.get("/__heartbeat__")
        return self.server

    def run(self, *arguments: str) -> None:
        """Run a ``buildhub`` command, which must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "buildhub", *arguments],
            env=os.environ | self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr}"

    def start_load(self, collection_id: str) -> "Load":
        """Start a load of the whole archive."""
        return Load(self.folder / collection_id, COLLECTION=collection_id, **self._environment)

    def get(self, path: str) -> requests.Response:
        """Send a GET request, and repeat it until it succeeds."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = requests.get(f"{self._url}{path}", timeout=30)
                if answer.ok:
                    return answer
            except requests.ConnectionError:
                pass
            assert self.server.process.poll() is None, self.server.output[-2000:]
            assert time.monotonic() < give_up, (
                f"{path} does not succeed:\n{self.server.output[-2000:]}"
            )
            time.sleep(0.1)

    def records(self, collection_id: str) -> dict[str, Record]:
        """Return the records by ID, without the fields that the server adds."""
        path = f"/buckets/build-hub/collections/{collection_id}/records"
        added = ("id", "schema", "last_modified")
        return {
            each["id"]: {name: each[name] for name in each if name not in added}
            for each in self.get(path).json()["data"]
        }

    def await_index(self) -> None:
        """Wait until the search index is up to date."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while any(self.get("/__heartbeat__").json()["search"][each] for each in _LAGS):
            assert time.monotonic() < give_up, self.server.output
            time.sleep(0.2)


_LAGS = ("behind_ms", "missing")


class Load:
    """A load in its own process, and the records that were acknowledged."""

    def __init__(self, acknowledged: Path, **environment: str) -> None:
        self._acknowledged = acknowledged
        acknowledged.unlink(missing_ok=True)
        lines = str(LINES_PER_REQUEST)
        self.program = Program(
            "tests.stand_ins.recorded_load",
            ACKNOWLEDGED=str(acknowledged),
            LINES=lines,
            LOG_LEVEL="ERROR",
            **environment,
        )

    def acknowledged(self) -> set[str]:
        """Return the IDs of the records that the server has acknowledged as stored."""
        if not self._acknowledged.exists():
            return set()
        # The last line may be incomplete.
        lines = self._acknowledged.read_text().splitlines(keepends=True)
        pairs = [line.split() for line in lines if line.endswith("\n")]
        return {record_id for status, record_id in pairs if status not in ("invalid", "forbidden")}

    def wait_for(self, count: int) -> None:
        """Wait until *count* records are acknowledged, or the load has ended."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while len(self.acknowledged()) < count and self.program.process.poll() is None:
            assert time.monotonic() < give_up, self.program.output
            time.sleep(0.005)

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        return self.program.process.wait(PATIENCE_SECONDS)


def kill_job(catalogue: Catalogue, load: Load) -> None:
    """Kill the job."""
    load.program.process.kill()


def kill_worker(catalogue: Catalogue, load: Load) -> None:
    """Kill one worker; Gunicorn starts another."""
    children = psutil.Process(catalogue.server.process.pid).children()
    workers = [child for child in children if "serve" in child.cmdline()]
    random.choice(workers).kill()  # noqa: S311 - no secret.


def kill_server(catalogue: Catalogue, load: Load) -> None:
    """Kill all processes of the server except its database, and start it again."""
    os.killpg(catalogue.server.process.pid, signal.SIGKILL)
    catalogue.server.process.wait()
    catalogue.start_server()


def kill_parent(catalogue: Catalogue, load: Load) -> None:
    """Kill only the parent process of the server, and start the server again."""
    catalogue.server.process.kill()
    catalogue.server.process.wait()
    catalogue.start_server()


def kill_postgresql(catalogue: Catalogue, load: Load) -> None:
    """Kill the embedded database."""
    lock_file = catalogue.folder / "postgresql" / "postmaster.pid"
    os.kill(int(lock_file.read_text().split()[0]), signal.SIGKILL)


VICTIMS: dict[str, Callable[[Catalogue, Load], None]] = {
    "job": kill_job,
    "worker": kill_worker,
    "parent": kill_parent,
    "server": kill_server,
    "postgresql": kill_postgresql,
}


def kill_and_check(
    catalogue: Catalogue, expected: dict[str, Record], victim: str, seed: int
) -> None:
    """Kill *victim* during a load, and check that no record is lost, in the store or in search.

    Args:
        expected: the records of the whole archive, by ID.
        seed: decides the moment.
    """
    moment = random.Random(f"{victim} {seed}")  # noqa: S311 - no secret.
    collection_id = f"{victim}-{seed}"
    load = catalogue.start_load(collection_id)
    load.wait_for(moment.randrange(len(expected)))
    time.sleep(moment.uniform(0, 0.02))
    VICTIMS[victim](catalogue, load)
    exit_code = load.wait()
    assert exit_code == (-signal.SIGKILL if victim == "job" else 0), load.program.output
    acknowledged = load.acknowledged()
    records = catalogue.records(collection_id)
    assert {name: records.get(name) for name in acknowledged} == {
        name: expected[name] for name in acknowledged
    }
    assert catalogue.start_load(collection_id).wait() == 0
    assert catalogue.records(collection_id) == expected
    catalogue.await_index()
    catalogue.run("audit", "--index", "--collection", collection_id)
