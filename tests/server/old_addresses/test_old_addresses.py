"""``/api/search`` and ``/api/records`` answer what the collection's own addresses answer."""

from collections.abc import Callable
from typing import Any

import pytest
import webtest

from tests.conftest import PUBLISHER_HEADERS
from tests.server.catalog.apps import put_in_bulk
from tests.server.catalog.builds import make_builds
from tests.server.search.collections import make_collection

BUILDS = make_builds("53.0b9", "win64", ("de", "fr", "sk"), channel="beta")
TERMS = {
    "size": 1,
    "query": {"term": {"target.version": "53.0b9"}},
    "aggs": {"locales": {"terms": {"field": "target.locale", "order": {"_term": "desc"}}}},
}


@pytest.fixture(scope="module")
def catalogue(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    return make_catalogue(BUILDS)


def collection(app: webtest.TestApp) -> str:
    bucket_id, collection_id = app.app.registry.buildhub_catalog_collection
    return f"/v1/buckets/{bucket_id}/collections/{collection_id}"


def without_took(answer: Any) -> Any:
    content = answer.json if answer.body else None
    return {**content, "took": 0} if isinstance(content, dict) else content


@pytest.mark.parametrize("headers", [{}, PUBLISHER_HEADERS], ids=["fast-path", "Kinto's-path"])
@pytest.mark.parametrize(
    ("method", "old", "own", "status"),
    [
        ("GET", "/api/search?q=target.locale:fr", "/search?q=target.locale:fr", 200),
        ("GET", "/api/search/?size=1", "/search?size=1", 200),
        ("HEAD", "/api/search", "/search", 200),
        ("OPTIONS", "/api/search", "/search", 200),
        ("GET", "/api/search?szie=1", "/search?szie=1", 400),
        ("GET", "/api/records?target.locale=fr", "/records?target.locale=fr", 200),
        ("GET", "/api/records/?_limit=1&_sort=id", "/records?_limit=1&_sort=id", 200),
        ("HEAD", "/api/records?target.locale=fr", "/records?target.locale=fr", 200),
        ("OPTIONS", "/api/records", "/records", 200),
        ("GET", "/api/records?target.local=fr", "/records?target.local=fr", 400),
        ("GET", "/api/records?_since=%22x%22", "/records?_since=%22x%22", 400),
    ],
)
def test_an_old_address_answers_as_the_collections_own(
    catalogue: webtest.TestApp,
    method: str,
    old: str,
    own: str,
    status: int,
    headers: dict[str, str],
) -> None:
    sent = headers | {"Origin": "https://example.com"}
    if method == "OPTIONS":
        sent |= {"Access-Control-Request-Method": "GET"}
    expected = catalogue.request(
        collection(catalogue) + own, method=method, headers=sent, status="*"
    )
    found = catalogue.request(old, method=method, headers=sent, status="*")
    assert found.status_code == expected.status_code == status
    assert without_took(found) == without_took(expected)
    for name in ("Total-Records", "ETag", "Access-Control-Allow-Origin"):
        assert found.headers.get(name) == expected.headers.get(name)


def test_a_search_is_answered_in_the_shape_with_a_whole_total(catalogue: webtest.TestApp) -> None:
    found = catalogue.post_json("/api/search", TERMS).json
    assert found["hits"]["total"] == 3
    assert found["hits"]["hits"][0]["_source"]["target"]["version"] == "53.0b9"
    assert [each["key"] for each in found["aggregations"]["locales"]["buckets"]] == [
        *("sk", "fr", "de")
    ]


def test_records_can_be_paged_to_the_end(catalogue: webtest.TestApp) -> None:
    url, found = "/api/records?_limit=1", []
    while url:
        answer = catalogue.get(url)
        found += [each["id"] for each in answer.json["data"]]
        url = answer.headers.get("Next-Page", "")
    assert sorted(found) == sorted(each["id"] for each in BUILDS)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/records", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/records", "GET, HEAD, OPTIONS"),
        ("PUT", "/api/search", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/api/search/", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_nothing_is_written_there(
    catalogue: webtest.TestApp, method: str, path: str, allowed: str
) -> None:
    answer = catalogue.request(path, method=method, headers=PUBLISHER_HEADERS, status=405)
    assert (answer.json["errno"], answer.headers["Allow"]) == (115, allowed)
    assert catalogue.get("/api/search").json["hits"]["total"] == 3


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/searches", "/api/records/x"])
def test_other_addresses_are_as_before(catalogue: webtest.TestApp, path: str) -> None:
    assert catalogue.get(path, status=307).headers["Location"].endswith(f"/v1{path}")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Authorization": "Basic c29tZWJvZHk6ZWxzZQ=="}, 403)],
    ids=["anonymous", "somebody-else"],
)
def test_a_private_catalogue_tells_nothing(
    make_catalogue: Callable[..., webtest.TestApp], headers: dict[str, str], status: int
) -> None:
    app = make_catalogue([])
    path = make_collection(app, read=())
    app.app.registry.buildhub_catalog_collection = tuple(path.split("/")[3::2])
    put_in_bulk(app, path, BUILDS)
    for old in ("/api/search?q=fr", "/api/records?target.locale=fr"):
        assert app.get(old, headers=PUBLISHER_HEADERS).status_code == 200
        assert "53.0b9" not in app.get(old, headers=headers, status=status).text


def test_while_search_is_down_records_still_come(
    make_catalogue: Callable[..., webtest.TestApp],
) -> None:
    app = make_catalogue(BUILDS)
    search = app.app.registry.buildhub_search
    search._engine, engine = None, search.engine
    try:
        assert int(app.post_json("/api/search", {}, status=503).headers["Retry-After"]) > 0
        assert len(app.get("/api/records").json["data"]) == 3
    finally:
        search._engine = engine
