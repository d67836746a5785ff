"""Failures between us and a cluster: no change is lost."""

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from kinto_buildhub.search.elastic import ElasticEngine, generations
from kinto_buildhub.search.elastic.client import Client
from kinto_buildhub.search.elastic.engine import apply_changes
from kinto_buildhub.search.engine import Change, IndexMissing, TimedOut, Unavailable
from kinto_buildhub.search.index_names import IndexId, index_name
from kinto_buildhub.search.language.tree import MatchAll, SearchRequest
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS
from tests.server.search.elastic.test_client import answering, fake_server
from tests.server.search.index_content import indexed_versions
from tests.stand_ins.search_proxy import Proxy, proxy_for
from tests.stand_ins.search_servers import SearchServer

# The first test on a server fetches and starts it.
pytestmark = pytest.mark.timeout(900)

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping({"properties": {"n": {"type": "long"}}})


def changes(*numbers: int) -> list[Change]:
    return [Change(f"r{n}", n, {"id": f"r{n}", "n": n}) for n in numbers]


def make_engine(url: str, seconds: float = 10, prefix: str = "") -> ElasticEngine:
    prefix = prefix or f"t{uuid.uuid4().hex[:12]}"
    return ElasticEngine([url], prefix, replace(LIMITS, timeout_seconds=seconds))


@pytest.fixture
def proxy(search_server: SearchServer) -> Iterator[Proxy]:
    """A proxy to the server whose connections can be broken."""
    with proxy_for(search_server.url) as proxy:
        yield proxy


@pytest.fixture
def engine(proxy: Proxy) -> Iterator[ElasticEngine]:
    """An engine behind the proxy, with an index whose position is 2."""
    engine = make_engine(proxy.url)
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, changes(1, 2), 2)
    yield engine
    engine.delete(INDEX)
    engine.close()


def versions(engine: ElasticEngine) -> dict[str, int]:
    engine.refresh(INDEX)
    return indexed_versions(engine, INDEX)


def test_a_cluster_that_cannot_be_reached_is_unavailable_and_comes_back(
    engine: ElasticEngine, proxy: Proxy
) -> None:
    proxy.is_cut = True
    for call in (
        lambda: engine.search(INDEX, MAPPING, SearchRequest()),
        lambda: engine.count(INDEX, MAPPING, MatchAll()),
        lambda: engine.apply(INDEX, changes(3), 3),
        lambda: engine.position(INDEX),
        engine.ping,
    ):
        with pytest.raises(Unavailable):
            call()
    proxy.is_cut = False
    engine.apply(INDEX, changes(3), 3)
    assert versions(engine) == {"r1": 1, "r2": 2, "r3": 3}


def test_a_lost_response_loses_no_change(engine: ElasticEngine, proxy: Proxy) -> None:
    proxy.loses_answers = True
    with pytest.raises(Unavailable):
        engine.apply(INDEX, [*changes(3), Change("r1", 4, None)], 4)
    proxy.loses_answers = False
    assert engine.position(INDEX) == 2
    engine.apply(INDEX, [*changes(3), Change("r1", 4, None)], 4)
    assert (versions(engine), engine.position(INDEX)) == ({"r2": 2, "r3": 3}, 4)


def test_a_paused_cluster_is_unavailable_in_bounded_time(
    engine: ElasticEngine, search_server: SearchServer
) -> None:
    impatient = make_engine(search_server.url, seconds=0.5)
    search_server.pause()
    try:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            impatient.search(INDEX, MAPPING, SearchRequest())
        assert time.monotonic() - started < 10
    finally:
        search_server.resume()
    engine.ping()
    impatient.close()


def test_a_full_disk_stops_the_position_until_there_is_space(
    engine: ElasticEngine, search_server: SearchServer
) -> None:
    client = Client([search_server.url], 30)
    engine.refresh(INDEX)
    path = f"/{engine._alias(INDEX)}/_settings"
    # What a cluster sets on its indexes when a disk is nearly full.
    client.perform_request("PUT", path, {"index.blocks.read_only_allow_delete": True})
    with pytest.raises(Unavailable):
        engine.apply(INDEX, changes(3), 3)
    assert engine.position(INDEX) == 2
    assert engine.count(INDEX, MAPPING, MatchAll()) == 2
    client.perform_request("PUT", path, {"index.blocks.read_only_allow_delete": None})
    engine.apply(INDEX, changes(3), 3)
    assert engine.position(INDEX) == 3
    client.close()


def test_a_writer_whose_index_was_replaced_gets_an_error_and_writes_nothing(
    engine: ElasticEngine, search_server: SearchServer
) -> None:
    client = Client([search_server.url], 30)
    before = generations.find_generation(client, engine._alias(INDEX))
    assert before is not None
    rebuild = engine.begin_rebuild(INDEX, MAPPING)
    rebuild.apply(changes(1), 1)
    rebuild.commit()
    with pytest.raises(IndexMissing):
        apply_changes(client, before, changes(2, 3), 3)
    with pytest.raises(IndexMissing):
        apply_changes(client, before, [], 3)
    assert len([*generations.generation_names(client, engine._alias(INDEX))]) == 1
    assert (versions(engine), engine.position(INDEX)) == ({"r1": 1}, 1)
    client.close()


