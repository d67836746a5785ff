"""A server as in production, in its own processes.

Run as ``python -m tests.stand_ins.live_server PORT WORKERS``, with Kinto's settings in the
environment.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinto import main
from kinto_buildhub.run import gunicorn_processes
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.run.migrate import initialize_tables

_SETTINGS_VARIABLE = "BUILDHUB_TEST_SETTINGS"
_START_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class LiveServer:
    """A running server; *url* includes the version of the API."""

    url: str
    port: int
    process: "subprocess.Popen[bytes]"

    def worker_ids(self) -> list[int]:
        """Return the process IDs of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def kill(self) -> None:
        """Kill all its processes, as a power cut would."""
        for process_id in [*self.worker_ids(), self.process.pid]:
            os.kill(process_id, signal.SIGKILL)
        self.process.wait()


@contextmanager
def live_server(settings: dict[str, str], *, workers: int = 1) -> Iterator[LiveServer]:
    """Run a server with Kinto's *settings*."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Before the workers start, as two workers cannot create the same tables at the same time.
    # This process must not write the search index.
    with opened_registry(settings, command="tests") as registry:
        initialize_tables(registry)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stand_ins.live_server", str(port), str(workers)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {_SETTINGS_VARIABLE: json.dumps(settings)},
    )
    server = LiveServer(f"http://127.0.0.1:{port}/v1", port, process)
    try:
        _wait_for(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()


def make_application() -> Any:
    """Return the WSGI application; called by each worker."""
    with warnings.catch_warnings():
        # On loopback, and one database for three uses.
        warnings.simplefilter("ignore", UserWarning)
        return main({}, **json.loads(os.environ[_SETTINGS_VARIABLE]))


def _wait_for(server: LiveServer) -> None:
    give_up = time.monotonic() + _START_TIMEOUT_SECONDS
    while time.monotonic() < give_up:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended with {server.process.returncode}")
        try:
            with urllib.request.urlopen(f"{server.url}/__lbheartbeat__", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{server.url} does not respond")


if __name__ == "__main__":
    gunicorn_processes.run("127.0.0.1", int(sys.argv[1]), int(sys.argv[2]), load=make_application)
