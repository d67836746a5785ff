"""What one request may cost: time, memory and bytes of its answer, batches as a whole."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webtest
from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.embedded.queries.costs import Costs
from kinto_buildhub.search.errors import BadQuery, TimedOut
from kinto_buildhub.search.language.tree import SourceFilter
from kinto_buildhub.search.source import filter_source

from tests.conftest import make_record
from tests.server.bulk import ndjson
from tests.server.bulk import post as post_bulk
from tests.server.search.collections import make_collection, search_of, until
from tests.server.search.conftest import LIMITS

RECORDS = 400
# Enough for the other requests on a busy machine.
TIMEOUT_SECONDS = 3.0
# Of processor time: a busy machine may take any time.
SLOW_SECONDS = TIMEOUT_SECONDS + 1.0
LONG = "x" * 5000
ANSWER_BYTES = 200_000


@pytest.fixture(scope="module")
def app(
    make_app: Callable[..., webtest.TestApp], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[webtest.TestApp]:
    """An app whose limits are low, so that little work reaches them."""
    folder: Path = tmp_path_factory.mktemp("search")
    app = make_app(
        **{
            "kinto.search.path": str(folder),
            "kinto.search.timeout_seconds": str(TIMEOUT_SECONDS),
            "kinto.search.max_answer_bytes": str(ANSWER_BYTES),
            "kinto.search.max_query_bytes": "10000000",
            "kinto.search.max_expanded_terms": str(RECORDS * 20),
            "kinto.search.poll_seconds": "0.2",
        }
    )
    yield app
    search_of(app).follower.stop()
    search_of(app).engine.close()


def is_complete(app: webtest.TestApp, path: str) -> bool:
    answer = app.post_json(f"{path}/search", {"size": 0}, expect_errors=True)
    return answer.status_int == 200 and answer.json["hits"]["total"] == RECORDS


@pytest.fixture(scope="module")
def path(app: webtest.TestApp) -> str:
    """A collection with records."""
    path = make_collection(app)
    post_bulk(app, path, [make_record(id=f"r{n:04}") for n in range(RECORDS)])
    until(lambda: is_complete(app, path), "following")
    return path


def should(clauses: list[Any]) -> dict[str, Any]:
    return {"query": {"bool": {"should": clauses}}, "size": 0}


def metrics_below(*outer: dict[str, Any]) -> dict[str, Any]:
    """Return a search with very many metrics below other aggregations."""
    aggs = {f"m{n}": {"max": {"field": "download.size", "missing": n}} for n in range(190)}
    for each in reversed(outer):
        aggs = {"outer": {**each, "aggs": aggs}}
    return {"size": 0, "aggs": aggs}


PATTERNS = "patterns, fuzzy texts, ranges and aggregations of this search take more than"
ANSWER = f"the answer is longer than {ANSWER_BYTES} bytes"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            should([{"regexp": {"download.url": f".*[a-f]{{1,9}}{n}.*"}} for n in range(900)]),
            PATTERNS,
            id="regular-expressions",
        ),
        pytest.param(
            should([{"wildcard": {"download.url": f"*{n}*"}} for n in range(900)]),
            PATTERNS,
            id="wildcards",
        ),
        pytest.param(
            should([{"prefix": {"download.url": f"https://{n}"}} for n in range(900)]),
            PATTERNS,
            id="prefixes",
        ),
        pytest.param(
            should([{"fuzzy": {"download.url": f"https://archive/{n}"}} for n in range(900)]),
            PATTERNS,
            id="fuzzy-texts",
        ),
        pytest.param(
            should([{"range": {"download.url": {"gte": f"a b {n}"}}} for n in range(900)]),
            PATTERNS,
            id="ranges-of-texts",
        ),
        pytest.param(
            metrics_below({"terms": {"field": "id", "size": 10}}),
            PATTERNS,
            id="metrics-below-terms",
        ),
        pytest.param(
            metrics_below({"terms": {"field": "id", "order": {"m0": "desc"}}}),
            PATTERNS,
            id="order-by-metrics",
        ),
        pytest.param(
            metrics_below(
                {"date_histogram": {"field": "download.date", "calendar_interval": "day"}},
                {"date_histogram": {"field": "build.date", "fixed_interval": "1h"}},
            ),
            PATTERNS,
            id="metrics-below-histograms",
        ),
        pytest.param(
            {"suggest": {"text": LONG} | {f"s{n}": {"term": {"field": "id"}} for n in range(90)}},
            ANSWER,
            id="suggestions",
        ),
        pytest.param(
            {
                "query": {"term": {"source.product": "firefox"}},
                "highlight": {"fields": {"source.product": {}}, "pre_tags": [LONG]},
                "size": 100,
            },
            ANSWER,
            id="highlight-tags",
        ),
        pytest.param(
            {
                "size": 0,
                "aggs": {
                    "a": {
                        "terms": {"field": "download.url", "size": 100},
                        "aggs": {LONG: {"max": {"field": "download.size"}}},
                    },
                    "b": {
                        "terms": {"field": "id", "size": 100},
                        "aggs": {LONG: {"max": {"field": "download.size"}}},
                    },
                    "c": {
                        "date_histogram": {"field": "download.date", "calendar_interval": "day"},
                        "aggs": {LONG: {"max": {"field": "download.size"}}},
                    },
                    **{
                        f"d{n}": {"max": {"field": "download.size"}, "meta": {"a": LONG}}
                        for n in range(60)
                    },
                },
            },
            ANSWER,
            id="aggregation-names-and-meta",
        ),
        pytest.param({"size": RECORDS}, ANSWER, id="hits"),
    ],
)
def test_a_request_that_is_too_expensive_is_refused(
    app: webtest.TestApp, path: str, body: Any, message: str
) -> None:
    started = time.process_time()
    answer = app.post_json(f"{path}/search", body, status=400)
    assert message in answer.json["message"]
    assert time.process_time() - started < SLOW_SECONDS


def slow(number: int, size: int) -> dict[str, Any]:
    """A search that takes half a second and more for 20 hits, and that is not in a cache."""
    return {"_source": [f"*e*e*{number}-{n}*" for n in range(1000)], "size": size}


def test_writing_hits_ends_with_the_time(app: webtest.TestApp, path: str) -> None:
    started = time.process_time()
    app.post_json(f"{path}/search", slow(0, RECORDS), status=504)
    assert time.process_time() - started < SLOW_SECONDS


def test_the_searches_of_a_batch_share_the_time(app: webtest.TestApp, path: str) -> None:
    requests = [
        {"method": "POST", "path": f"{path}/_search", "body": slow(n, 50)} for n in range(40)
    ]
    started = time.process_time()
    answers = app.post_json("/v1/batch", {"requests": requests}).json["responses"]
    assert time.process_time() - started < SLOW_SECONDS + 1
    assert answers[-1]["status"] == 504


def test_the_searches_of_an_msearch_share_the_time(app: webtest.TestApp, path: str) -> None:
    lines = [line for n in range(40) for line in ({}, slow(n, 50))]
    started = time.process_time()
    answers = app.post(f"{path}/_msearch", ndjson(lines)).json["responses"]
    assert time.process_time() - started < SLOW_SECONDS
    assert answers[-1]["status"] == 504


def test_the_searches_of_an_msearch_share_the_bytes(app: webtest.TestApp, path: str) -> None:
    body = ndjson([{}, {"size": RECORDS // 2}] * 10)
    answers = app.post(f"{path}/_msearch", body).json["responses"]
    assert answers[0]["status"] == 200
    assert ANSWER in answers[-1]["error"]["reason"]


def test_the_outermost_budget_is_spent() -> None:
    seconds = 0.0
    outer = Budget(LIMITS, clock=lambda: seconds)
    with spending(outer) as first, spending(Budget(LIMITS)) as second:
        assert first is second is outer
        seconds = LIMITS.timeout_seconds + 1
        with pytest.raises(TimedOut):
            filter_source({"a": 1}, SourceFilter(includes=("b",)))
    assert filter_source({"a": 1}, SourceFilter(includes=("b",))) == {}


def test_patterns_on_fields_with_few_terms_cost_little(app: webtest.TestApp, path: str) -> None:
    clauses = [{"wildcard": {"target.locale": f"*{n % 7}*"}} for n in range(35)]
    assert app.post_json(f"{path}/search", should(clauses)).status_int == 200


def test_metrics_below_few_buckets_cost_little(app: webtest.TestApp, path: str) -> None:
    body = metrics_below({"terms": {"field": "target.platform", "size": 50}})
    answer = app.post_json(f"{path}/search", body)
    assert len(answer.json["aggregations"]["outer"]["buckets"][0]) == 192


def test_metrics_below_many_terms_cost_what_few_matches_take(
    app: webtest.TestApp, path: str
) -> None:
    body = metrics_below({"terms": {"field": "id", "size": 10}})
    assert app.post_json(f"{path}/search", body, status=400)
    records = app.get(f"{path}/records?_limit=3&_fields=id")
    few = {"terms": {"id": [each["id"] for each in records.json["data"]]}}
    answer = app.post_json(f"{path}/search", {**body, "query": few})
    assert [len(each) for each in answer.json["aggregations"]["outer"]["buckets"]] == [192] * 3


def test_costs_add_up() -> None:
    costs = Costs(max_bytes=1_000_000, max_terms=100, record_count=40)
    costs.add_pattern("a.*", "query", 40)
    costs.add_range("query")
    costs.add_pattern("b.*", "query", 40)
    with pytest.raises(BadQuery, match="looking at 100 terms"):
        costs.add_pattern("c.*", "query.regexp", 40)
    with pytest.raises(BadQuery, match="bytes of memory"):
        costs.add_fuzzy("query.fuzzy", 0)
