"""The whole server on a cluster: writes, searches, outages, and recovery."""

import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import webtest
from kinto_buildhub.request_hooks.heartbeat import KeptHeartbeat

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.bulk import post as post_bulk
from tests.server.search.collections import (
    index_of,
    make_collection,
    put_records,
    search_of,
)
from tests.server.search.index_content import compare
from tests.stand_ins.search_proxy import Proxy, proxy_for
from tests.stand_ins.search_servers import SearchServer

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)

PATIENCE_SECONDS = 30
OTHER = make_record(target__locale="de")["target"]


@pytest.fixture(scope="session")
def proxy(search_server: SearchServer) -> Iterator[Proxy]:
    """A way to the server that can be broken."""
    with proxy_for(search_server.url) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def cluster_app(
    make_app: Callable[..., webtest.TestApp], proxy: Proxy
) -> Iterator[webtest.TestApp]:
    """The real app, whose engine is the server behind the proxy."""
    app = make_app(
        **{
            "kinto.elasticsearch.hosts": proxy.url,
            "kinto.elasticsearch.index_prefix": f"t{uuid.uuid4().hex[:12]}",
            "kinto.search.poll_seconds": "0.1",
        }
    )
    yield app
    search_of(app).follower.stop()
    for index in search_of(app).engine.indices():
        search_of(app).engine.delete(index)
    search_of(app).engine.close()


@pytest.fixture
def path(cluster_app: webtest.TestApp, proxy: Proxy) -> Iterator[str]:
    """The path of an empty collection."""
    yield make_collection(cluster_app)
    proxy.mend()


