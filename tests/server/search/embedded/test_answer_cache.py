"""Cached results change nothing but the time that an answer takes."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from buildhub_schema import search_mapping
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.cases import CASES
from tests.server.search.conftest import LIMITS, decoded
from tests.server.search.records import make_records

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(search_mapping())
RECORDS = make_records()
QUERIES: tuple[dict[str, Any], ...] = (
    {"match_all": {}},
    {"term": {"target.os": "mac"}},
    {"term": {"build.number": 1}},
    {"term": {"build.number": True}},
)


@pytest.fixture
def caching(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path, "test", LIMITS)
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [Change(each["id"], 1, each) for each in RECORDS], 1)
    yield engine
    engine.close()


@pytest.fixture
def uncached(caching: EmbeddedEngine) -> EmbeddedEngine:
    return EmbeddedEngine(caching.folder, "test", LIMITS, cache_bytes=0)


def search(engine: EmbeddedEngine, body: dict[str, Any]) -> Any:
    try:
        return decoded(engine.search(INDEX, MAPPING, parse_request(body, LIMITS)))
    except BadQuery as exc:
        return str(exc)


def draw_body(draw: random.Random) -> dict[str, Any]:
    """Return a case of the contract, or a page of a catalogue."""
    if draw.random() < 0.5:
        return draw.choice(CASES).body
    chosen = {"term": {"source.product": draw.choice(("firefox", "fennec"))}}
    facet = {"terms": {"field": draw.choice(("target.os", "target.locale"))}}
    return {
        "query": draw.choice(QUERIES),
        "from": draw.randrange(0, 330, 30),
        "size": draw.choice((1, 30, 80)),
        "sort": draw.choice((["id"], [{"download.date": "desc"}, "id"], [{"build.id": "desc"}])),
        **draw.choice(({}, {"post_filter": chosen})),
        "aggs": {
            name: draw.choice((facet, {"filter": chosen, "aggs": {"x": facet}}))
            for name in ("one", "two", "three")
        },
    }


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_does_not_depend_on_earlier_requests(caching, uncached, seed):
    draw = random.Random(seed)  # noqa: S311 - a sequence that can be repeated.
    timestamp = 1
    for _ in range(200):
        if draw.random() < 0.1:
            timestamp += 1
            record = draw.choice(RECORDS)
            changed = None if draw.random() < 0.3 else {**draw.choice(RECORDS), "id": record["id"]}
            caching.apply(INDEX, [Change(record["id"], timestamp, changed)], timestamp)
        body = draw_body(draw)
        assert search(caching, body) == search(uncached, body), body


def test_cached_buckets_count_towards_the_limit(caching):
    facet = {"terms": {"field": "target.version"}}
    one = parse_request({"aggs": {"a": facet}}, LIMITS)
    count = len(decoded(caching.search(INDEX, MAPPING, one))["aggregations"]["a"]["buckets"])
    limited = EmbeddedEngine(caching.folder, "test", replace(LIMITS, buckets=count))
    limited.search(INDEX, MAPPING, one)
    with pytest.raises(BadQuery, match="max_buckets"):
        limited.search(INDEX, MAPPING, parse_request({"aggs": {"a": facet, "b": facet}}, LIMITS))
    limited.close()
