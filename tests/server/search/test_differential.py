"""The embedded engine answers random requests as a real server does.

The requests are the same in every run, unless ``SEARCH_EXAMPLES`` asks for that many new ones.
"""

import os
import statistics
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from kinto_buildhub.search.elastic import ElasticEngine
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import BadQuery, Engine
from kinto_buildhub.search.language.request import parse_request

from tests.server.search.answer_differences import KNOWN_DIFFERENCES, differences, known_difference
from tests.server.search.conftest import LIMITS, decoded
from tests.server.search.random_requests import requests
from tests.server.search.ranking import INDEX, MAPPING, fill, measure, summary
from tests.stand_ins.search_servers import SearchServer

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(3600)

PREFIX = f"t{uuid.uuid4().hex[:12]}"

ASKED_FOR = int(os.environ.get("SEARCH_EXAMPLES", "0"))
RANKED_COUNT = 60
EXAMPLE_COUNT = ASKED_FOR or (200 if os.environ.get("REQUIRE_ALL") else 100)


def test_each_known_difference_is_documented() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "search-clusters.rst"
    text = " ".join(page.read_text().replace("``", "").split())
    assert [known.what for known in KNOWN_DIFFERENCES if known.what not in text] == []


@pytest.fixture(scope="session")
def reference(search_server: SearchServer) -> Iterator[Engine]:
    """The reference: a real server."""
    engine = ElasticEngine([search_server.url], PREFIX, LIMITS)
    yield fill(engine)
    engine.delete(INDEX)
    engine.close()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("search"), PREFIX, LIMITS)
    yield fill(engine)
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
        expected = decoded(reference.search(INDEX, MAPPING, request))
        found = decoded(embedded.search(INDEX, MAPPING, request))
    except BadQuery as exc:
        # Engines differ in which buckets count towards the limit.
        assert "buckets" in str(exc)  # noqa: PT017 - most requests are not refused.
        return
    differing = differences(body, expected, found)
    note("\n".join(differing))
    assert not differing


def test_ranking_by_score_is_close(reference: Engine, embedded: Engine) -> None:
    found = measure(reference, embedded, RANKED_COUNT)
    assert statistics.fmean(each.tau for _, each in found) > 0.95, summary(found)
    assert statistics.fmean(each.overlap for _, each in found) > 0.9, summary(found)
    far = [(query, each) for query, each in found if each.tau < 0.8]
    assert not far
