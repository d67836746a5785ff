"""Clients that are slow, silent or too many hold nobody up, and are cut off in the end."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from kinto_buildhub.client_presence import is_client_gone
from kinto_buildhub.run import gunicorn_processes
from kinto_buildhub.run.connection import ConnectionLimits
from kinto_buildhub.run.error_responses import RETRY_AFTER_SECONDS
from kinto_buildhub.run.gunicorn_worker import Worker
from kinto_buildhub.run.request_lane import HEAVY, bounds

from tests.stand_ins.programs import free_port

COUNT = 200
BIG = 8_000_000
NOTICED_SECONDS = 1.0


class ImpatientWorker(Worker):
    """A worker whose limits a test can wait for."""

    limits = ConnectionLimits(
        head_seconds=2.0,
        body_seconds=1.0,
        sending_seconds=1.0,
        min_bytes=1000,
        linger_seconds=0.5,
        max_waiting=5,
        max_wait_seconds=3.0,
    )


class Application:
    """Answers with the size and the sum of the body; at ``BIG_PATH`` with megabytes.

    A batch is answered when the file is gone that it names, and counts in another; or when its
    client is gone, if it asks for that.
    """

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/v1/batch":
            barrier = Path(body.decode())
            with barrier.with_suffix(".begun").open("a") as begun:
                begun.write("x")
            while barrier.exists() and not is_client_gone():
                time.sleep(0.05)
        if environ["PATH_INFO"] == BIG_PATH:
            content = b"x" * BIG
        else:
            found = {"length": environ.get("CONTENT_LENGTH"), "size": len(body), "sum": sum(body)}
            content = json.dumps(found).encode()
        start_response("200 OK", [("Content-Length", str(len(content)))])
        return [content]


class Limits:
    """Of an application that refuses larger bodies."""

    def max_bytes(self, path: str) -> int:
        return 100 if path == "/small" else 1_000_000


class LimitedApplication(Application):
    registry = type("Registry", (), {"buildhub_body_limits": Limits()})


def serve(port: int, worker_class: type[Worker], load: Callable[[], Any]) -> None:
    gunicorn_processes.run("127.0.0.1", port, 1, load=load, worker_class=worker_class)


class Server:
    """A server with one process."""

    def __init__(
        self, worker_class: type[Worker], load: Callable[[], Any] = LimitedApplication
    ) -> None:
        self.port = free_port()
        arguments = (self.port, worker_class, load)
        self.process = get_context("fork").Process(target=serve, args=arguments)
        self.process.start()
        give_up = time.monotonic() + 30
        while True:
            try:
                self.ask()
                return
            except OSError:
                assert time.monotonic() < give_up
                time.sleep(0.05)

    def ask(self, body: Any = None, path: str = "/", **options: Any) -> dict[str, Any]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST" if body else "GET", path, body, **options)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer

    def send(self, content: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(content)
        return connection

    def slowest_of_ten(self) -> float:
        slowest = 0.0
        for _ in range(10):
            start = time.monotonic()
            self.ask()
            slowest = max(slowest, time.monotonic() - start)
        return slowest


def running(
    worker_class: type[Worker], load: Callable[[], Any] = LimitedApplication
) -> Iterator[Server]:
    server = Server(worker_class, load)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.join()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from running(Worker)


@pytest.fixture(scope="module")
def impatient_server() -> Iterator[Server]:
    yield from running(ImpatientWorker)


SILENT = b""
HALF_HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half"
HALF_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + b"x" * 70_000
HALF_CHUNK = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nx"
BIG_PATH = "/v1/buckets/b/collections/c/records"
UNREAD = f"GET {BIG_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
IDLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
KINDS = {
    "silent": SILENT,
    "half-head": HALF_HEAD,
    "half-body": HALF_BODY,
    "half-chunk": HALF_CHUNK,
    "unread": UNREAD,
    "idle": IDLE,
}


@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_slow_clients_are_not_noticed(server, kind):
    with ExitStack() as opened:
        for _ in range(COUNT):
            opened.enter_context(server.send(KINDS[kind]))
        assert server.slowest_of_ten() < NOTICED_SECONDS


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("silent", b""),
        ("half-head", b"HTTP/1.1 408 Request Timeout\r\n"),
        ("half-body", b"HTTP/1.1 408 Request Timeout\r\n"),
        ("half-chunk", b"HTTP/1.1 408 Request Timeout\r\n"),
    ],
)
def test_what_does_not_come_is_not_awaited(impatient_server, kind, answer):
    with impatient_server.send(KINDS[kind]) as connection:
        start = time.monotonic()
        content = b"".join(iter(lambda: connection.recv(65536), b""))
        assert content.startswith(answer)
        assert bool(content) == bool(answer)
        assert time.monotonic() - start < 6


def test_bytes_that_drip_do_not_make_time(impatient_server):
    with impatient_server.send(HALF_HEAD) as connection:
        start = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - start < 20:
                connection.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - start < 8


def test_a_slow_body_that_gets_on_is_read_to_its_end(impatient_server):
    def slowly() -> Iterator[bytes]:
        for _ in range(8):
            time.sleep(0.4)
            yield b"x" * 2000

    answer = impatient_server.ask(slowly(), encode_chunked=True, headers=CHUNKED)
    assert answer["size"] == 16_000


def test_an_answer_that_is_not_read_is_cut_off(impatient_server):
    with impatient_server.send(UNREAD) as connection:
        time.sleep(4)
        received = 0
        with suppress(ConnectionError):
            while data := connection.recv(1 << 20):
                received += len(data)
        assert received < BIG


def test_an_answer_that_is_read_slowly_comes_to_its_end(server):
    with server.send(UNREAD) as connection:
        received = 0
        while received < BIG:
            data = connection.recv(200_000)
            assert data
            received += len(data)
            time.sleep(0.005)


CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.mark.parametrize("size", [1, 1000, 65_536, 65_537, 999_999])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_reaches_the_application_whole(server, size, is_chunked):
    body = bytes(number % 251 for number in range(size))
    pieces = [body[: size // 3], body[size // 3 :]]
    answer = (
        server.ask(iter([each for each in pieces if each]), encode_chunked=True, headers=CHUNKED)
        if is_chunked
        else server.ask(body)
    )
    assert answer == {"length": str(size), "size": size, "sum": sum(body)}


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 1000000000", b"Content-Length: 101", b"Expect: 100-continue\r\n"
     b"Content-Length: 101"],
)  # fmt: skip
def test_a_body_over_its_limit_is_not_read(server, head):
    with server.send(b"POST /small HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n") as connection:
        content = b"".join(iter(lambda: connection.recv(65536), b""))
    assert content.startswith(b"HTTP/1.1 200 OK\r\n")  # This application does not mind.
    found = json.loads(content.partition(b"\r\n\r\n")[2])
    assert found["size"] == 0
    assert int(found["length"]) > 100


def test_a_chunked_body_over_its_limit_is_not_read_to_its_end(server):
    head = b"POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.send(head + b"65\r\n" + b"x" * 0x65) as connection:
        content = b"".join(iter(lambda: connection.recv(65536), b""))
    assert json.loads(content.partition(b"\r\n\r\n")[2]) == {"length": "101", "size": 0, "sum": 0}


def test_a_client_may_wait_to_hear_that_it_may_send(server):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with server.send(head) as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X-Many: 1234567890\r\n" * 3000 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: other\r\n\r\n", 501),
    ],
)
def test_what_is_not_a_request_is_refused_at_once(server, sent, status):
    with server.send(sent) as connection:
        answer = connection.recv(1000)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nContent-Type: application/json\r\n" in head
    error = json.loads(body)
    assert error["code"] == status
    assert error["message"].startswith("The request cannot be read: ")


def test_a_body_that_breaks_off_is_answered(server):
    with server.send(HALF_BODY) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [(b"application/problem+json", "application/problem+json"), (b"*/*", "application/json")],
)
def test_a_refusal_has_the_shape_that_is_asked_for(
    impatient_server, tmp_path, accept, content_type
):
    barrier = Barrier(tmp_path)
    with ExitStack() as opened:
        head, _, body = barrier.request().partition(b"\r\n")
        sent = head + b"\r\nAccept: " + accept + b"\r\n" + body
        connections = [
            opened.enter_context(impatient_server.send(sent)) for _ in range(AT_ONCE + WAITING + 1)
        ]
        head, _, body = connections[-1].recv(2000).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert f"Content-Type: {content_type}\r\n".encode() in head
        error = json.loads(body)
        assert error["errno"] == 201
        assert error.get("instance") == ("/v1/batch" if "problem" in content_type else None)
        barrier.open()


def test_bytes_after_a_request_belong_to_the_next(server):
    two = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: x\r\n"
    with server.send(two) as connection:
        assert b'"size": 2' in connection.recv(1000)
        connection.sendall(b"Connection: close\r\n\r\n")
        assert b'"size": 0' in b"".join(iter(lambda: connection.recv(1000), b""))


def test_too_many_connections_make_room_for_new_ones(server):
    """More than Gunicorn's bound of a thousand; those that do nothing go first."""
    with ExitStack() as opened:
        for _ in range(1100):
            opened.enter_context(server.send(b""))
        assert server.slowest_of_ten() < NOTICED_SECONDS