def wait_until(is_so: Callable[[], bool], what: str) -> float:
    """Wait until something is so; return how many seconds it took."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < PATIENCE_SECONDS, what
        time.sleep(0.02)
    return time.monotonic() - started


def total(app: webtest.TestApp, path: str) -> int | None:
    """Return how many records are found; None if search is not there."""
    answer = app.post_json(f"{path}/search", {"size": 0}, expect_errors=True)
    return answer.json["hits"]["total"] if answer.status_code == 200 else None


def records(count: int) -> list[dict]:
    return [make_record(id=f"record-{number}", build__number=number) for number in range(count)]


def check_equal(app: webtest.TestApp, path: str, count: int) -> None:
    """Check record by record that the index holds what the store does."""
    search = search_of(app)
    search.engine.refresh(index_of(path))
    comparison = compare(search.engine, search.store, index_of(path))
    assert (comparison.equal, comparison.count) == (True, count)


def test_acknowledged_writes_are_soon_found(cluster_app: webtest.TestApp, path: str) -> None:
    put_records(cluster_app, path, records(1))
    wait_until(lambda: total(cluster_app, path) == 1, "the first record is not found")
    put_records(cluster_app, path, [make_record(id="another")])
    # A second, on a machine that does nothing else.
    assert wait_until(lambda: total(cluster_app, path) == 2, "the second is not found") < 5


def test_an_outage_fails_searches_and_nothing_else(
    cluster_app: webtest.TestApp, path: str, proxy: Proxy
) -> None:
    before = records(40)
    put_records(cluster_app, path, before)
    wait_until(lambda: total(cluster_app, path) == len(before), "the records are not found")

    proxy.is_cut = True
    refused = cluster_app.post_json(f"{path}/search", {}, status=503)
    assert int(refused.headers["Retry-After"]) > 0
    assert "Backoff" not in refused.headers
    assert refused.json["code"] == 503
    assert cluster_app.get("/v1/__heartbeat__", status=503).json["search"] is False
    put_records(cluster_app, path, [make_record(id=f"later-{number}") for number in range(80)])
    put_records(cluster_app, path, [make_record(id="record-0", target__locale="de")])
    cluster_app.delete(f"{path}/records/record-1", headers=PUBLISHER_HEADERS)
    assert cluster_app.get(f"{path}/records/later-7").json["data"]["id"] == "later-7"

    proxy.is_cut = False
    wait_until(
        lambda: total(cluster_app, path) == 40 + 80 - 1,
        "changes are missing",
    )
    check_equal(cluster_app, path, 119)
    cluster_app.app.registry.buildhub_heartbeat = KeptHeartbeat()
    assert cluster_app.get("/v1/__heartbeat__").json["search"]["engine"] == "elasticsearch"


def test_thousands_of_writes_without_the_engine_are_indexed_when_it_is_back(
    cluster_app: webtest.TestApp, path: str, search_server: SearchServer
) -> None:
    post_bulk(cluster_app, path, records(500))
    # In the midst of being written to.
    wait_until(lambda: (total(cluster_app, path) or 0) > 0, "the records are not found")
    search_server.kill()
    cluster_app.post_json(f"{path}/search", {}, status=503)
    post_bulk(cluster_app, path, [make_record(id=f"later-{n}") for n in range(2000)])
    post_bulk(cluster_app, path, [{**each, "target": OTHER} for each in records(200)])
    for number in range(5):
        cluster_app.delete(f"{path}/records/record-{number}", headers=PUBLISHER_HEADERS)
    search_server.start()
    wait_until(lambda: total(cluster_app, path) == 2495, "changes are missing")
    wait_until(
        lambda: not cluster_app.get("/v1/__heartbeat__", status="*").json["search"]["behind_ms"],
        "the index is still behind",
    )
    check_equal(cluster_app, path, 2495)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
            b'Content-Length: 48\r\n\r\n{"error":{"type":"oops","reason":"x"},"status":1}'[:-1],
            id="error",
        ),
        pytest.param(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n"
            b"Content-Length: 13\r\n\r\n<html></html>",
            id="error-of-a-proxy",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            id="nothing",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", id="half-an-answer"),
        pytest.param(b"\x00\xff is no HTTP\r\n\r\n", id="no-http"),
    ],
)
def test_an_engine_that_answers_nonsense_fails_searches_and_nothing_else(
    cluster_app: webtest.TestApp, path: str, proxy: Proxy, answer: bytes
) -> None:
    put_records(cluster_app, path, records(8))
    wait_until(lambda: total(cluster_app, path) == 8, "the records are not found")
    proxy.says_instead = answer
    cluster_app.post_json(f"{path}/search", {}, status=503)
    put_records(cluster_app, path, [make_record(id=f"later-{number}") for number in range(8)])
    time.sleep(0.5)  # The follower meets it too.
    proxy.mend()
    wait_until(lambda: total(cluster_app, path) == 16, "changes are missing")
    check_equal(cluster_app, path, 16)


def test_a_slow_engine_does_not_slow_down_writes(
    cluster_app: webtest.TestApp, path: str, proxy: Proxy
) -> None:
    put_records(cluster_app, path, records(8))
    wait_until(lambda: total(cluster_app, path) == 8, "the records are not found")
    proxy.delay_seconds = 2
    started = time.monotonic()
    put_records(cluster_app, path, [make_record(id=f"later-{number}") for number in range(8)])
    # To index them takes three answers.
    assert time.monotonic() - started < 3 * proxy.delay_seconds
    assert total(cluster_app, path) in (8, 16), "a slow search is answered"
    proxy.mend()
    wait_until(lambda: total(cluster_app, path) == 16, "the records are not found")
    check_equal(cluster_app, path, 16)


def test_a_deleted_collection_leaves_no_index(cluster_app: webtest.TestApp, path: str) -> None:
    put_records(cluster_app, path, records(2))
    wait_until(lambda: total(cluster_app, path) == 2, "the records are not found")
    cluster_app.delete(path, headers=PUBLISHER_HEADERS)
    engine = search_of(cluster_app).engine
    wait_until(lambda: index_of(path) not in engine.indices(), "the index is still there")


def test_a_deleted_bucket_leaves_no_index(cluster_app: webtest.TestApp, path: str) -> None:
    put_records(cluster_app, path, records(2))
    wait_until(lambda: total(cluster_app, path) == 2, "the records are not found")
    cluster_app.delete(path.rsplit("/", 2)[0], headers=PUBLISHER_HEADERS)
    engine = search_of(cluster_app).engine
    wait_until(lambda: index_of(path) not in engine.indices(), "the index is still there")


def test_force_refresh_answers_a_write_when_it_can_be_found(
    make_app: Callable[..., webtest.TestApp], search_server: SearchServer
) -> None:
    app = make_app(
        **{
            "kinto.elasticsearch.hosts": search_server.url,
            "kinto.elasticsearch.index_prefix": f"t{uuid.uuid4().hex[:12]}",
            "kinto.elasticsearch.force_refresh": "true",
        }
    )
    try:
        path = make_collection(app)
        for count in range(1, 6):
            put_records(app, path, [make_record(id=f"record-{count}")])
            assert total(app, path) == count
    finally:
        search_of(app).follower.stop()
        search_of(app).engine.delete(index_of(path))
        search_of(app).engine.close()
