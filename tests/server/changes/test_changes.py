"""Listening to changes, on a server as in production: two processes, one PostgreSQL."""

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.conftest import PUBLISHER_HEADERS, kinto_settings
from tests.server.bulk import NDJSON, ndjson
from tests.server.changes.streams import Stream, listening
from tests.stand_ins.live_server import LiveServer, live_server
from tests.stand_ins.nginx import nginx

MOST = 6
MOST_BY_ADDRESS = 3
WORKERS = 2
HOSTILE = {
    "line breaks": "a\nb\r\nc\rd\u2028e\n\ndata: no\nid: 1",
    "json": '{"a": "\\n"}',
    "colons": ": x",
    "text": "naïve 🦊 \u0085",
}


@pytest.fixture(scope="module")
def settings(make_database: Callable[[], str]) -> dict[str, str]:
    return kinto_settings(
        make_database(),
        **{
            "kinto.buildhub.max_listeners": str(MOST),
            "kinto.buildhub.max_listeners_by_address": str(MOST_BY_ADDRESS),
            "kinto.buildhub.changes_poll_seconds": "0.1",
        },
    )


@pytest.fixture(scope="module")
def server(settings: dict[str, str]) -> Iterator[LiveServer]:
    with live_server(settings, workers=WORKERS) as server:
        yield server


@pytest.fixture
def url(server: LiveServer) -> str:
    return make_collection(server)


def make_collection(server: LiveServer) -> str:
    """Make a collection that everybody may read; return its URL."""
    bucket = f"{server.url}/buckets/{uuid.uuid4().hex}"
    send("PUT", bucket, {"permissions": {"read": ["system.Everyone"]}})
    send("PUT", f"{bucket}/collections/c", {})
    return f"{bucket}/collections/c"


def send(method: str, url: str, body: Any = None) -> Any:
    answer = requests.request(method, url, json=body, headers=PUBLISHER_HEADERS, timeout=20)
    answer.raise_for_status()
    return answer.json()["data"]


def put(url: str, record_id: str, **data: Any) -> dict[str, Any]:
    return send("PUT", f"{url}/records/{record_id}", {"data": data})


def test_each_change_is_an_event_with_its_timestamp(url: str) -> None:
    with listening(f"{url}/changes") as stream:
        written, events = [], []
        for change in (
            lambda: put(url, "one", **HOSTILE),
            lambda: put(url, "one", text="other"),
            lambda: send("DELETE", f"{url}/records/one"),
        ):
            written.append(change())
            events += stream.wait_for(1)
    assert [each.json for each in events] == written
    assert [each.name for each in events] == ["change", "change", "delete"]
    assert [each.id for each in events] == [str(each.json["last_modified"]) for each in events]
    assert stream.retry_ms == 2000


def test_the_answer_is_one_that_nobody_keeps_or_holds_back(url: str) -> None:
    with listening(f"{url}/changes", {"Accept-Encoding": "gzip, zstd"}) as stream:
        headers = stream.response.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Content-Encoding"] is None


@pytest.mark.parametrize("as_header", [True, False])
def test_who_comes_back_misses_nothing_and_gets_nothing_twice(url: str, as_header: bool) -> None:
    written = [put(url, f"r{number}") for number in range(5)]
    seen = str(written[1]["last_modified"])
    address, headers = f"{url}/changes?_since={seen}", {}
    if as_header:
        address, headers = f"{url}/changes?_since=0", {"Last-Event-ID": seen}
    with listening(address, headers) as stream:
        assert [each.json for each in stream.wait_for(3)] == written[2:]


def test_who_has_seen_no_event_knows_where_to_go_on(url: str) -> None:
    put(url, "before")
    with listening(f"{url}/changes") as stream:
        position = stream.last_id
    meanwhile = put(url, "meanwhile")
    with listening(f"{url}/changes", {"Last-Event-ID": position}) as stream:
        assert [each.json for each in stream.wait_for(1)] == [meanwhile]


