"""HEAD, OPTIONS, and methods that an address does not take: at every address that there is."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import webob
import webtest

from tests.conftest import PUBLISHER_HEADERS
from tests.server.search.records import make_records

ORIGIN = {"Origin": "https://example.org"}
PREFLIGHT = {**ORIGIN, "Access-Control-Request-Method": "GET"}

# They lead to other addresses.
LEADING = {"redirect_to_version", "default_bucket", "default_bucket_collection"}

# Say something new each time.
MOMENTARY = {"Date", "Expires"}


# Of lists.
COUNTED = ("Total-Objects", "Total-Records", "Access-Control-Expose-Headers")
CODED = ("Content-Length", "Content-Encoding", "ETag")


@dataclass(frozen=True)
class Server:
    """A catalogue, and an address of each of its routes."""

    app: webtest.TestApp
    addresses: dict[str, str]

    def ask(self, method: str, address: str, **headers: str) -> webob.Response:
        request = webob.Request.blank(address, method=method, headers={**headers})
        return request.get_response(self.app.app)


def routes(app: webtest.TestApp) -> dict[str, str]:
    """Return the patterns of all routes, by name."""
    found = app.app.registry.introspector.get_category("routes")
    return {each["introspectable"]["name"]: each["introspectable"]["pattern"] for each in found}


def fill(pattern: str, values: dict[str, str]) -> str:
    path = re.sub(r"\{(\w+)(?::[^{}]+)?\}", lambda match: values.get(match[1], "x"), pattern)
    return f"/{path.lstrip('/')}"


@pytest.fixture(scope="session")
def server(make_catalogue) -> Server:
    app = make_catalogue(make_records())
    registry = app.app.registry
    bucket_id, collection_id = registry.buildhub_catalog_collection
    record = next(each for each in make_records() if each.get("build", {}).get("id"))
    app.put_json(f"/v1/buckets/{bucket_id}/groups/readers", {}, headers=PUBLISHER_HEADERS)
    static = registry.buildhub_catalog_static
    values = {
        "bucket_id": bucket_id,
        "collection_id": collection_id,
        "record_id": record["id"],
        "index_name": "_all",
        "scroll_id": "unknown",
        "build_id": record["build"]["id"],
        "product": record["source"]["product"],
        "version": record["target"]["version"],
        "channel": record["target"]["channel"],
        "platform": record["target"]["platform"],
        "locale": record["target"]["locale"],
        "format": "json",
        "hash": static.hash,
        "name": "catalog.css",
        "principal": "system.Everyone",
        "client_id": "unknown",
    }
    ids = {
        "bucket-object": bucket_id,
        "collection-object": collection_id,
        "group-object": "readers",
        "record-object": record["id"],
    }
    addresses = {}
    for name, pattern in routes(app).items():
        if name not in LEADING:
            addresses[name] = fill(pattern, {**values, "id": ids.get(name, "unknown")})
    return Server(app, addresses)


def differences(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (found.get(name), expected.get(name))
        for name in found.keys() | expected.keys()
        if found.get(name) != expected.get(name) and name not in MOMENTARY
    }


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_head_is_get_without_the_body(server, coding):
    wrong = {}
    for name, address in server.addresses.items():
        got = server.ask("GET", address, **{"Accept-Encoding": coding})
        head = server.ask("HEAD", address, **{"Accept-Encoding": coding})
        differs = differences(dict(head.headers), dict(got.headers))
        if name.endswith("-plural") and got.status_code == 200:
            # It counts, and nobody knows what the list would be.
            assert int(head.headers["Total-Objects"]) > 0
            for header in (*COUNTED, *CODED):
                differs.pop(header, None)
            assert "Content-Length" not in head.headers
        if head.body or head.status != got.status or differs:
            wrong[name] = address, got.status, head.status, differs
    assert wrong == {}


def test_options_tells_the_methods(server):
    wrong = {}
    for name, address in server.addresses.items():
        answer = server.ask("OPTIONS", address)
        if (
            answer.status_code != 204
            or "OPTIONS" not in answer.headers.get("Allow", "")
            or answer.body
        ):
            wrong[name] = address, answer.status, answer.headers.get("Allow")
    assert wrong == {}


def test_a_method_that_is_allowed_is_not_refused(server):
    wrong = {}
    for name, address in server.addresses.items():
        allowed = server.ask("OPTIONS", address).headers.get("Allow", "").split(", ")
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            status = server.ask(method, address).status_code
            if (status in (405, 307)) == (method in allowed):
                wrong[name, method] = address, status
    assert wrong == {}


def test_a_method_that_is_not_allowed_is_answered_with_those_that_are(server):
    answer = server.ask("PUT", "/v1/catalog/.json")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.json_body["errno"] == 115
    assert answer.json_body["message"] == "PUT is not possible here, but GET, HEAD, OPTIONS."


@pytest.mark.parametrize(
    "path", ["", ".json", ".csv", ".atom", "suggestions?q=f", "opensearch.xml"]
)
def test_scripts_of_other_sites_may_read_the_pages(server, path):
    for headers in ({}, ORIGIN):
        answer = server.ask("GET", f"/v1/catalog/{path}", **headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


def test_preflights_pass(server):
    wrong = {}
    for name, address in server.addresses.items():
        allowed = server.ask("OPTIONS", address).headers.get("Allow", "")
        if "GET" in allowed and not name.startswith("credentials"):
            answer = server.ask("OPTIONS", address, **PREFLIGHT)
            methods = answer.headers.get("Access-Control-Allow-Methods", "")
            passes = answer.status_code in (200, 204) and "GET" in methods
            if not passes or answer.headers.get("Access-Control-Allow-Origin") != "*":
                wrong[name] = address, answer.status, dict(answer.headers)
    assert wrong == {}


def test_only_the_sites_of_the_setting_may_read(make_app):
    app = make_app(**{"kinto.cors_origins": "https://example.org"})
    for origin, expected in (("https://example.org", "https://example.org"), ("https://a", None)):
        answer = app.get("/v1/catalog/static/x/y", headers={"Origin": origin}, status=404)
        assert answer.headers.get("Access-Control-Allow-Origin") == expected
    assert "Origin" in app.get("/v1/").headers["Vary"]
