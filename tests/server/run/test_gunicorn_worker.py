"""The Gunicorn worker: its threads, and its garbage collection."""

import http.client
import json
import multiprocessing
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any

import pytest
from kinto_buildhub.run import gunicorn_processes
from kinto_buildhub.run.gunicorn_processes import THREADS_PER_WORKER
from kinto_buildhub.run.gunicorn_worker import COLLECT_AFTER_OBJECTS, STAY_SECONDS

MANY = 3 * THREADS_PER_WORKER
# Far less than a thread waits for the next request of its connection.
AT_ONCE_SECONDS = STAY_SECONDS / 2


class Garbage:
    """Refers to itself, so that only garbage collection removes it."""

    def __init__(self) -> None:
        self.itself = self


class Application:
    """Describes the process that it runs in, as JSON.

    ``/slow`` takes a moment; ``/garbage`` leaves some, and more objects than garbage waits for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._working = self._most = 0
        self._kept: list[Any] = []
        self._garbage: list[Any] = []

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        with self._lock:
            self._working += 1
            self._most = max(self._most, self._working)
        if environ["PATH_INFO"] == "/slow":
            time.sleep(0.02)
        if environ["PATH_INFO"] == "/garbage":
            self._garbage.append(weakref.ref(Garbage()))
            self._kept = [[] for _ in range(COLLECT_AFTER_OBJECTS + 1000)]
        found = {
            "thread": threading.get_ident(),
            "most_at_once": self._most,
            "garbage": sum(each() is not None for each in self._garbage),
        }
        with self._lock:
            self._working -= 1
        content = json.dumps(found).encode() + b"\n"
        start_response("200 OK", [("Content-Length", str(len(content)))])
        return [content]


def serve(port: int) -> None:
    gunicorn_processes.run("127.0.0.1", port, 1, load=Application)


class Server:
    """A server with one process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.process = multiprocessing.get_context("fork").Process(target=serve, args=(port,))
        self.process.start()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)

    def wait(self) -> None:
        give_up = time.monotonic() + 30
        while True:
            try:
                with closing(self.connect()) as connection:
                    ask(connection)
                return
            except OSError:
                assert time.monotonic() < give_up
                time.sleep(0.05)

    def send(self, content: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        connection.sendall(content)
        return connection


def ask(
    connection: http.client.HTTPConnection, path: str = "/", body: bytes | None = None
) -> dict[str, Any]:
    if body is None:
        connection.request("GET", path)
    else:
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        time.sleep(0.01)
        connection.send(body)
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


@pytest.fixture
def server() -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = Server(port)
    try:
        server.wait()
        yield server
    finally:
        server.process.terminate()
        server.process.join()


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[], http.client.HTTPConnection]]:
    opened: list[http.client.HTTPConnection] = []

    def connect() -> http.client.HTTPConnection:
        opened.append(server.connect())
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


@pytest.mark.parametrize("body", [None, b"sent after the head"])
def test_a_thread_stays_with_its_connection(connect, body):
    others = [connect() for _ in range(THREADS_PER_WORKER)]
    with ThreadPoolExecutor(len(others)) as clients:
        list(clients.map(lambda each: ask(each, "/slow"), others))
    for each in others:
        each.close()  # Now there are threads enough to take turns.
    connection = connect()
    ask(connection)
    assert len({ask(connection, body=body)["thread"] for _ in range(20)}) == 1


def test_idle_connections_delay_no_request(connect):
    idle = [connect() for _ in range(MANY)]
    for connection in idle:
        ask(connection)
    start = time.monotonic()
    ask(connect())
    for connection in reversed(idle):
        ask(connection)
    assert time.monotonic() - start < AT_ONCE_SECONDS


def test_a_connection_that_was_idle_for_long_is_answered(connect):
    connection = connect()
    ask(connection)
    time.sleep(STAY_SECONDS + 0.2)
    assert ask(connection)


def test_clients_that_never_pause_do_not_lock_others_out(connect):
    done = threading.Event()

    def never_pause(connection: http.client.HTTPConnection) -> int:
        count = 0
        while not done.is_set():
            ask(connection, "/slow")
            count += 1
        return count

    busy = [connect() for _ in range(MANY)]
    with ThreadPoolExecutor(MANY) as clients:
        counts = [clients.submit(never_pause, each) for each in busy]
        time.sleep(0.5)
        start = time.monotonic()
        for _ in range(3):
            ask(connect())
        took = time.monotonic() - start
        done.set()
        assert all(each.result() for each in counts)
    assert took < 3 * AT_ONCE_SECONDS


def test_no_more_requests_than_threads_are_handled_at_once(connect):
    connections = [connect() for _ in range(MANY)]

    def ask_often(connection: http.client.HTTPConnection) -> int:
        return max(int(ask(connection, "/slow")["most_at_once"]) for _ in range(5))

    with ThreadPoolExecutor(MANY) as clients:
        assert max(clients.map(ask_often, connections)) == THREADS_PER_WORKER


def test_requests_that_come_together_are_all_answered(server):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with server.send(3 * request) as connection, connection.makefile("rb") as answers:
        heads = filter(lambda line: line.startswith(b"HTTP/"), iter(answers.readline, b""))
        assert list(islice(heads, 3)) == 3 * [b"HTTP/1.1 200 OK\r\n"]


def test_a_server_stops_although_connections_are_open(server, connect):
    for _ in range(MANY):
        ask(connect())
    server.process.terminate()
    server.process.join(timeout=STAY_SECONDS + 8)
    assert server.process.exitcode == 0


def test_garbage_is_collected_after_the_answer(connect):
    connection = connect()
    assert ask(connection, "/garbage")["garbage"] == 1
    # It is collected as soon as the answer is out, which may be after the next request is in.
    assert ask(connection)["garbage"] == 0
