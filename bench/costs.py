"""What one hostile request costs a server: its time, and how much memory it takes at most.

Usage: python -m bench.costs [--python PROGRAM] [--records N] [--attacks REGEX]

A server with one process holds the benchmarks' corpus, embedded engine and database included. Each
attack is sent by a process that waits up to a minute for the answer. Printed are the status, the
seconds to the answer, the processor seconds of the worker until it is idle again, and by how many
MB its resident memory grew at most. ``--python`` names the interpreter of another checkout's
environment, to compare with.

Then the database is stopped, and goes on; and a file of the index is overwritten. Printed is how
long requests take meanwhile, and how long afterwards until all is well.
"""

import argparse
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
from buildhub_schema import BUCKET_ID, COLLECTION_ID, collection_metadata

from bench.corpus import iter_records
from tests.stand_ins.programs import free_port

TIMEOUT_SECONDS = 60
MAX_GROWTH_BYTES = 3 * 1024**3
C = f"/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}"
RECORDS = f"{C}/records"
_MB = 1024 * 1024
_CHUNK = 5000


class Server:
    """A server of a given environment, on a folder of its own."""

    def __init__(self, python: str, folder: Path) -> None:
        self.port, self.data = free_port(), folder / "data"
        self._environment = {
            **os.environ,
            "BUILDHUB_DATA": str(self.data),
            "PORT": str(self.port),
            "WORKERS": "1",
        }
        self._command = (python, "-m", "buildhub")
        self._log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [*self._command, "serve"],
            env=self._environment,
            cwd=folder,  # Without a kinto.ini of another version.
            stdout=self._log,
            stderr=self._log,
        )
        self.authorization = ""

    def prepare(self, count: int) -> None:
        """Fill the catalogue, and wait until searches find all of it."""
        self.wait_until(lambda: self.ask("GET", "/__heartbeat__")[0] == 200)
        subprocess.run(
            [*self._command, "credentials"],
            env=self._environment,
            cwd=self.data,
            check=True,
            capture_output=True,
        )
        account = (self.data / "publisher.auth").read_bytes().strip()
        self.authorization = f"Basic {b64encode(account).decode()}"
        everyone = {"permissions": {"read": ["system.Everyone"]}}
        for path, content in ((f"/buckets/{BUCKET_ID}", everyone), (C, _metadata())):
            assert self.ask("PUT", path, content, is_publisher=True)[0] in (200, 201)
        records = iter_records(count)
        while chunk := list(islice(records, _CHUNK)):
            lines = (json.dumps({**record, "id": name}) for name, record in chunk)
            body = "\n".join(lines).encode()
            assert self.ask("POST", f"{C}/bulk", body, is_publisher=True)[0] == 200
        self.wait_until(lambda: self.count() == count)

    def count(self) -> int:
        """Return how many records a search finds."""
        status, content = self.ask("POST", f"{C}/search", {"size": 0, "track_total_hits": True})
        return int(json.loads(content)["hits"]["total"]) if status == 200 else -1

    def worker(self) -> psutil.Process:
        """Return the process that answers."""
        children = psutil.Process(self.process.pid).children()
        return next(each for each in children if "serve" in each.cmdline())

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        is_publisher: bool = False,
        **headers: str,
    ) -> tuple[int, bytes]:
        """Return status and content; status 0 if there is no answer in time."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        sent = {"Content-Type": kind} | {name.replace("_", "-"): of for name, of in headers.items()}
        if is_publisher:
            sent["Authorization"] = self.authorization
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        with closing(connection):
            try:
                connection.request(method, f"/v1{path}", content, sent)
                answer = connection.getresponse()
                size, first = 0, b""
                while piece := answer.read(_MB):
                    first, size = first or piece, size + len(piece)
                return answer.status, first
            except (OSError, http.client.HTTPException):
                return 0, b""

    def wait_until(self, condition: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> float:
        """Wait; return how long it took."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > seconds:
                return float("inf")
            time.sleep(0.1)
        return time.monotonic() - started

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._log.close()


Attack = Callable[[Server], int]
"""Returns the status of the answer."""


def search(body: Any, path: str = f"{C}/search") -> Attack:
    """Return an attack by one search."""
    return lambda server: server.ask("POST", path, body)[0]


def batch(*requests: dict[str, Any]) -> Attack:
    """Return an attack by one batch."""
    return lambda server: server.ask("POST", "/batch", {"requests": list(requests)})[0]


