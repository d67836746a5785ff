"""The embedded engine answers as a genuine server does, whatever is asked.

The requests are the same in every run, unless ``SEARCH_EXAMPLES`` asks for that many new ones.
"""

import math
import os
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from kinto_buildhub.search.elastic import ElasticEngine
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import BadQuery, Change, Engine
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.names import IndexId

from tests.server.search.comparing import KNOWN_DIFFERENCES, differences, known_difference
from tests.server.search.conftest import LIMITS
from tests.server.search.random_requests import MAPPING_BODY, make_random_records, requests
from tests.server.search.servers import SearchServer

# The first test on a server pays for fetching and starting it.
pytestmark = pytest.mark.timeout(3600)

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(MAPPING_BODY)
RECORD_COUNT = 1500
PREFIX = f"t{uuid.uuid4().hex[:12]}"

ASKED_FOR = int(os.environ.get("SEARCH_EXAMPLES", "0"))
EXAMPLE_COUNT = ASKED_FOR or (200 if os.environ.get("REQUIRE_ALL") else 100)


def test_each_known_difference_is_documented() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "search-clusters.rst"
    text = " ".join(page.read_text().replace("``", "").split())
    assert [known.what for known in KNOWN_DIFFERENCES if known.what not in text] == []


def filled(engine: Engine) -> Engine:
    """Return *engine* with the random records in its index."""
    records = make_random_records(RECORD_COUNT, seed=1)
    engine.ensure(INDEX, MAPPING)
    changes = [Change(each["id"], each["last_modified"], each) for each in records]
    engine.apply(INDEX, changes, changes[-1].timestamp)
    engine.refresh(INDEX)
    return engine


@pytest.fixture(scope="session")
def reference(search_server: SearchServer) -> Iterator[Engine]:
    """The server's answers settle what is right."""
    engine = ElasticEngine([search_server.url], PREFIX, LIMITS)
    yield filled(engine)
    engine.delete(INDEX)
    engine.close()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("search"), PREFIX, LIMITS)
    yield filled(engine)
    engine.close()


@settings(
    max_examples=EXAMPLE_COUNT,
    derandomize=not ASKED_FOR,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(body=requests())
def test_both_engines_give_the_same_answer(
    search_server: SearchServer, reference: Engine, embedded: Engine, body: dict[str, Any]
) -> None:
    if known_difference(search_server.kind, body):
        return
    request = parse_request(body, LIMITS)
    try:
        expected = reference.search(INDEX, MAPPING, request)
        found = embedded.search(INDEX, MAPPING, request)
    except BadQuery as exc:
        # Which buckets count towards the limit is up to the engine.
        assert "buckets" in str(exc)  # noqa: PT017 - most requests are not refused.
        return
    differing = differences(body, expected, found)
    note("\n".join(differing))
    assert not differing


_RANKED = (
    {"match": {"notes": "quick"}},
    {"match": {"notes": "quick fox élan"}},
    {"match": {"notes": {"query": "brown dogs", "operator": "and"}}},
    {"match_phrase": {"notes": "lazy dogs"}},
    {"multi_match": {"query": "firefox jumps", "fields": ["notes^2", "product"]}},
    {"query_string": {"query": "quick OR lazy^3", "fields": ["notes"]}},
    {"dis_max": {"queries": [{"match": {"notes": "over"}}, {"match": {"notes": "lazy"}}]}},
    {
        "bool": {
            "must": {"match": {"notes": "53"}},
            "should": [{"term": {"product": "firefox"}}, {"match": {"notes": "fox"}}],
        }
    },
)


@pytest.mark.parametrize("query", _RANKED, ids=str)
def test_ranking_by_score_is_close(
    reference: Engine, embedded: Engine, query: dict[str, Any]
) -> None:
    request = parse_request({"query": query, "size": RECORD_COUNT, "_source": False}, LIMITS)

    def scores(engine: Engine) -> dict[str, float]:
        hits = engine.search(INDEX, MAPPING, request)["hits"]["hits"]
        return {hit["_id"]: hit["_score"] for hit in hits}

    expected, found = scores(reference), scores(embedded)
    chance = random.Random(1)  # noqa: S311 - no secret.
    pairs = [chance.sample(sorted(expected), 2) for _ in range(3000)]
    apart = [(a, b) for a, b in pairs if not math.isclose(expected[a], expected[b], rel_tol=1e-3)]
    alike = [(expected[a] > expected[b]) == (found[a] > found[b]) for a, b in apart]
    assert not apart or sum(alike) / len(alike) > 0.95
