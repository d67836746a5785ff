"""filter_path leaves the parts of an answer that Elasticsearch's patterns name."""

from typing import Any

import pytest
from kinto_buildhub.search.endpoint.filter_path import filter_answer
from kinto_buildhub.search.errors import BadQuery

ANSWER = {
    "took": 1,
    "hits": {
        "total": {"value": 2, "relation": "eq"},
        "hits": [{"_id": "a", "_source": {"x": {"y": 1}}}, {"_id": "b", "_source": {"z": 2}}],
    },
}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        pytest.param("took", {"took": 1}, id="name"),
        pytest.param("hits.total", {"hits": {"total": ANSWER["hits"]["total"]}}, id="object"),
        pytest.param("hits.hits._id", {"hits": {"hits": [{"_id": "a"}, {"_id": "b"}]}}, id="list"),
        pytest.param("t*", {"took": 1}, id="star"),
        pytest.param("hits.*.value", {"hits": {"total": {"value": 2}}}, id="star-between"),
        pytest.param("**.z", {"hits": {"hits": [{"_source": {"z": 2}}]}}, id="any-depth"),
        pytest.param("nope", {}, id="nothing"),
        pytest.param("-hits", {"took": 1}, id="without"),
        pytest.param("-hits.*", {"took": 1}, id="without-what-is-left-empty"),
        pytest.param(
            "hits.hits,-**.y,-**._id",
            {"hits": {"hits": [{"_source": {"z": 2}}]}},
            id="both-without-what-is-left-empty",
        ),
        pytest.param(
            "hits.hits,-**._source", {"hits": {"hits": [{"_id": "a"}, {"_id": "b"}]}}, id="both"
        ),
    ],
)
def test_the_parts_are_left(patterns: str, expected: Any) -> None:
    assert filter_answer(ANSWER, patterns) == expected


def test_what_was_empty_before_stays() -> None:
    assert filter_answer({"a": {}, "b": [], "c": {"d": 1}}, "-c.d") == {"a": {}, "b": []}


def test_many_patterns_are_refused() -> None:
    with pytest.raises(BadQuery, match="at most 100"):
        filter_answer(ANSWER, ",".join(["a"] * 101))
