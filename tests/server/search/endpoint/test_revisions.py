"""A search for a revision finds the records that hold it, in 12 digits or in 40."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest
from buildhub_schema import search_mapping
from kinto_buildhub.search.elastic.render.index_fields import IndexFields
from kinto_buildhub.search.elastic.render.queries import render_query
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping, read_mapping

from tests.conftest import make_record

SHORT, LONG = "0123456789ab", "0123456789abcdef0123456789abcdef01234567"
OTHER = "0123456789ac" + LONG[12:]
FIELD = "source.revision"
REVISIONS = {"s": SHORT, "l": LONG, "o": OTHER, "n": None}


@pytest.fixture(scope="module")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    return make_catalogue(
        [
            make_record(id=record_id, source__revision=revision)
            for record_id, revision in REVISIONS.items()
        ]
    )


def find(app: webtest.TestApp, body: dict[str, Any], endpoint: str = "_search") -> str:
    bucket_id, collection_id = app.app.registry.buildhub_catalog_collection
    path = f"/v1/buckets/{bucket_id}/collections/{collection_id}/{endpoint}"
    hits = app.post_json(path, body).json["hits"]["hits"]
    return "".join(sorted(hit["_id"] for hit in hits))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"term": {FIELD: SHORT}}, "ls"),
        ({"term": {FIELD: LONG}}, "ls"),
        ({"term": {FIELD: OTHER}}, "o"),
        ({"term": {FIELD: OTHER[:12]}}, "o"),
        ({"term": {FIELD: {"value": SHORT, "boost": 2, "_name": "n"}}}, "ls"),
        ({"term": {FIELD: {"value": SHORT.upper(), "case_insensitive": True}}}, "ls"),
        ({"term": {FIELD: SHORT.upper()}}, ""),
        ({"term": {FIELD: SHORT[:11]}}, ""),
        ({"term": {FIELD: LONG[:20]}}, ""),
        ({"term": {"source.tree": SHORT}}, ""),
        ({"terms": {FIELD: [SHORT]}}, "ls"),
        ({"terms": {FIELD: [LONG, OTHER[:12]]}}, "los"),
        ({"match": {FIELD: SHORT}}, "ls"),
        ({"match": {FIELD: LONG}}, "ls"),
        ({"match_phrase": {FIELD: LONG}}, "ls"),
        ({"multi_match": {"query": SHORT, "fields": ["source.*"]}}, "ls"),
        ({"query_string": {"query": f"{FIELD}:{SHORT}"}}, "ls"),
        ({"query_string": {"query": f'{FIELD}:"{LONG}"'}}, "ls"),
        ({"query_string": {"query": SHORT}}, "ls"),
        ({"simple_query_string": {"query": LONG, "fields": [FIELD]}}, "ls"),
        ({"bool": {"must_not": [{"term": {FIELD: SHORT}}]}}, "no"),
        ({"bool": {"filter": [{"term": {FIELD: LONG}}, {"term": {"id": "s"}}]}}, "s"),
        ({"prefix": {FIELD: SHORT[:11]}}, "los"),
    ],
)
def test_a_revision_is_found_in_both_lengths(
    catalogue: webtest.TestApp, query: dict[str, Any], expected: str
) -> None:
    assert find(catalogue, {"query": query}) == expected
    assert find(catalogue, {"query": query}, "search") == expected


def test_it_is_counted_and_aggregated_alike(catalogue: webtest.TestApp) -> None:
    bucket_id, collection_id = catalogue.app.registry.buildhub_catalog_collection
    path = f"/v1/buckets/{bucket_id}/collections/{collection_id}"
    query = {"term": {FIELD: SHORT}}
    assert catalogue.post_json(f"{path}/_count", {"query": query}).json["count"] == 2
    body = {"size": 0, "aggs": {"found": {"filter": query}}}
    answer = catalogue.post_json(f"{path}/_search", body).json
    assert answer["aggregations"]["found"]["doc_count"] == 2


def test_the_very_revision_has_the_score_that_it_has_on_any_field(
    catalogue: webtest.TestApp,
) -> None:
    bucket_id, collection_id = catalogue.app.registry.buildhub_catalog_collection
    path = f"/v1/buckets/{bucket_id}/collections/{collection_id}/_search"
    found = catalogue.post_json(path, {"query": {"term": {FIELD: SHORT}}}).json["hits"]["hits"]
    other = catalogue.post_json(path, {"query": {"term": {"id": "s"}}}).json["hits"]["hits"]
    scores = {hit["_id"]: hit["_score"] for hit in found}
    assert scores["l"] == 1.0
    assert scores["s"] != 1.0
    assert other[0]["_score"] > 0


def test_a_cluster_is_asked_for_both_lengths(catalogue: webtest.TestApp) -> None:
    mapping = read_mapping({"index:schema": search_mapping()})
    assert isinstance(mapping, Mapping)
    limits = catalogue.app.registry.buildhub_search.settings.limits
    request = parse_request({"query": {"term": {FIELD: LONG}}}, limits)
    rendered = render_query(IndexFields(mapping), request.query)
    assert [*rendered["dis_max"]["queries"]] == [
        {"term": {FIELD: {"value": LONG}}},
        {"constant_score": {"filter": {"term": {FIELD: {"value": SHORT}}}}},
    ]
