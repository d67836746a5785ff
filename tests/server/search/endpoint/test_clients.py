"""Official clients, with the collection's address as their host."""

from collections.abc import Iterator

import pytest
import webtest
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError
from webtest.http import StopableWSGIServer

QUERY = {"term": {"target.os": "mac"}}


@pytest.fixture(scope="module")
def address(search_app: webtest.TestApp, filled_path: str) -> Iterator[str]:
    """The collection's address on a real HTTP server."""
    server = StopableWSGIServer.create(search_app.app)
    yield f"{server.application_url.rstrip('/')}{filled_path}"
    server.shutdown()


@pytest.fixture
def client(address: str) -> Iterator[Elasticsearch]:
    with Elasticsearch(address) as client:
        yield client


def test_the_elasticsearch_client_searches_and_counts(client):
    answer = client.search(
        query=QUERY, size=2, sort=["id"], aggs={"p": {"terms": {"field": "source.product"}}}
    )
    assert answer["hits"]["total"] == {"value": 73, "relation": "eq"}
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["record-002", "record-006"]
    assert sum(b["doc_count"] for b in answer["aggregations"]["p"]["buckets"]) == 73
    assert client.count(query=QUERY)["count"] == 73


def test_the_elasticsearch_client_names_an_index(client):
    assert client.search(index="releases", query=QUERY)["hits"]["total"]["value"] == 73
    assert client.count(index="releases")["count"] == 300
    with pytest.raises(NotFoundError):
        client.search(index="other", query=QUERY)


def test_the_elasticsearch_client_sends_several_searches(client):
    searches = [{}, {"query": QUERY, "size": 0}, {"index": "releases"}, {"size": 1}]
    answers = client.msearch(searches=searches)["responses"]
    assert [each["hits"]["total"]["value"] for each in answers] == [73, 300]


def test_the_elasticsearch_client_reads_the_mapping(client):
    ((_, found),) = client.indices.get_mapping().items()
    assert found["mappings"]["properties"]["id"] == {"type": "keyword"}


def test_the_elasticsearch_client_tells_a_mistake(client):
    with pytest.raises(BadRequestError) as caught:
        client.search(query={"foo": {}})
    assert "unknown query 'foo'" in caught.value.body["message"]