AT_ONCE = bounds(gunicorn_processes.THREADS_PER_WORKER)[HEAVY]
WAITING = ImpatientWorker.limits.max_waiting


class Barrier:
    """Batches that are handled until it is opened."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "barrier"
        self._path.touch()

    def request(self) -> bytes:
        body = str(self._path).encode()
        return (
            b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        ) + body

    def open(self) -> None:
        self._path.unlink()

    def begun(self) -> int:
        """Return how many batches the application has got."""
        path = self._path.with_suffix(".begun")
        return path.stat().st_size if path.exists() else 0

    def wait_until_begun(self, count: int) -> None:
        give_up = time.monotonic() + 20
        while self.begun() < count:
            assert time.monotonic() < give_up
            time.sleep(0.02)


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(1000).split()[1])


def test_a_full_lane_answers_503_at_once_and_others_pass(impatient_server, tmp_path):
    barrier = Barrier(tmp_path)
    with ExitStack() as opened:

        def send() -> socket.socket:
            return opened.enter_context(impatient_server.send(barrier.request()))

        handled = [send() for _ in range(AT_ONCE)]
        barrier.wait_until_begun(AT_ONCE)
        waiting = [send() for _ in range(WAITING)]
        refused = send()
        content = refused.recv(1000)
        assert content.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert f"\r\nRetry-After: {RETRY_AFTER_SECONDS}\r\n".encode() in content
        assert json.loads(content.partition(b"\r\n\r\n")[2])["errno"] == 201
        assert impatient_server.slowest_of_ten() < NOTICED_SECONDS
        # Who waits too long is told.
        assert {status_of(each) for each in waiting} == {503}
        barrier.open()
        assert {status_of(each) for each in handled} == {200}
    assert barrier.begun() == AT_ONCE


def test_requests_whose_clients_have_gone_are_not_handled(server, tmp_path):
    barrier = Barrier(tmp_path)
    with ExitStack() as opened:
        handled = [opened.enter_context(server.send(barrier.request())) for _ in range(AT_ONCE)]
        barrier.wait_until_begun(AT_ONCE)
        for _ in range(20):
            server.send(barrier.request()).close()
        with server.send(barrier.request()) as last:
            time.sleep(1.2)  # Until clients are asked.
            barrier.open()
            assert {status_of(each) for each in handled} == {200}
            assert status_of(last) == 200
    assert barrier.begun() == AT_ONCE + 1


def test_work_for_a_client_that_has_gone_can_end(server, tmp_path):
    barrier = Barrier(tmp_path)
    for _ in range(AT_ONCE):
        server.send(barrier.request()).close()
    barrier.wait_until_begun(AT_ONCE)
    with server.send(barrier.request()) as following:
        barrier.wait_until_begun(AT_ONCE + 1)  # The others have ended.
        barrier.open()
        assert status_of(following) == 200


def test_a_client_that_closes_its_own_direction_is_answered(server):
    with server.send(IDLE) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection) == 200