def test_a_follower_whose_index_is_replaced_leaves_no_gap(engine: ElasticEngine) -> None:
    assert engine.position(INDEX) == 2
    # Meanwhile another process switches to an index with an earlier position.
    rebuild = engine.begin_rebuild(INDEX, MAPPING)
    rebuild.apply(changes(1), 1)
    rebuild.commit()
    with pytest.raises(IndexMissing):
        engine.apply(INDEX, changes(3), 3)
    assert engine.position(INDEX) == 1
    engine.apply(INDEX, changes(2, 3), 3)
    assert versions(engine) == {"r1": 1, "r2": 2, "r3": 3}


def test_of_two_rebuilds_at_once_the_later_one_wins(engine: ElasticEngine) -> None:
    first = engine.begin_rebuild(INDEX, MAPPING)
    second = engine.begin_rebuild(INDEX, MAPPING)
    second.apply(changes(7), 7)
    with pytest.raises(IndexMissing):
        first.apply(changes(6), 6)
    first.abort()
    second.commit()
    assert (versions(engine), engine.position(INDEX)) == ({"r7": 7}, 7)


def test_an_alias_that_points_to_two_indexes_is_repaired(
    engine: ElasticEngine, search_server: SearchServer
) -> None:
    client = Client([search_server.url], 30)
    alias = engine._alias(INDEX)
    # As if two processes had created the first index of a collection at the same moment.
    second = generations.create_generation(client, alias, "1", MAPPING, {}, is_current=True)
    apply_changes(client, second, changes(8), 8)
    assert engine.position(INDEX) == 8
    assert versions(engine) == {"r8": 8}
    client.close()


def test_processes_that_create_an_index_at_once_create_one(search_server: SearchServer) -> None:
    prefix = f"t{uuid.uuid4().hex[:12]}"
    engines = [make_engine(search_server.url, prefix=prefix) for _ in range(4)]
    threads = [threading.Thread(target=engine.ensure, args=(INDEX, MAPPING)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = generations.generation_names(Client([search_server.url], 30), index_name(prefix, INDEX))
    assert len([*names]) == 1
    engines[0].apply(INDEX, changes(1), 1)
    assert versions(engines[1]) == {"r1": 1}
    engines[0].delete(INDEX)
    for engine in engines:
        engine.close()


def test_an_id_that_no_cluster_accepts_is_logged_and_stops_no_other_change(
    engine: ElasticEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    long_id = "x" * 600
    engine.apply(INDEX, [Change(long_id, 3, {"id": long_id}), *changes(4)], 4)
    assert (len(versions(engine)), engine.position(INDEX)) == (3, 4)
    assert "record_not_indexable" in capsys.readouterr().out


def test_an_index_that_is_not_ours_is_left_alone(search_server: SearchServer) -> None:
    engine = make_engine(search_server.url)
    client = Client([search_server.url], 30)
    foreign = f"{engine._prefix}.notes"
    client.perform_request("PUT", f"/{foreign}", {})
    assert list(engine.indices()) == []
    engine.ensure(INDEX, MAPPING)
    engine.delete(INDEX)
    assert foreign in client.perform_request("GET", f"/{foreign}/_alias")
    client.perform_request("DELETE", f"/{foreign}")
    client.close()
    engine.close()


def test_a_search_that_takes_too_long_is_not_a_cluster_that_is_down() -> None:
    waiting = threading.Event()

    def respond(handler: Any) -> None:
        if "_search" in handler.path:
            waiting.wait(20)
        answering(200, {"status": "green"})(handler)

    with fake_server(respond) as url:
        engine = make_engine(url, seconds=0.1)
        with pytest.raises(TimedOut, match=r"longer than 0\.1 seconds"):
            engine.search(INDEX, MAPPING, SearchRequest())
        waiting.set()
        engine.close()


def test_a_partial_answer_is_a_timeout() -> None:
    answer = {"took": 5, "timed_out": True, "hits": {"hits": []}}
    with fake_server(answering(200, answer)) as url:
        engine = make_engine(url)
        with pytest.raises(TimedOut):
            engine.search(INDEX, MAPPING, SearchRequest())
        engine.close()


def test_a_change_that_is_refused_temporarily_stops_the_position() -> None:
    rejected = {"index": {"status": 429, "error": {"type": "rejected", "reason": "queue full"}}}
    requested: list[str] = []

    def respond(handler: Any) -> None:
        requested.append(handler.path)
        if "_bulk" in handler.path:
            answering(200, {"errors": True, "items": [{"index": {"status": 201}}, rejected]})(
                handler
            )
            return
        meta = {"buildhub": {"position": 2, "mapping": '{"properties": {}}'}}
        answering(200, {"index.0": {"mappings": {"_meta": meta}}})(handler)

    with fake_server(respond) as url:
        engine = make_engine(url)
        with pytest.raises(Unavailable, match="queue full"):
            engine.apply(INDEX, changes(3, 4), 4)
        engine.close()
    assert not [path for path in requested[1:] if path.endswith("_mapping")]
