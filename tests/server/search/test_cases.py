"""Each engine answers what programs send."""

from typing import Any

import pytest
from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.cases import ANY, CASES, Case
from tests.server.search.client_cases import CLIENT_CASES
from tests.server.search.conftest import INDEX, LIMITS, MAPPING, SMALL_INDEX, decoded
from tests.server.search.highlight_cases import HIGHLIGHT_CASES, PHRASE_CASES
from tests.server.search.small_cases import NEWER_CASES, SMALL_CASES, SMALL_MAPPING, SMALL_RECORDS
from tests.stand_ins.search_servers import SearchServer

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("case", CASES + CLIENT_CASES, ids=lambda case: case.name)
def test_case(filled_engine: Engine, case: Case) -> None:
    answer = decoded(filled_engine.search(INDEX, MAPPING, parse_request(case.body, LIMITS)))
    check_case(case, answer)


@pytest.mark.parametrize("case", SMALL_CASES + HIGHLIGHT_CASES, ids=lambda case: case.name)
def test_small_case(filled_engine: Engine, case: Case) -> None:
    request = parse_request(case.body, LIMITS)
    check_case(case, decoded(filled_engine.search(SMALL_INDEX, Mapping(SMALL_MAPPING), request)))


@pytest.mark.parametrize("case", NEWER_CASES + PHRASE_CASES, ids=lambda case: case.name)
def test_newer_case(filled_engine: Engine, backend: SearchServer | None, case: Case) -> None:
    if backend is not None:
        major = int(backend.kind.version.partition(".")[0])
        if backend.kind.product != "elasticsearch" or major < 8:
            return
    request = parse_request(case.body, LIMITS)
    check_case(case, decoded(filled_engine.search(SMALL_INDEX, Mapping(SMALL_MAPPING), request)))


@pytest.mark.parametrize("page_size", [1, 2, 4])
@pytest.mark.parametrize(
    "sort",
    [
        pytest.param(["_doc"], id="index-order"),
        pytest.param(["tags", "_doc"], id="texts"),
        pytest.param([{"n": "desc"}, "_doc"], id="numbers"),
        pytest.param([{"f": {"mode": "avg"}}, {"id": "desc"}], id="mode"),
    ],
)
def test_pages_hold_each_record_once(
    filled_engine: Engine, sort: list[Any], page_size: int
) -> None:
    found: list[str] = []
    after: dict[str, Any] = {}
    while len(found) <= len(SMALL_RECORDS):
        request = parse_request({"sort": sort, "size": page_size, **after}, LIMITS)
        answer = decoded(filled_engine.search(SMALL_INDEX, Mapping(SMALL_MAPPING), request))
        if not answer["hits"]["hits"]:
            break
        found += [hit["_id"] for hit in answer["hits"]["hits"]]
        after = {"search_after": answer["hits"]["hits"][-1]["sort"]}
    assert sorted(found) == [record["id"] for record in SMALL_RECORDS]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"fields": [{"field": "d", "format": "bananas"}]}, id="letters"),
        pytest.param({"fields": [{"field": "n", "format": "0.0"}]}, id="numbers-in-fields"),
        pytest.param({"docvalue_fields": ["t"]}, id="text-in-docvalue-fields"),
        pytest.param({"sort": [{"n": {"format": "0.0"}}]}, id="sort-by-numbers"),
        pytest.param({"sort": [{"tags": {"mode": "avg"}}]}, id="mode-of-texts"),
        pytest.param(
            {"aggs": {"x": {"terms": {"field": "tags", "format": "0"}}}}, id="terms-of-texts"
        ),
        pytest.param({"aggs": {"x": {"max": {"field": "b", "format": "0.0"}}}}, id="flags"),
        pytest.param({"sort": ["n"], "search_after": [1e19]}, id="beyond-64-bits"),
        pytest.param({"sort": ["d"], "search_after": ["now-1d"]}, id="search-after-now"),
        pytest.param(
            {"aggs": {"x": {"sum": {"field": "d", "missing": "2016-01-01", "format": "yyyy"}}}},
            id="missing-in-another-format",
        ),
        pytest.param({"collapse": {"field": "b"}}, id="collapse-by-flags"),
        pytest.param(
            {"aggs": {"x": {"missing": {"field": "n", "missing": "x"}}}}, id="missing-text"
        ),
        pytest.param(
            {"aggs": {"x": {"missing": {"field": "t", "missing": "x"}}}}, id="missing-in-words"
        ),
        pytest.param({"collapse": {"field": "d"}}, id="collapse-by-dates"),
        pytest.param({"collapse": {"field": "n"}}, id="collapse-by-several-numbers"),
        pytest.param({"collapse": {"field": "tags"}}, id="collapse-by-several-words"),
        pytest.param({"query": {"term": {"b": 1}}}, id="number-for-a-flag"),
        pytest.param({"query": {"exists": {"field": "_source"}}}, id="source-as-a-field"),
        pytest.param(
            {"query": {"bool": {"should": [{"term": {"n": "x"}}], "minimum_should_match": 2}}},
            id="beside-too-few-clauses",
        ),
        pytest.param(
            {
                "query": {"match_none": {}},
                "aggs": {
                    "x": {
                        "terms": {"field": "tags"},
                        "aggs": {"y": {"top_hits": {"sort": ["nope"]}}},
                    }
                },
            },
            id="below-no-bucket",
        ),
    ],
)
def test_what_a_field_cannot_do_is_refused(filled_engine: Engine, body: dict[str, Any]) -> None:
    with pytest.raises(BadQuery):
        filled_engine.search(SMALL_INDEX, Mapping(SMALL_MAPPING), parse_request(body, LIMITS))


