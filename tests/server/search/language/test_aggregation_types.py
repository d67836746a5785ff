"""Each row of the table of aggregation types: it is read, and both engines know its node."""

from typing import Any

import pytest
from buildhub_schema import search_mapping
from kinto_buildhub.search.elastic.render.request import render_request
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.aggregation_types import AGGREGATION_TYPES
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.language.tree import SearchRequest
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(search_mapping())
SIZE = {"field": "download.size"}
EXAMPLES: dict[str, Any] = {
    "avg": SIZE,
    "cardinality": {"field": "build.id"},
    "composite": {"sources": [{"product": {"terms": {"field": "source.product"}}}]},
    "date_histogram": {"field": "download.date", "calendar_interval": "month"},
    "date_range": {"field": "download.date", "ranges": [{"from": "now-1d"}]},
    "extended_stats": SIZE,
    "filter": {"term": {"source.product": "firefox"}},
    "filters": {"filters": [{"term": {"source.product": "firefox"}}]},
    "global": {},
    "histogram": {**SIZE, "interval": 1000},
    "max": SIZE,
    "min": SIZE,
    "missing": {"field": "build.id"},
    "percentiles": SIZE,
    "range": {**SIZE, "ranges": [{"from": 1, "to": 2}]},
    "stats": SIZE,
    "sum": SIZE,
    "terms": {"field": "source.product"},
    "top_hits": {"size": 1},
    "value_count": SIZE,
}


def parse(name: str, **beside: Any) -> SearchRequest:
    return parse_request({"aggs": {"one": {name: EXAMPLES[name], **beside}}}, LIMITS)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = EmbeddedEngine(tmp_path_factory.mktemp("aggregations"), "kinto", LIMITS)
    engine.ensure(INDEX, MAPPING)
    yield engine
    engine.close()


def test_each_type_has_an_example():
    assert [row.name for row in AGGREGATION_TYPES] == sorted(EXAMPLES)


@pytest.mark.parametrize("row", AGGREGATION_TYPES, ids=lambda row: row.name)
class TestAggregationType:
    def test_it_becomes_its_node(self, row):
        ((_, aggregation),) = parse(row.name).aggs
        assert type(aggregation) is row.node

    def test_both_engines_know_its_node(self, row, engine):
        request = parse(row.name)
        assert "one" in engine.search(INDEX, MAPPING, request)["aggregations"]
        assert render_request(request, MAPPING)["aggs"]["one"].keys() >= {row.name}

    def test_others_are_nested_where_there_are_buckets(self, row):
        inner = {"two": {"max": SIZE}}
        if row.has_buckets:
            ((_, aggregation),) = parse(row.name, aggs=inner).aggs
            assert [name for name, _ in aggregation.aggs] == ["two"]
        else:
            with pytest.raises(BadQuery, match="has no buckets"):
                parse(row.name, aggs=inner)
