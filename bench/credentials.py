"""What tokens and Hawk cost beside a password, and how long a revoked credential is accepted.

Usage: python -m bench.credentials [--requests N] [--revocations N]

A server with two processes answers reads and writes of one record, on one connection. The ways to
sign in take turns, so that a machine that slows down slows all of them; each is printed as a ratio
to a password that the server has just checked. Then credentials are revoked while eight connections
go on asking: printed is the time from the end of the revocation until each connection is refused,
and how many requests that were sent after it were accepted.
"""

import argparse
import base64
import io
import json
import socket
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import mohawk
from buildhub_schema import collection_metadata
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.values import Actor, Secret
from kinto_buildhub.run.accounts import set_password
from kinto_buildhub.run.configuration import PACKAGED_INI
from kinto_buildhub.run.credentials import opened_administration
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.serve import shared_database

from bench.corpus import iter_records
from bench.http_client import HttpClient
from tests.stand_ins.programs import Program, free_port

CONNECTIONS = 8
ROUNDS = 10
# How long connections ask before and after a revocation.
_PAUSE_SECONDS = 0.2
_GIVE_UP_SECONDS = 10.0

_BUCKET = "/buckets/build-hub"
_COLLECTION = f"{_BUCKET}/collections/releases"
_RECORD = f"{_COLLECTION}/records/one"
_PASSWORD = "publisher:secret"  # noqa: S105

Sign = Callable[[str, bytes], str]
"""Returns the header of a request, from its method and body."""


def main() -> None:
    """Run both measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=400, help="of each kind, in each way")
    parser.add_argument("--revocations", type=int, default=20)
    arguments = parser.parse_args()
    with running_server() as (url, steps):
        client = HttpClient(url, _basic())
        client.json("PUT", _BUCKET)
        client.json("PUT", _COLLECTION, {"data": collection_metadata()})
        for method in ("GET", "PUT"):
            _print_costs(method, url, steps, arguments.requests)
        _print_revocations(url, steps, arguments.revocations)


@contextmanager
def running_server() -> Iterator[tuple[str, Administration]]:
    """Yield the URL of a server with an account, and the steps of an operator."""
    with tempfile.TemporaryDirectory(prefix="buildhub-bench-") as folder:
        port = free_port()
        program = Program(
            "buildhub", "serve", PORT=str(port), WORKERS="2", BUILDHUB_DATA=folder, HOST="127.0.0.1"
        )
        try:
            _wait_for(program, port)
            with shared_database(PACKAGED_INI, DataFolder(Path(folder)), report=print) as settings:
                set_password(settings, "publisher", "secret", rotate=False)
                with opened_administration(settings, Actor("bench")) as steps:
                    yield f"http://localhost:{port}/v1", steps
        finally:
            program.interrupt()


def _wait_for(program: Program, port: int) -> None:
    program.wait_for("Serving on")
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise SystemExit(program.output)


def _create(steps: Administration, client_id: str) -> Secret:
    scopes = {"build-hub/releases": ["read", "publish"]}
    proposal = make_proposal(
        client_id=client_id, owner="bench", collections=scopes, now=datetime.now(UTC)
    )
    return steps.create(proposal)


def _basic() -> str:
    return "Basic " + base64.b64encode(_PASSWORD.encode()).decode()


def _ways(url: str, secret: Secret) -> dict[str, Sign]:
    def sign(method: str, body: bytes) -> str:
        sender = mohawk.Sender(
            {"id": secret.client_id, "key": secret.hawk_key, "algorithm": "sha256"},
            f"{url}{_RECORD}",
            method,
            content=io.BytesIO(body),
            content_type="application/json",
        )
        return str(sender.request_header)

    return {
        "password": lambda method, body: _basic(),
        "token": lambda method, body: f"Bearer {secret.token}",
        "Hawk": sign,
    }


def _print_costs(method: str, url: str, steps: Administration, count: int) -> None:
    _, record = next(iter_records(1))
    ways = _ways(url, _create(steps, f"costs-{method}"))
    client = HttpClient(url)
    client.authorize(_basic())
    client.json("PUT", _RECORD, {"data": record})
    times = defaultdict(list)
    for number in range(count):
        for name, sign in ways.items():
            body = {"data": record | {"last_modified": 0}} if method == "PUT" else None
            content = json.dumps(body).encode() if body else b""
            client.authorize(sign(method, content))
            status, answer, seconds = client.ask(method, _RECORD, body)
            if status != 200:
                raise SystemExit(f"{name}: {status} {answer[:300]!r} (request {number})")
            times[name].append(seconds)
    password_seconds = median(times["password"])
    for name, found in times.items():
        seconds = median(found)
        print(f"{method:4} {name:9} {seconds * 1000:7.2f} ms {seconds / password_seconds:6.2f} x")


def _print_revocations(url: str, steps: Administration, count: int) -> None:
    refused_ms, accepted_count = [], 0
    for number in range(count):
        delays, accepted = _revoke_while_used(url, steps, f"revoked-{number}")
        refused_ms += [delay * 1000 for delay in delays]
        accepted_count += accepted
    print(
        f"refused {median(refused_ms):.1f} ms after the revocation in the middle, "
        f"{max(refused_ms):.1f} ms at most; of the requests sent after it, "
        f"{accepted_count} were accepted"
    )


def _revoke_while_used(url: str, steps: Administration, client_id: str) -> tuple[list[float], int]:
    """Return after how many seconds each connection was refused, and what was accepted late."""
    secret = _create(steps, client_id)
    refused_at: list[float] = []
    accepted_at: list[float] = []

    def ask() -> None:
        client = HttpClient(url)
        client.authorize(f"Bearer {secret.token}")
        give_up = time.perf_counter() + _GIVE_UP_SECONDS
        while time.perf_counter() < give_up:
            sent_at = time.perf_counter()
            if client.ask("GET", _RECORD)[0] != 200:
                refused_at.append(time.perf_counter())
                return
            accepted_at.append(sent_at)

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    time.sleep(_PAUSE_SECONDS)
    steps.revoke(client_id)
    revoked_at = time.perf_counter()
    for thread in threads:
        thread.join()
    return [each - revoked_at for each in refused_at], sum(
        each > revoked_at for each in accepted_at
    )


if __name__ == "__main__":
    main()
