"""How many passes over the matching records a request takes: one for hits, one for facets."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from buildhub_schema import search_mapping
from kinto_buildhub.search.cache import AnswerCache
from kinto_buildhub.search.embedded.answer_cache import CachedResults
from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.embedded.search import execute_search, make_execution
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.settings import Limits

from tests.server.search.conftest import LIMITS, decoded
from tests.server.search.records import make_records

MAPPING = Mapping(search_mapping())
RECORDS = make_records()
MAC = {"term": {"target.os": "mac"}}
FACET = {"terms": {"field": "target.locale"}}
PAGE = {"query": {"match_all": {}}, "size": 5, "sort": [{"download.date": "desc"}]}
AUDITED = {"size": 10_000, "sort": ["id", "last_modified"], "_source": False}


class CountingSearcher:
    """A searcher that records its passes, and counts the records that were read."""

    def __init__(self, searcher: Any) -> None:
        self._searcher, self.passes, self.read_count = searcher, list[str](), 0

    def search(self, *arguments: Any, **options: Any) -> Any:
        self.passes.append("search")
        return self._searcher.search(*arguments, **options)

    def aggregate(self, *arguments: Any) -> Any:
        self.passes.append("aggregate")
        return self._searcher.aggregate(*arguments)

    def doc(self, address: Any) -> Any:
        self.read_count += 1
        return self._searcher.doc(address)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    folder: Path = tmp_path_factory.mktemp("passes")
    generation = Generation.make(folder / "g1", MAPPING)
    generation.apply([Change(each["id"], 1, each) for each in RECORDS], 1, commit=True)
    yield generation
    generation.close()


def search(
    generation: Generation,
    body: dict[str, Any],
    cache: AnswerCache | None = None,
    limits: Limits = LIMITS,
) -> tuple[Any, list[str]]:
    request = parse_request(body, limits)
    searcher = CountingSearcher(generation.searcher())
    execution = make_execution(searcher, generation, limits)
    results = CachedResults(cache or AnswerCache(0), "one state", request.query)
    answer = execute_search(execution, request, "an index", results)
    return decoded(answer), searcher.passes


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({**PAGE}, ["search"], id="hits and their number"),
        pytest.param({**PAGE, "sort": [*PAGE["sort"], "id"]}, ["search"], id="no two are equal"),
        pytest.param({**PAGE, "sort": ["id", "last_modified"]}, ["search"], id="by ID"),
        pytest.param({**AUDITED, "query": MAC}, ["search"], id="a page of an audit"),
        pytest.param({**PAGE, "aggs": {"a": FACET}}, ["search", "aggregate"], id="a page"),
        pytest.param({"size": 0, "query": MAC, "aggs": {"a": FACET}}, ["aggregate"], id="facets"),
        pytest.param(
            {**PAGE, "aggs": {name: {"filter": MAC, "aggs": {"x": FACET}} for name in "ab"}},
            ["search", "aggregate"],
            id="facets behind one filter",
        ),
    ],
)
def test_counts_need_no_pass_of_their_own(generation, body, expected):
    found, passes = search(generation, body)
    assert passes == expected
    mac = sum(each["target"].get("os") == "mac" for each in RECORDS)
    assert 0 < mac < len(RECORDS)
    assert found["hits"]["total"]["value"] == (mac if body["query"] == MAC else len(RECORDS))
    for facet in found.get("aggregations", {}).values():
        assert facet.get("doc_count", mac) == mac


def test_the_last_page_of_the_window_is_cached_too(generation):
    window = 100
    cache = AnswerCache(8 * (window * 300 + 500))  # One entry may take an eighth of it.
    body = {**PAGE, "from": window - 5}
    limits = replace(LIMITS, result_window=window)
    first, _ = search(generation, body, cache, limits)
    again, passes = search(generation, {**body, "from": window - 10}, cache, limits)
    assert passes == []
    assert len(first["hits"]["hits"]) == len(again["hits"]["hits"]) == 5


def test_a_page_of_an_audit_reads_only_its_records(generation):
    searcher = CountingSearcher(generation.searcher())
    execution = make_execution(searcher, generation, LIMITS)
    for up_to in (30, 60, 300):
        bounds = {"gt": RECORDS[up_to - 30]["id"], "lte": RECORDS[up_to - 1]["id"]}
        request = parse_request({**AUDITED, "query": {"range": {"id": bounds}}}, LIMITS)
        request = replace(request, track_total_hits=False)
        results = CachedResults(AnswerCache(0), "one state", request.query)
        found = decoded(execute_search(execution, request, "an index", results))
        assert len(found["hits"]["hits"]) == 29
    assert searcher.read_count == 3 * 29
    assert searcher.passes == ["search"] * 3
