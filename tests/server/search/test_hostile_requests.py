"""No request makes the server fail: it is answered, or its mistake is named."""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from buildhub_schema import search_mapping
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.errors import BadQuery, SearchError
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.aggregation_types import AGGREGATION_TYPES
from kinto_buildhub.search.language.query_clauses import QUERY_CLAUSES
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.language.url_parameters import with_parameters
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.cases import CASES
from tests.server.search.conftest import LIMITS, decoded
from tests.server.search.records import make_records

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(search_mapping())

WORDS = st.sampled_from(
    [
        *(clause.name for clause in QUERY_CLAUSES),
        *(row.name for row in AGGREGATION_TYPES),
        *("query", "aggs", "field", "value", "order", "size", "from", "sort", "filter", "must"),
        *("source.product", "download.date", "build.number", "target.version.order", "_id", "*"),
        *("gte", "lt", "format", "time_zone", "interval", "calendar_interval", "missing", "ranges"),
        *("include", "fields", "highlight", "collapse", "inner_hits", "after", "sources"),
        *("now-1d/d", "2017", "firefox", "desc", "_term", "_key", "1d", "month", "+02:00", "2<75%"),
        *("(", "[a TO", "a~b^", "\\", "/x/", "a:b AND", "yyyy-MM", "\ud800", "\x00", "😀", ""),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.integers(-3, 3),
    st.floats(),
    WORDS,
    st.text(max_size=5),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
FUZZ = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("hostile"), "kinto", LIMITS)
    engine.ensure(INDEX, MAPPING)
    records = make_records()
    changes = [Change(each["id"], each["last_modified"], each) for each in records]
    engine.apply(INDEX, changes, changes[-1].timestamp)
    yield engine
    engine.close()


def ask(engine: EmbeddedEngine, body: Any, **parameters: str) -> dict[str, Any] | None:
    """Return the answer; None if the request is refused with a message."""
    try:
        request = with_parameters(parse_request(body, LIMITS), parameters, LIMITS)
        return decoded(engine.search(INDEX, MAPPING, request))
    except SearchError:
        return None


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))


def _changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    body = copy.deepcopy(body)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


@FUZZ
@given(body=JSON)
def test_any_json_is_answered_or_refused(embedded: EmbeddedEngine, body: Any) -> None:
    ask(embedded, body)


@FUZZ
@given(data=st.data())
def test_a_request_with_one_odd_value_is_answered_or_refused(
    embedded: EmbeddedEngine, data: st.DataObject
) -> None:
    body = data.draw(st.sampled_from(CASES)).body
    path = data.draw(st.sampled_from(list(_places(body))))
    ask(embedded, _changed(body, path, data.draw(JSON)))


@FUZZ
@given(kind=st.sampled_from(["query_string", "simple_query_string"]), text=st.text(max_size=30))
def test_any_query_string_is_answered_or_refused(
    embedded: EmbeddedEngine, kind: str, text: str
) -> None:
    ask(embedded, {"query": {kind: {"query": text}}})


@FUZZ
@given(
    text=st.lists(
        st.sampled_from([*'ab01()[]{}"\\|&~^*?:/+-!<>= ', "AND", "OR", "TO", "NOT"]),
        max_size=25,
    ).map("".join)
)
def test_any_sequence_of_signs_is_answered_or_refused(embedded: EmbeddedEngine, text: str) -> None:
    assert ask(embedded, {"query": {"simple_query_string": {"query": text}}}) is not None
    ask(embedded, {"query": {"query_string": {"query": text}}})
    ask(embedded, {"query": {"regexp": {"target.version": text}}})
    ask(embedded, {"query": {"wildcard": {"target.version": text}}})


@pytest.mark.parametrize(
    ("body", "setting"),
    [
        pytest.param({"size": 10_001}, "max_result_window", id="window"),
        pytest.param({"from": 9_999, "size": 2}, "max_result_window", id="window-from"),
        pytest.param({"query": {"terms": {"id": ["x"] * 5000}}}, "max_clauses", id="values"),
        pytest.param(
            {"aggs": {f"a{n}": {"max": {"field": "download.size"}} for n in range(300)}},
            "max_aggregations",
            id="aggregations",
        ),
        pytest.param(
            {"query": {"regexp": {"id": "((a{1,50}){1,50}){1,50}"}}},
            "max_regexp_states",
            id="regexp-states",
        ),
        pytest.param(
            {"query": {"regexp": {"id": "a" * 2000}}}, "max_regexp_length", id="regexp-length"
        ),
        pytest.param(
            {"aggs": {"d": {"histogram": {"field": "download.size", "interval": 0.01}}}},
            "max_buckets",
            id="buckets",
        ),
        pytest.param(
            {
                "aggs": {
                    "d": {"date_histogram": {"field": "download.date", "fixed_interval": "1ms"}}
                }
            },
            "max_buckets",
            id="dates",
        ),
        pytest.param(
            {"aggs": {"t": {"top_hits": {"size": 1000}}}}, "max_inner_hits", id="top-hits"
        ),
    ],
)
def test_an_expensive_request_is_refused_with_the_name_of_the_limit(
    embedded: EmbeddedEngine, body: dict[str, Any], setting: str
) -> None:
    started = time.monotonic()
    with pytest.raises(BadQuery, match=f"kinto.search.{setting}"):
        embedded.search(INDEX, MAPPING, parse_request(body, LIMITS))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("levels", [100, 400])
@pytest.mark.parametrize(
    "within",
    [lambda query: {"query": query}, lambda query: {"aggs": {"a": {"filter": query}}}],
    ids=["query", "aggs"],
)
def test_a_deep_query_is_refused(within: Callable[[Any], Any], levels: int) -> None:
    query: dict[str, Any] = {"match_all": {}}
    for _ in range(levels):
        query = {"bool": {"must": query}}
    with pytest.raises(BadQuery, match=r"kinto\.search\.max_depth"):
        parse_request(within(query), LIMITS)


@pytest.mark.parametrize("pattern", [".*a.{12}", "(a|b){500}", "(.*a){20}", "(a*)*b", ".{900}"])
def test_a_hostile_expression_takes_little_time(embedded: EmbeddedEngine, pattern: str) -> None:
    started = time.monotonic()
    ask(embedded, {"query": {"regexp": {"download.url": pattern}}})
    assert time.monotonic() - started < 5
