"""fake-gcs-server: an implementation of Google Cloud Storage that nobody here has written.

By itself it would listen on all addresses, so it is told to stay on loopback.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import requests

from tests.stand_ins.go_programs import build
from tests.stand_ins.programs import free_port

VERSION = "v1.56.1"
MODULE = "github.com/fsouza/fake-gcs-server"

MOST_OBJECTS = 500
"""Its time grows with the square of their number."""

_START_TIMEOUT_SECONDS = 30


class FakeGcs:
    """A running server, with a bucket to fill."""

    def __init__(self, url: str, bucket: str) -> None:
        self.url = url
        self.bucket = bucket
        self._session = requests.Session()

    def create_bucket(self) -> None:
        """Make the bucket."""
        self._send("POST", "storage/v1/b", json={"name": self.bucket})

    def upload(self, path: str, content: bytes, custom_time: str | None = None) -> None:
        """Put an object into the bucket."""
        query = f"uploadType=media&name={quote(path, safe='')}"
        self._send("POST", f"upload/storage/v1/b/{self.bucket}/o?{query}", data=content)
        if custom_time is not None:
            name = quote(path, safe="")
            address = f"storage/v1/b/{self.bucket}/o/{name}"
            self._send("PATCH", address, json={"customTime": custom_time})

    def notify(self, topic: str) -> None:
        """Have the topic of Pub/Sub told of all that happens to objects from now on."""
        config = {
            "topic": f"//pubsub.googleapis.com/{topic}",
            "payload_format": "JSON_API_V1",
        }
        self._send("POST", f"storage/v1/b/{self.bucket}/notificationConfigs", json=config)

    def _send(self, method: str, path: str, **body: Any) -> None:
        answer = self._session.request(method, f"{self.url}/{path}", timeout=30, **body)
        answer.raise_for_status()


@contextmanager
def running(bucket: str, pubsub_host: str | None = None) -> Iterator[FakeGcs]:
    """Run it with an empty bucket while the context lasts.

    Args:
        bucket: its name.
        pubsub_host: where it publishes notifications; None for nowhere.

    Raises:
        GoMissing: it cannot be built here.
    """
    program, port = build(MODULE, VERSION), free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(program), "-backend", "memory", "-scheme", "http", "-log-level", "warn"]
    command += ["-host", "127.0.0.1", "-port", str(port)]
    command += ["-public-host", f"127.0.0.1:{port}", "-external-url", url]
    environment = {} if pubsub_host is None else {"PUBSUB_EMULATOR_HOST": pubsub_host}
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"{url}/_internal/healthcheck", process)
        server = FakeGcs(url, bucket)
        server.create_bucket()
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _START_TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"fake-gcs-server does not answer at {url}")
