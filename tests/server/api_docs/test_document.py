"""The OpenAPI document names each operation of the server, and is valid."""

from collections import Counter
from typing import Any

import pytest
import webtest
from kinto_buildhub.api_docs.components import ERRORS
from kinto_buildhub.api_docs.document import TAGS
from kinto_buildhub.api_docs.endpoints import search_parameters
from kinto_buildhub.api_docs.routes import NOT_DESCRIBED, iter_addresses
from kinto_buildhub.old_addresses import ADDRESSES
from kinto_buildhub.search.language.url_parameters import KNOWN
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

Json = dict[str, Any]


def operations(document: Json) -> dict[tuple[str, str], Json]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "servers"
    }


def test_it_is_valid(document: Json) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_what_kinto_describes_is_valid(world: webtest.TestApp) -> None:
    described = world.get("/v1/__api__").json
    assert [error.message for error in OpenAPIV2SpecValidator(described).iter_errors()] == []


def test_each_operation_of_the_server_is_described(world: webtest.TestApp, document: Json) -> None:
    """A new endpoint needs a row: see ``kinto_buildhub.api_operations``."""
    addresses = {(each.method, each.path) for each in iter_addresses(world.app.registry)}
    # These have no routes.
    addresses |= {(method, path) for path, each in ADDRESSES.items() for method in each.methods}
    addresses = {each for each in addresses if each[0] != "OPTIONS"}
    described = set(operations(document))
    # HEAD answers wherever GET does; only where it is a way to count, it is described too.
    assert {each for each in addresses if each[0] != "HEAD"} - described == set()
    assert described - addresses == set()


def test_addresses_at_the_root_of_the_host_are_described_as_such(
    world: webtest.TestApp, document: Json
) -> None:
    at_root = {path for path, item in document["paths"].items() if "servers" in item}
    assert at_root == {
        *("/robots.txt", "/.well-known/security.txt", "/favicon.ico"),
        *("/api/search", "/api/records"),
    }
    for path in at_root:
        assert document["paths"][path]["servers"][0]["url"] == "/"
        assert world.get(path).status_code == 200


def test_routes_that_are_not_described_exist(world: webtest.TestApp) -> None:
    routes = world.app.registry.introspector.get_category("routes")
    assert NOT_DESCRIBED.keys() <= {each["introspectable"]["name"] for each in routes}
    assert world.get("/").headers["Location"] == "http://localhost/v1/"


def test_links_lead_to_operations_and_fill_in_their_paths(document: Json) -> None:
    by_id = {each["operationId"]: each for each in operations(document).values()}
    links = [
        link
        for operation in by_id.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert {link["operationId"] for link in links} >= {"get_record", "delete_bucket"}
    for link in links:
        parameters = by_id[link["operationId"]]["parameters"]
        needed = {each["name"] for each in parameters if each["in"] == "path"}
        assert {*link["parameters"]} == needed, link


def test_each_row_is_known_by_one_name(world: webtest.TestApp) -> None:
    rows = world.app.registry.buildhub_api_operations
    for names in (
        Counter(row.operation_id for row in rows),
        Counter((row.method, row.path) for row in rows),
    ):
        assert [name for name, count in names.items() if count > 1] == []


def test_each_row_says_what_it_is(world: webtest.TestApp) -> None:
    for row in world.app.registry.buildhub_api_operations:
        assert row.tag in TAGS, row
        assert row.summary.strip(), row
        assert row.description.endswith((".", "?")), row
        assert {*row.errors} <= ERRORS.keys(), row
        for parameter in row.parameters:
            assert parameter.description, (row.operation_id, parameter)
            assert parameter.example is not None, (row.operation_id, parameter)


@pytest.mark.parametrize("endpoint", KNOWN)
def test_the_parameters_of_searches_are_those_that_are_taken(endpoint: str) -> None:
    described = {
        parameter.name for parameter in getattr(search_parameters, f"{endpoint.upper()}_PARAMETERS")
    }
    assert described == {*KNOWN[endpoint]}


def test_the_document_need_not_be_sent_again(world: webtest.TestApp) -> None:
    first = world.get("/v1/openapi.json")
    headers = {"If-None-Match": first.headers["ETag"]}
    assert world.get("/v1/openapi.json", headers=headers).status_code == 304