def should(clauses: list[Any]) -> dict[str, Any]:
    """Return a search of which one clause must match."""
    return {"query": {"bool": {"should": clauses}}, "size": 0}


def metrics(count: int) -> dict[str, Any]:
    """Return that many aggregations of numbers."""
    return {f"m{n}": {"stats": {"field": "download.size", "missing": n}} for n in range(count)}


def compressed(line: bytes, size: int) -> Attack:
    """Return an attack by a small gzip file at bulk, of many such lines."""
    packed = gzip.compress(line * (size // len(line)))
    return lambda server: server.ask(
        "POST", f"{C}/bulk", packed, is_publisher=True, Content_Encoding="gzip"
    )[0]


def abandoned(path: str, body: Any, count: int) -> Attack:
    """Return an attack by requests whose clients leave after half a second."""

    def attack(server: Server) -> int:
        content = json.dumps(body).encode() if body else b""
        method = "POST" if body else "GET"
        message = (
            f"{method} /v1{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        ).encode() + content
        sent = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.sendall(message)
            sent.append(connection)
        time.sleep(0.5)
        for each in sent:
            each.close()
        return 0

    return attack


def at_once(count: int, path: str) -> Attack:
    """Return an attack by many requests at a time."""

    def attack(server: Server) -> int:
        threads = [threading.Thread(target=server.ask, args=("GET", path)) for _ in range(count)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return 0

    return attack


_SLOW = {"_source": [f"*{n}*a*" for n in range(1000)], "size": 10_000}
_LIST = {"method": "GET", "path": RECORDS}
_SEARCH = {"method": "POST", "path": f"{C}/_search", "body": {"size": 10_000}}
_LINES = b"".join(b"{}\n" + json.dumps({"size": 10_000 - n}).encode() + b"\n" for n in range(100))
_URL = "download.url"

ATTACKS: dict[str, Attack] = {
    "one list of 10,000": lambda server: server.ask("GET", RECORDS)[0],
    "100 lists of 10,000 at once": at_once(100, RECORDS),
    "a batch of 200 lists of 10,000": batch(*[_LIST] * 200),
    "a batch of 200 searches of 10,000": batch(*[_SEARCH] * 200),
    "_msearch of 100 searches of 10,000": search(_LINES, f"{C}/_msearch"),
    "100 heartbeats at once": at_once(100, "/__heartbeat__"),
    "900 regular expressions": search(
        should([{"regexp": {_URL: f".*[a-f]{{1,9}}{n}.*"}} for n in range(900)])
    ),
    "4,000 fuzzy texts": search(
        should([{"fuzzy": {_URL: f"https://archive.mozilla.org/{n}"}} for n in range(4000)])
    ),
    "1,000 ranges of versions": search(
        should([{"range": {"target.version": {"gte": f"{n}.0"}}} for n in range(1000)])
    ),
    "a query_string of 1,000 patterns": search(
        {"query": {"query_string": {"query": " ".join(f"*{n}*" for n in range(1000))}}}
    ),
    "terms ordered by 199 metrics": search(
        {
            "size": 0,
            "aggs": {
                "t": {
                    "terms": {"field": _URL, "size": 10, "order": {"m0.max": "desc"}},
                    "aggs": metrics(199),
                }
            },
        }
    ),
    "199 metrics by day": search(
        {
            "size": 0,
            "aggs": {
                "d": {
                    "date_histogram": {"field": "download.date", "calendar_interval": "day"},
                    "aggs": metrics(199),
                }
            },
        }
    ),
    "1,000 patterns of _source": search(_SLOW),
    "a suggest text under 4,000 names": search(
        {
            "size": 0,
            "suggest": {"text": "x" * 100_000}
            | {f"s{n}": {"term": {"field": "id"}} for n in range(4000)},
        }
    ),
    "gzip bomb of 1-byte lines at bulk": compressed(b"1\n", 512 * _MB),
    "gzip bomb of blank lines at bulk": compressed(b"\n", 512 * _MB),
    "a body of 1 GB to search": lambda server: server.ask("POST", f"{C}/search", b" " * 1024 * _MB)[
        0
    ],
    "20 searches whose clients leave": abandoned(f"{C}/search", _SLOW, 20),
    "100 lists whose clients leave": abandoned(RECORDS, None, 100),
}


def main() -> None:
    """Attack one server after the other, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="of the environment to measure")
    parser.add_argument("--records", type=int, default=24_000, help="in the catalogue")
    parser.add_argument("--attacks", default="", help="a regular expression that their names match")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Server(given.python, Path(folder))
        try:
            server.prepare(given.records)
            for name, attack in ATTACKS.items():
                if re.search(given.attacks, name):
                    print(f"{name:36} {_measure(server, attack)}", flush=True)
            for name, fault in FAULTS.items():
                if re.search(given.attacks, name):
                    print(f"{name:36} {fault(server)}", flush=True)
        finally:
            server.stop()


def _measure(server: Server, attack: Attack) -> str:
    """Attack while a watchdog looks after memory."""
    server.wait_until(lambda: server.ask("GET", f"{RECORDS}?_limit=1")[0] == 200)
    worker = server.worker()
    Path(f"/proc/{worker.pid}/clear_refs").write_text("5")  # Resets the peak.
    before, cpu_before = worker.memory_info().rss, _cpu_seconds(worker)
    ended = threading.Event()
    watchdog = threading.Thread(target=_watch, args=(worker, before, ended))
    watchdog.start()
    started = time.monotonic()
    status = attack(server)
    seconds = time.monotonic() - started
    try:
        cpu = _cpu_when_idle(worker) - cpu_before
        growth = f"{(_peak_bytes(worker) - before) / _MB:6.0f} MB"
    except (psutil.NoSuchProcess, FileNotFoundError):
        cpu, growth = float("nan"), "ended by the watchdog"
    ended.set()
    watchdog.join()
    return f"status {status:3}  {seconds:6.1f} s  {cpu:6.1f} s of processor  {growth}"


def _watch(worker: psutil.Process, before: int, ended: threading.Event) -> None:
    while not ended.wait(0.05):
        try:
            if worker.memory_info().rss - before > MAX_GROWTH_BYTES:
                worker.kill()
        except psutil.NoSuchProcess:
            return


def _cpu_when_idle(worker: psutil.Process) -> float:
    """Wait until the worker does nothing any more; return its processor seconds."""
    give_up = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < give_up:
        cpu = _cpu_seconds(worker)
        time.sleep(1)
        if _cpu_seconds(worker) - cpu < 0.1:
            break
    return _cpu_seconds(worker)


def _cpu_seconds(worker: psutil.Process) -> float:
    times = worker.cpu_times()
    return float(times.user + times.system)


def _peak_bytes(worker: psutil.Process) -> int:
    status = Path(f"/proc/{worker.pid}/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _metadata() -> dict[str, Any]:
    return {"data": collection_metadata()}


@contextmanager
def _stopped(process_ids: Sequence[int]) -> Iterator[None]:
    for each in process_ids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in process_ids:
            os.kill(each, signal.SIGCONT)


def stop_database(server: Server) -> str:
    """Stop PostgreSQL for a while."""
    lock_file = server.data / "postgresql" / "postmaster.pid"
    parent = psutil.Process(int(lock_file.read_text().split()[0]))
    with _stopped([parent.pid, *(each.pid for each in parent.children())]):
        slowest, statuses = 0.0, set()
        for _ in range(3):
            started = time.monotonic()
            statuses.add(server.ask("GET", f"{RECORDS}?_limit=1")[0])
            slowest = max(slowest, time.monotonic() - started)
    recovery = server.wait_until(lambda: server.ask("GET", f"{RECORDS}?_limit=1")[0] == 200)
    return f"status {statuses}, slowest {slowest:.1f} s; well after {recovery:.1f} s"


def damage_index(server: Server) -> str:
    """Overwrite 200 bytes in each file of the index."""
    for path in (server.data / "search").rglob("*"):
        if path.is_file() and path.stat().st_size > 1000 and "lock" not in path.name:
            with path.open("r+b") as file:
                file.seek(path.stat().st_size // 2)
                file.write(os.urandom(200))
    expected = server.count()
    with server_change(server):
        recovery = server.wait_until(lambda: server.count() > max(expected, 0))
    return f"finds all records again after {recovery:.1f} s"


@contextmanager
def server_change(server: Server) -> Iterator[None]:
    """Write a record, so that the index is written to."""
    status, _ = server.ask(
        "PUT",
        f"{RECORDS}/changed",
        {"data": next(iter(iter_records(1)))[1] | {"id": "changed"}},
        is_publisher=True,
    )
    assert status in (200, 201)
    yield


FAULTS: dict[str, Callable[[Server], str]] = {
    "the database is stopped": stop_database,
    "200 bytes of each file overwritten": damage_index,
}


if __name__ == "__main__":
    main()
