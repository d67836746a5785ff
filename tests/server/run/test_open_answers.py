"""Answers that stay open: no thread waits for them, and none is kept for a client that has gone."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from kinto_buildhub.client_presence import keep_open
from kinto_buildhub.run.gunicorn_processes import THREADS_PER_WORKER

from tests.server.run.test_slow_clients import ImpatientWorker, LimitedApplication, Server

MANY = 10 * THREADS_PER_WORKER
PART = b"x" * 100_000
STREAM = b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
FLOOD = b"GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n"
OLD = b"GET /stream HTTP/1.0\r\n\r\n"


class Ticking:
    """Sends a part whenever the client has taken the last one, 3 times or without end."""

    def __init__(self, part: bytes, count: float) -> None:
        self.part, self.count = part, count
        OpenApplication.open_count += 1
        self.send: Callable[[bytes], None] = lambda _: None
        self.end: Callable[[], None] = lambda: None

    def begin(self, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        self.send, self.end = send, end

    def on_sent(self) -> None:
        self.count -= 1
        later = self.end if self.count < 0 else self.tick
        threading.Timer(0.05, later).start()

    def tick(self) -> None:
        self.send(self.part)

    def on_closed(self) -> None:
        OpenApplication.open_count -= 1


class OpenApplication(LimitedApplication):
    """Leaves the answers at ``/stream`` and ``/flood`` open; says elsewhere how many there are."""

    open_count = 0

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/stream":
            keep_open(Ticking(b"part\n", 3))
        elif environ["PATH_INFO"] == "/flood":
            keep_open(Ticking(PART, float("inf")))
        elif environ["PATH_INFO"] == "/broken":
            keep_open(Ticking(b"", 1))
            raise ValueError("after it was left open")
        else:
            content = b'{"open": %d}' % OpenApplication.open_count
            start_response("200 OK", [("Content-Length", str(len(content)))])
            return [content]
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"first\n"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(ImpatientWorker, OpenApplication)
    yield server
    server.process.terminate()
    server.process.join()


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def wait_for_open(server: Server, count: int) -> None:
    give_up = time.monotonic() + 20
    while (found := server.ask()["open"]) != count:
        assert time.monotonic() < give_up, found
        time.sleep(0.05)


def test_an_open_answer_comes_in_parts_and_ends_as_a_whole(server: Server) -> None:
    with server.send(STREAM) as connection:
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body == b"6\r\nfirst\n\r\n" + 3 * b"5\r\npart\n\r\n" + b"0\r\n\r\n"


def test_an_old_client_gets_it_without_chunks(server: Server) -> None:
    with server.send(OLD) as connection:
        assert read_all(connection).partition(b"\r\n\r\n")[2] == b"first\n" + 3 * b"part\n"


def test_more_of_them_than_threads_keep_nobody_waiting(server: Server) -> None:
    wait_for_open(server, 0)
    with ExitStack() as stack:
        for _ in range(MANY):
            # One after the other: this server refuses more than a few that wait for a thread.
            assert stack.enter_context(server.send(FLOOD)).recv(1)
        assert server.ask()["open"] == MANY
    wait_for_open(server, 0)  # Who leaves is noticed.


def test_who_takes_nothing_is_cut_off(server: Server) -> None:
    wait_for_open(server, 0)
    with server.send(FLOOD):
        wait_for_open(server, 1)
        wait_for_open(server, 0)


def test_an_answer_that_fails_is_an_error_and_is_closed(server: Server) -> None:
    wait_for_open(server, 0)
    with server.send(b"GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n") as connection:
        assert read_all(connection).startswith(b"HTTP/1.1 500 ")
    wait_for_open(server, 0)
