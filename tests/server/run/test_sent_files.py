"""Files are sent from where they are: no thread, no memory and no copy waits for slow readers."""

import hashlib
import http.client
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from kinto_buildhub.run.gunicorn_worker import Worker

from tests.server.run.test_slow_clients import (
    NOTICED_SECONDS,
    Application,
    ImpatientWorker,
    Server,
    running,
)

SIZE = 48 * 1024 * 1024
COUNT = 50
GET = b"GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Files(Application):
    """Answers ``/file`` with a file, and a part of it from the byte in the query string on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/file":
            return super().__call__(environ, start_response)
        file = self._path.open("rb", buffering=0)
        start = int(environ["QUERY_STRING"] or 0)
        file.seek(start)
        start_response("200 OK", [("Content-Length", str(SIZE - start))])
        content: Iterable[bytes] = environ["wsgi.file_wrapper"](file, 65536)
        return content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    with path.open("wb") as file:
        for number in range(SIZE // 1024):
            file.write(f"{number:1024}".encode())
    return path


@pytest.fixture
def serve(path: Path) -> Iterator[Callable[[type[Worker]], Server]]:
    with ExitStack() as stack:

        def start(worker_class: type[Worker]) -> Server:
            server = running(worker_class, lambda: Files(path))
            stack.callback(lambda: next(server, None))
            return next(server)

        yield start


def worker_of(server: Server) -> psutil.Process:
    (worker,) = psutil.Process(server.process.pid).children()
    return worker


def until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_file_and_a_part_of_it_arrive_whole_on_one_connection(
    serve: Callable[[type[Worker]], Server], path: Path
) -> None:
    content = path.read_bytes()
    server = serve(Worker)
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        for start in (0, SIZE - 5_000_001, SIZE - 1, SIZE):
            connection.request("GET", f"/file?{start}")
            answer = connection.getresponse().read()
            assert hashlib.sha256(answer).digest() == hashlib.sha256(content[start:]).digest()


def test_slow_readers_hold_no_thread_no_memory_and_no_copy(
    serve: Callable[[type[Worker]], Server], path: Path
) -> None:
    server = serve(Worker)
    worker = worker_of(server)
    before = worker.memory_info().rss
    with ExitStack() as opened:
        for _ in range(COUNT):
            opened.enter_context(server.send(GET)).recv(1000)
        assert server.slowest_of_ten() < NOTICED_SECONDS
        assert worker.memory_info().rss - before < SIZE
        files = [each.path for each in worker.open_files()]
        assert files.count(str(path)) == COUNT
        assert not [each for each in files if "(deleted)" in each]
    until(lambda: str(path) not in [each.path for each in worker.open_files()])


def test_a_quick_reader_keeps_nobody_waiting(
    serve: Callable[[type[Worker]], Server],
) -> None:
    server = serve(Worker)
    with server.send(GET * 10) as connection:
        received = 0
        for _ in range(5):
            assert server.slowest_of_ten() < NOTICED_SECONDS
            received += len(connection.recv(1 << 22))
        while received < 10 * SIZE:
            data = connection.recv(1 << 22)
            assert data
            received += len(data)


def test_a_reader_who_stops_is_cut_off(serve: Callable[[type[Worker]], Server]) -> None:
    server = serve(ImpatientWorker)
    with server.send(GET) as connection:
        time.sleep(4)
        assert read_all(connection) < SIZE


def test_a_file_that_became_shorter_breaks_the_answer_off(
    serve: Callable[[type[Worker]], Server], path: Path
) -> None:
    server = serve(Worker)
    with server.send(GET) as connection:
        connection.recv(1000)
        os.truncate(path, SIZE // 2)
        assert read_all(connection) < SIZE
    assert server.ask()["size"] == 0


def read_all(connection: socket.socket) -> int:
    received = 0
    with suppress(ConnectionError):
        while data := connection.recv(1 << 20):
            received += len(data)
    return received