def test_changes_of_other_processes_come_in_order(server: LiveServer, url: str) -> None:
    count = 3000
    with listening(f"{url}/changes") as first, listening(f"{url}/changes") as second:
        for start in range(0, count, 500):
            lines = ndjson([{"id": f"r{number}"} for number in range(start, start + 500)])
            # Each on a connection of its own, so that both processes have some.
            requests.post(
                f"{url}/bulk", data=lines, headers=PUBLISHER_HEADERS | NDJSON, timeout=30
            ).raise_for_status()
        found = [stream.wait_for(count) for stream in (first, second)]
    for events in found:
        assert [each.json["id"] for each in events] == [f"r{number}" for number in range(count)]
        assert [int(each.id) for each in events] == sorted({int(each.id) for each in events})


@pytest.mark.parametrize(
    ("query", "headers", "status", "part"),
    [
        pytest.param("?_since=yesterday", {}, 400, "'yesterday' is not a timestamp", id="text"),
        pytest.param("?_since=-1", {}, 400, "'-1' is not a timestamp", id="negative"),
        pytest.param("?_since=9" + "9" * 20, {}, 400, "is not a timestamp", id="too-large"),
        pytest.param("?since=0", {}, 400, "there is only _since", id="unknown-parameter"),
        pytest.param("", {"Last-Event-ID": "x"}, 400, "'x' is not a timestamp", id="bad-header"),
        pytest.param("?_since=99999999999999", {}, 400, "later than the last", id="future"),
    ],
)
def test_a_mistake_is_named(
    url: str, query: str, headers: dict[str, str], status: int, part: str
) -> None:
    answer = requests.get(f"{url}/changes{query}", headers=headers, timeout=10)
    assert (answer.status_code, part in answer.json()["message"]) == (status, True), answer.text


def test_head_and_options_end_at_once(url: str) -> None:
    head = requests.head(f"{url}/changes", timeout=10)
    assert (head.status_code, head.headers["Content-Type"]) == (200, "text/event-stream")
    options = requests.options(f"{url}/changes", timeout=10)
    assert options.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_only_who_may_list_the_records_may_listen(server: LiveServer) -> None:
    bucket = f"{server.url}/buckets/{uuid.uuid4().hex}"
    send("PUT", bucket, {})
    send("PUT", f"{bucket}/collections/c", {})
    assert requests.get(f"{bucket}/collections/c/changes", timeout=10).status_code == 401
    assert (
        requests.get(
            f"{bucket}/collections/none/changes", headers=PUBLISHER_HEADERS, timeout=10
        ).status_code
        == 404
    )
    with listening(f"{bucket}/collections/c/changes", PUBLISHER_HEADERS) as stream:
        record = put(f"{bucket}/collections/c", "one")
        assert [each.json for each in stream.wait_for(1)] == [record]


@pytest.mark.parametrize("reader", ["anonymous", "with a password"])
def test_a_permission_that_is_revoked_ends_the_stream(server: LiveServer, reader: str) -> None:
    other = {"Authorization": "Basic b3RoZXI6c2VjcmV0"}
    user = requests.get(f"{server.url}/", headers=other, timeout=10).json()["user"]["id"]
    headers, principal = ({}, "system.Everyone") if reader == "anonymous" else (other, user)
    bucket = f"{server.url}/buckets/{uuid.uuid4().hex}"
    send("PUT", bucket, {"permissions": {"read": [principal]}})
    send("PUT", f"{bucket}/collections/c", {})
    url = f"{bucket}/collections/c"
    with listening(f"{url}/changes", headers) as stream:
        record = put(url, "one")
        time.sleep(2.5)  # Somebody has looked at the permission again meanwhile.
        assert [each.json for each in stream.wait_for(1)] == [record]
        send("PATCH", bucket, {"permissions": {"read": []}})
        (last,) = stream.wait_for_end()
    assert (last.name, stream.is_broken) == ("end", False)
    assert last.json == {"message": "The permission to read this collection has ended."}
    assert requests.get(f"{url}/changes", headers=headers, timeout=10).status_code in (401, 403)


