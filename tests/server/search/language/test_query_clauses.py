"""Each row of the table of query clauses: it is read, and both engines know its node."""

from typing import Any

import pytest
from buildhub_schema import search_mapping
from kinto_buildhub.search.elastic.render.request import render_count
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.query_clauses import QUERY_CLAUSES, expand, parse_query
from kinto_buildhub.search.language.reader import Budget
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(search_mapping())
TERM = {"term": {"source.product": "firefox"}}
EXAMPLES: dict[str, Any] = {
    "bool": {"must": TERM, "should": [TERM]},
    "boosting": {"positive": TERM, "negative": TERM, "negative_boost": 0.5},
    "constant_score": {"filter": TERM},
    "dis_max": {"queries": [TERM, TERM]},
    "exists": {"field": "target"},
    "filtered": {"query": TERM, "filter": TERM},
    "fuzzy": {"source.product": "firefux"},
    "ids": {"values": ["firefox_53-0_win64_fr"]},
    "match": {"source.product": "firefox"},
    "match_all": {},
    "match_none": {},
    "match_phrase": {"source.product": "firefox"},
    "match_phrase_prefix": {"source.product": "fire"},
    "missing": {"field": "build.id"},
    "multi_match": {"query": "firefox", "fields": ["source.*"]},
    "prefix": {"source.product": "fire"},
    "query_string": {"query": "source.product:firefox AND 53.0*"},
    "range": {"download.date": {"gte": "now-1d/d"}},
    "regexp": {"source.product": "fire.*"},
    "simple_query_string": {"query": "firefox -53*"},
    "term": {"source.product": "firefox"},
    "terms": {"source.product": ["firefox", "fennec"]},
    "wildcard": {"source.product": "f*x"},
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = EmbeddedEngine(tmp_path_factory.mktemp("clauses"), "kinto", LIMITS)
    engine.ensure(INDEX, MAPPING)
    yield engine
    engine.close()


def test_each_clause_has_an_example():
    assert [clause.name for clause in QUERY_CLAUSES] == sorted(EXAMPLES)


@pytest.mark.parametrize("clause", QUERY_CLAUSES, ids=lambda clause: clause.name)
class TestClause:
    def test_it_becomes_its_node(self, clause):
        query = parse_query({clause.name: EXAMPLES[clause.name]}, "query", Budget(LIMITS))
        assert type(query) is clause.node
        assert query.path.startswith(f"query.{clause.name}")

    def test_both_engines_know_its_node(self, clause, engine):
        query = parse_query({clause.name: EXAMPLES[clause.name]}, "query", Budget(LIMITS))
        assert engine.count(INDEX, MAPPING, query) == 0
        assert render_count(query, MAPPING)["query"]

    def test_its_boost_counts(self, clause):
        body = {**EXAMPLES[clause.name], "boost": 3}
        query = parse_query({clause.name: body}, "query", Budget(LIMITS))
        assert query.boost == 3.0
        if clause.expand is not None:
            assert expand(query, MAPPING).boost % 3 == 0
