"""A private catalogue tells those who may not read it nothing, at any address."""

from collections.abc import Callable

import pytest
import webtest

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.catalog.apps import put_in_bulk
from tests.server.search.collections import make_collection

SECRET = "secret-locale"
RECORD = make_record(id="secret-record", target__locale=SECRET)
ADDRESSES = (
    *(f"/v1/catalog/{ending}?q=secret" for ending in ("", ".json", ".csv", ".atom")),
    "/v1/catalog/suggestions?q=secret",
    "/v1/catalog/suggestions?q=secret&format=opensearch",
    *("/v1/latest", "/v1/latest/firefox", "/v1/latest/firefox/beta"),
    f"/v1/latest/firefox/beta/linux64/{SECRET}",
    f"/v1/catalog/badges/{RECORD['source']['product']}/{RECORD['target']['channel']}.svg",
    *(
        f"/v1/catalog/{path}{ending}"
        for path in (
            "records/secret-record",
            f"builds/{RECORD['build']['id']}",
            f"versions/firefox/{RECORD['target']['version']}",
            "products/firefox",
        )
        for ending in ("", ".json", ".csv", ".atom")
    ),
)
REFUSED = (
    pytest.param({}, 401, id="anonymous"),
    pytest.param({"Authorization": "Basic c29tZWJvZHk6ZWxzZQ=="}, 403, id="somebody-else"),
)


@pytest.fixture(scope="module")
def private(make_catalogue: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """A catalogue with one record, which only its owner may read."""
    app = make_catalogue([])
    path = make_collection(app, read=())
    app.app.registry.buildhub_catalog_collection = tuple(path.split("/")[3::2])
    put_in_bulk(app, path, [RECORD])
    return app


@pytest.mark.parametrize("address", ADDRESSES)
def test_its_owner_is_answered(private: webtest.TestApp, address: str) -> None:
    assert private.get(address, headers=PUBLISHER_HEADERS).status_code in (200, 302)


@pytest.mark.parametrize(("headers", "status"), REFUSED)
@pytest.mark.parametrize("address", ADDRESSES)
def test_others_are_refused_also_by_what_the_owner_was_answered(
    private: webtest.TestApp, address: str, headers: dict[str, str], status: int
) -> None:
    known = private.get(address, headers=PUBLISHER_HEADERS).headers.get("ETag", '"x"')
    for condition in ({}, {"If-None-Match": known}, {"If-None-Match": "*"}):
        response = private.get(address, headers=headers | condition, status=status)
        assert SECRET not in response.text
        assert "ETag" not in response.headers
        assert "public" not in response.headers.get("Cache-Control", "")
    assert private.head(address, headers=headers, status=status).body == b""


@pytest.mark.parametrize("name", ["secret-record", "no-such-record"])
def test_others_do_not_learn_what_exists(private: webtest.TestApp, name: str) -> None:
    response = private.get(f"/v1/catalog/records/{name}.json", status=401)
    assert name not in response.json["message"]