def test_a_collection_that_is_deleted_ends_the_stream(url: str) -> None:
    with listening(f"{url}/changes") as stream:
        send("DELETE", url)
        events = stream.wait_for_end()
    assert events[-1].json == {"message": "There is no such collection any more."}


def test_too_many_listeners_are_told_to_come_back(url: str) -> None:
    with ExitStack() as stack:
        refused = None
        for _ in range(WORKERS * MOST_BY_ADDRESS + 1):
            stream = stack.enter_context(Stream(f"{url}/changes"))
            if stream.response.status != 200:
                refused = stream
                break
        assert refused is not None
        assert refused.response.status == 503
        assert int(refused.response.headers["Retry-After"]) > 0
        assert b"kinto.buildhub.max_listeners_by_address" in refused.response.read()
        # Others are not kept out.
        assert requests.get(f"{url}/records", timeout=10).status_code == 200
    give_up = time.monotonic() + 10  # Places of those who have gone are free.
    while True:
        with Stream(f"{url}/changes") as stream:
            if stream.response.status == 200:
                break
        assert time.monotonic() < give_up


def test_a_batch_cannot_listen(server: LiveServer, url: str) -> None:
    path = url.removeprefix(server.url)
    answer = requests.post(
        f"{server.url}/batch", json={"requests": [{"path": f"{path}/changes"}]}, timeout=10
    )
    (part,) = answer.json()["responses"]
    assert (part["status"], "part of a batch" in part["body"]["message"]) == (400, True)


def test_a_user_may_listen_to_a_collection_of_their_own(server: LiveServer) -> None:
    url = f"{server.url}/buckets/default/collections/c"
    send("PUT", url, {})
    with listening(f"{url}/changes", PUBLISHER_HEADERS) as stream:
        record = put(url, "one")
        assert [each.json for each in stream.wait_for(1)] == [record]
        time.sleep(2.5)  # Somebody has looked at the permission again meanwhile.
        record = put(url, "two")
        assert [each.json for each in stream.wait_for(1)] == [record]


def test_nginx_holds_no_event_back(server: LiveServer, url: str) -> None:
    root = server.url.removesuffix("/v1")
    with nginx(root) as front, listening(f"{url.replace(root, front)}/changes") as stream:
        for number in range(3):
            record = put(url, f"r{number}")
            assert [each.json for each in stream.wait_for(1)] == [record]


def test_new_settings_are_taken_without_losing_anything(settings: dict[str, str]) -> None:
    with live_server(settings) as server:
        url = make_collection(server)
        with listening(f"{url}/changes") as stream:
            server.process.send_signal(signal.SIGHUP)
            assert stream.wait_for_end() == []
            assert not stream.is_broken
            position = stream.last_id
        record = put(url, "one")
        with listening(f"{url}/changes", {"Last-Event-ID": position}) as stream:
            assert [each.json for each in stream.wait_for(1)] == [record]


def test_a_restart_ends_streams_as_a_whole_and_loses_nothing(settings: dict[str, str]) -> None:
    with live_server(settings) as server:
        url = make_collection(server)
        path = url.removeprefix(server.url)
        with listening(f"{url}/changes") as stream:
            seen = put(url, "one")
            assert [each.json for each in stream.wait_for(1)] == [seen]
            server.process.send_signal(signal.SIGTERM)
            assert stream.wait_for_end() == []
            assert not stream.is_broken
            position = stream.last_id
        server.process.wait(20)
    with live_server(settings) as server:
        record = put(f"{server.url}{path}", "two")
        with listening(f"{server.url}{path}/changes", {"Last-Event-ID": position}) as stream:
            assert [each.json for each in stream.wait_for(1)] == [record]
