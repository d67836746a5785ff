"""Light requests while others are slow, silent or many: how long they take, by WSGI server.

Usage: python -m bench.overload [--seconds N] [--servers NAME;…] [--attacks REGEX]

Each attack runs against each server. Meanwhile a client asks for a list of one record every 50 ms,
on a connection of its own each time. Printed are the median and the 99th percentile of its times,
and how many requests were not answered within ten seconds, or not with 200.
"""

import argparse
import http.client
import multiprocessing
import re
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from statistics import median

from buildhub_schema import BUCKET_ID, COLLECTION_ID

from bench.corpus_database import loaded_database
from bench.servers import BIN, PORT, SERVERS, make_collection, running

RECORDS = 12_000
COUNTS = (4, 20, 200)
TIMEOUT_SECONDS = 10
_RECORDS = f"/v1/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}/records"
_BULK = f"/v1/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}/bulk"
LIGHT = f"{_RECORDS}?_limit=1"

# What each connection of an attack sends, and then leaves as it is.
SLOW = {
    "silent": "",
    "half a header": f"GET {LIGHT} HTTP/1.1\r\nHost: localhost\r\nX-Half",
    "half a body": f"POST {_BULK} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic YTpi\r\n"
    f"Content-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n{' ' * 50_000}",
    "unread page": f"GET {_RECORDS} HTTP/1.1\r\nHost: localhost\r\n\r\n",
}

Attack = Callable[[], AbstractContextManager[object]]


def main() -> None:
    """Attack each server, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a measurement")
    parser.add_argument("--servers", default=";".join(SERVERS), help="names, separated by ;")
    parser.add_argument("--attacks", default="", help="a regular expression that their names match")
    arguments = parser.parse_args()
    names = [name for name in SERVERS if name in arguments.servers.split(";")]
    with loaded_database(RECORDS) as url:
        for name in names:
            kind, command = SERVERS[name]
            if not (BIN / command[0]).exists() or kind != "ours":
                continue
            for attack_name, attack in attacks():
                if not re.search(arguments.attacks, attack_name):
                    continue
                # A server of its own each time: what one attack leaves must not slow the next.
                with running("accounts", command, url):
                    make_collection()
                    with attack():
                        time.sleep(1)
                        print(
                            f"{name:16} {attack_name:24} {_measure(arguments.seconds)}", flush=True
                        )


def attacks() -> Iterator[tuple[str, Attack]]:
    """Yield the name of each attack, and what starts it."""
    yield "none", ExitStack
    for kind, content in SLOW.items():
        for count in COUNTS:
            yield f"{count} x {kind}", partial(_slow, content.encode(), count)
    yield "100 heartbeats", partial(_busy, 100, "/v1/__heartbeat__", "")
    yield "64 wrong passwords", partial(_busy, 64, LIGHT, "publisher")
    yield "100 pages of 10,000", partial(_busy, 100, _RECORDS, "")


def _measure(seconds: float) -> str:
    """Ask for a record now and then."""
    taken, failures = [], 0
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        start = time.monotonic()
        if _ask(LIGHT, {}) == 200:
            taken.append(time.monotonic() - start)
        else:
            failures += 1
        time.sleep(0.05)
    if not taken:
        return f"none answered, {failures} failed"
    taken.sort()
    p99 = taken[int(0.99 * len(taken))]
    return f"p50 {1000 * median(taken):6.0f} ms  p99 {1000 * p99:6.0f} ms  {failures} failed"


def _ask(path: str, headers: dict[str, str]) -> int:
    """Return the status; 0 if there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


@contextmanager
def _slow(content: bytes, count: int) -> Iterator[None]:
    """Open connections that send *content*, and nothing else."""
    with ExitStack() as opened:
        for _ in range(count):
            connection = socket.socket()
            opened.enter_context(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(1)
            with suppress(OSError):
                connection.connect(("127.0.0.1", PORT))
                connection.sendall(content)
        yield


@contextmanager
def _busy(count: int, path: str, user: str) -> Iterator[None]:
    """Ask for *path* over and over, *count* requests at a time, from a process of its own."""
    process = multiprocessing.get_context("spawn").Process(
        target=ask_for_ever, args=(count, path, user), daemon=True
    )
    process.start()
    time.sleep(2)
    try:
        yield
    finally:
        process.kill()
        process.join()


def ask_for_ever(count: int, path: str, user: str) -> None:
    """Ask from *count* threads."""

    def ask(number: int) -> None:
        turn = 0
        while True:
            turn += 1
            password = b64encode(f"{user}:wrong-{number}-{turn}".encode()).decode()
            _ask(path, {"Authorization": f"Basic {password}"} if user else {})

    threads: Sequence[threading.Thread] = [
        threading.Thread(target=ask, args=(number,)) for number in range(count)
    ]
    for each in threads:
        each.start()


if __name__ == "__main__":
    main()