def test_hits_show_which_named_queries_match(filled_engine: Engine) -> None:
    not_a = {
        "bool": {"must_not": [{"term": {"tags": {"value": "a", "_name": "a"}}}], "_name": "-a"}
    }
    should = [
        {"match": {"t": {"query": "quick", "_name": "quick"}}},
        {"terms": {"tags": ["b"], "_name": "b"}},
        not_a,
    ]
    body = {
        "query": {"bool": {"should": should}},
        "post_filter": {"exists": {"field": "n", "_name": "n"}},
        "sort": ["id"],
        "aggs": {"x": {"top_hits": {"size": 1, "sort": ["id"]}}},
    }
    request = parse_request(body, LIMITS)
    answer = decoded(filled_engine.search(SMALL_INDEX, Mapping(SMALL_MAPPING), request))
    found = {hit["_id"]: set(hit["matched_queries"]) for hit in answer["hits"]["hits"]}
    both = {"quick", "b", "-a", "n"}
    assert found == {"r0": {"quick", "a", "n"}, "r1": both, "r2": both}
    [top] = answer["aggregations"]["x"]["hits"]["hits"]
    assert set(top["matched_queries"]) == {"quick", "a", "n"}


def check_case(case: Case, answer: Any) -> None:
    """Check an answer against what the case expects."""
    check_part(case.expected, answer, "answer")
    if case.ids is not None:
        assert tuple(hit["_id"] for hit in answer["hits"]["hits"]) == case.ids


def check_part(expected: Any, found: Any, path: str) -> None:
    """Check that *expected* is a part of *found*, as `tests.server.search.cases` says."""
    if expected is ANY:
        return
    if isinstance(expected, dict):
        assert isinstance(found, dict), path
        for key, value in expected.items():
            assert key in found, f"{path}.{key} is missing; there are {sorted(found)}"
            check_part(value, found[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list), path
        assert len(found) == len(expected), f"{path}: {found}"
        for number, (value, other) in enumerate(zip(expected, found, strict=True)):
            check_part(value, other, f"{path}[{number}]")
    else:
        assert found == expected, path
