"""How a cluster's error responses, and missing ones, become our errors."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.elastic.client import Client, ClusterTimeout, parse_hosts
from kinto_buildhub.search.engine import BadQuery, IndexMissing, TimedOut, Unavailable
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.settings import read_settings


@pytest.mark.parametrize(
    ("host", "url"),
    [
        pytest.param("localhost", "http://localhost:9200", id="name-alone"),
        pytest.param("localhost:9260", "http://localhost:9260", id="no-scheme"),
        pytest.param("http://search.example/", "http://search.example:9200", id="no-port"),
        pytest.param("https://search.example", "https://search.example:443", id="https-port"),
        pytest.param(
            "https://u:p%40@a.example:9243/es", "https://u:p%40@a.example:9243/es", id="all"
        ),
        pytest.param("[::1]:9200", "http://[::1]:9200", id="ipv6"),
    ],
)
def test_a_host_may_leave_out_scheme_and_port(host: str, url: str) -> None:
    assert parse_hosts([host]) == [url]


@pytest.mark.parametrize(
    "host", ["", "ftp://x", "http://", "localhost:port", "u:secret@h:99999999"]
)
def test_a_bad_host_is_reported_without_its_password(host: str) -> None:
    with pytest.raises(ValueError, match=r"kinto\.elasticsearch\.hosts has .*: expected") as caught:
        parse_hosts([host])
    assert "secret" not in str(caught.value)


Respond = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def fake_server(respond: Respond) -> Iterator[str]:
    """Run a server that answers every request with *respond*; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            respond(self)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answering(status: int, body: Any, kind: str = "application/json") -> Respond:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return respond


def error(kind: str, reason: str = "because", **more: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "reason": reason, **more}}


_FAILED_SHARDS = [{"shard": 0, "reason": {"type": "query_shard_exception", "reason": "No field"}}]


@pytest.mark.parametrize(
    ("status", "body", "expected", "message"),
    [
        pytest.param(404, error("index_not_found_exception"), IndexMissing, "because", id="index"),
        pytest.param(400, error("parsing_exception"), BadQuery, "because", id="bad-query"),
        pytest.param(
            400,
            error("search_phase_execution_exception", "all failed", failed_shards=_FAILED_SHARDS),
            BadQuery,
            "No field",
            id="reason-of-the-shard",
        ),
        pytest.param(
            429,
            error("es_rejected_execution_exception"),
            Unavailable,
            "cannot do it now",
            id="overload",
        ),
        pytest.param(
            429, error("circuit_breaking_exception"), Unavailable, "cannot do it now", id="memory"
        ),
        pytest.param(
            403, error("cluster_block_exception"), Unavailable, "cannot do it now", id="disk-full"
        ),
        pytest.param(
            503,
            error("master_not_discovered_exception"),
            Unavailable,
            "cannot do it now",
            id="master",
        ),
        pytest.param(
            500, error("null_pointer_exception"), Unavailable, "cannot do it now", id="crash"
        ),
        pytest.param(401, error("security_exception"), Unavailable, "let us in", id="password"),
        pytest.param(504, error("search_timeout_exception"), TimedOut, "because", id="time"),
        pytest.param(500, error("task_cancelled_exception"), TimedOut, "because", id="cancelled"),
        pytest.param(502, "<html>Bad gateway", Unavailable, "502", id="proxy"),
        pytest.param(200, "{ not json", Unavailable, "no JSON", id="no-json"),
        pytest.param(200, "plain", Unavailable, "no JSON", id="no-object"),
    ],
)
def test_an_error_response_raises_our_error(
    status: int, body: Any, expected: type[Exception], message: str
) -> None:
    kind = "text/html" if isinstance(body, str) and body.startswith("<") else "application/json"
    with fake_server(answering(status, body, kind)) as url:
        client = Client([url], 5)
        with pytest.raises(expected, match=message):
            client.perform_request("POST", "/index/_search", {})
        client.close()


def test_a_server_that_does_not_answer_times_out() -> None:
    ended = threading.Event()
    with fake_server(lambda handler: [ended.wait(10), None][1]) as url:
        client = Client([url], 0.2)
        with pytest.raises(ClusterTimeout):
            client.perform_request("POST", "/index/_search", {})
        ended.set()
        client.close()


def test_an_unreachable_server_is_unavailable_and_its_password_is_not_shown() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"http://name:secret@127.0.0.1:{unused.getsockname()[1]}"
        client = Client([host], 5)
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1") as caught:
            client.perform_request("GET", "/")
        client.close()
    assert "secret" not in str(caught.value)


def test_a_request_to_a_server_that_hangs_up_is_retried_a_few_times() -> None:
    requested = []

    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        requested.append(handler.path)
        handler.close_connection = True

    with fake_server(hang_up) as url:
        client = Client([url], 5)
        with pytest.raises(Unavailable):
            client.perform_request("GET", "/index/_mapping")
        client.close()
    assert 1 < len(requested) <= 4


def test_requests_are_plain_json_for_every_version() -> None:
    media_types: list[tuple[str, str]] = []

    def record(handler: BaseHTTPRequestHandler) -> None:
        media_types.append((handler.headers["Accept"], handler.headers["Content-Type"]))
        answering(200, {"errors": False})(handler)

    with fake_server(record) as url:
        client = Client([url], 5)
        client.perform_request("POST", "/index/_search", {})
        client.perform_request("POST", "/index/_bulk", [b"{}", b"{}"])
        client.close()
    assert media_types == [
        ("application/json", "application/json"),
        ("application/json", "application/x-ndjson"),
    ]


def endless(sent: list[int]) -> Respond:
    """Answer without end, in chunks."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while sum(sent) < 50_000_000:
                handler.wfile.write(b"8000\r\n" + b" " * 0x8000 + b"\r\n")
                sent.append(0x8000)
        except OSError:
            handler.close_connection = True

    return respond


def limits(**changes: str) -> Limits:
    given = {f"search.{name}": value for name, value in changes.items()}
    return Limits.from_values(read_settings(given, {}))


def test_an_answer_is_read_no_further_than_the_requests_may_be_long() -> None:
    sent: list[int] = []
    with fake_server(endless(sent)) as url:
        client = Client([url], 20.0)
        budget = Budget(limits(max_answer_bytes="1000000"))
        with spending(budget), pytest.raises(BadQuery, match="longer than 1000000 bytes") as raised:
            client.perform_request("POST", "/x/_search", {})
        client.close()
    assert raised.value.kind == "too_long_answer_exception"
    assert sum(sent) < 20_000_000  # What fits into the buffers of the sockets was sent, too.


def test_an_answer_is_not_read_beyond_the_requests_time() -> None:
    with fake_server(endless([])) as url:
        client = Client([url], 20.0)
        seconds = iter(range(1000))
        budget = Budget(limits(timeout_seconds="10"), clock=lambda: float(next(seconds)))
        with spending(budget), pytest.raises(TimedOut, match="longer than 10 s"):
            client.perform_request("POST", "/x/_search", {})
        client.close()


def test_the_answers_of_a_request_are_counted_together() -> None:
    with fake_server(answering(200, {"hits": "x" * 400_000})) as url:
        client = Client([url], 20.0)
        with spending(Budget(limits(max_answer_bytes="1000000"))):
            for _ in range(2):
                client.perform_request("POST", "/x/_search", {})
            with pytest.raises(BadQuery, match="longer than 1000000 bytes"):
                client.perform_request("POST", "/x/_search", {})
        client.close()
