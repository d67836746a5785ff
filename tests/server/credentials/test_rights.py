"""What a credential may do: each request with each set of scopes."""

import json
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple

import psycopg2
import pytest
import webtest
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.rights import changes_permissions, find_need, is_granted
from kinto_buildhub.credentials.values import Scope, Secret

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.credentials.conftest import (
    MASTER_SECRET,
    OPERATOR,
    bearer,
    propose,
    signed,
)

Create = Callable[..., Secret]

C = "/v1/buckets/b/collections/c"
NEEDS = [
    ("GET", C, "read"),
    ("GET", f"{C}/records", "read"),
    ("HEAD", f"{C}/records", "read"),
    ("GET", f"{C}/records/x", "read"),
    ("GET", f"{C}/search", "read"),
    ("POST", f"{C}/search", "read"),
    ("POST", f"{C}/releases/_search", "read"),
    ("POST", f"{C}/_msearch", "read"),
    ("POST", f"{C}/_mget", "read"),
    ("DELETE", f"{C}/_pit", "read"),
    ("GET", f"{C}/coverage", "read"),
    ("POST", f"{C}/records", "publish"),
    ("PUT", f"{C}/records/x", "publish"),
    ("PATCH", f"{C}/records/x", "publish"),
    ("POST", f"{C}/bulk", "publish"),
    ("DELETE", f"{C}/records/x", "delete"),
    ("DELETE", f"{C}/records", "delete"),
    ("PUT", C, None),
    ("PATCH", C, None),
    ("DELETE", C, None),
    ("POST", f"{C}/_repair", None),
    ("PUT", f"{C}/bulk", None),
    ("DELETE", f"{C}/records/x/y", None),
    ("POST", f"{C}/records/", None),
    ("GET", "/v1/buckets/b", None),
    ("GET", "/v1/buckets/b/collections", None),
    ("POST", "/v1/buckets/b/collections", None),
    ("PUT", "/v1/buckets/b/groups/g", None),
    ("GET", "/v1/accounts", None),
    ("PUT", "/v1/accounts/alice", None),
    ("GET", "/v1/permissions", None),
    ("POST", "/v1/batch", None),
    ("POST", "/v1/__flush__", None),
    ("PUT", "/v1/buckets/default/collections/c/records/x", None),
    ("PUT", "/v2/buckets/b/collections/c/records/x", None),
    ("PUT", "/v1/buckets/b/collections/c/records/x\n", None),
    ("PUT", "/v1/buckets/b/collections/c\n/records/x", None),
    ("PUT", "/v1/buckets/b/../collections/c/records/x", None),
]


@pytest.mark.parametrize(("method", "path", "scope"), NEEDS)
def test_each_request_needs_one_scope_or_has_none(
    method: str, path: str, scope: str | None
) -> None:
    need = find_need(method, path)
    assert (need and need.scope) == scope
    if need is not None:
        assert need.collection == "b/c"


@pytest.mark.parametrize(
    ("scopes", "path", "is_allowed"),
    [
        ({"b/c": {Scope.PUBLISH}}, "/v1/buckets/b/collections/c/records/x", True),
        ({"b/c": {Scope.READ, Scope.DELETE}}, "/v1/buckets/b/collections/c/records/x", False),
        ({"b/c": {Scope.PUBLISH}}, "/v1/buckets/b/collections/d/records/x", False),
        ({"b/c": {Scope.PUBLISH}}, "/v1/buckets/d/collections/c/records/x", False),
        ({"b/c": {Scope.PUBLISH}}, "/v1/buckets/b/collections/c-coverage/records/x", True),
        ({"b/c": {Scope.PUBLISH}}, "/v1/buckets/d/collections/c-coverage/records/x", False),
        ({"b/c": {Scope.READ}}, "/v1/buckets/b/collections/c-coverage/records/x", False),
        ({"b/c-coverage": {Scope.PUBLISH}}, "/v1/buckets/b/collections/c/records/x", False),
    ],
)
def test_a_scope_is_for_one_collection_and_what_says_how_complete_it_is(
    scopes: dict[str, frozenset[Scope]], path: str, is_allowed: bool
) -> None:
    need = find_need("PUT", path)
    assert need is not None
    assert is_granted(need, scopes) is is_allowed


BODIES: list[tuple[Any, bool]] = [
    ({"data": {}}, False),
    ({"data": {"permissions": {"read": ["x"]}}}, False),
    ({"data": {}, "permissions": {}}, False),
    ({"data": {}, "permissions": None}, False),
    ({"permissions": {"read": ["system.Everyone"]}}, True),
    ([{"op": "replace", "path": "/data/x", "value": 1}], False),
    ([{"op": "add", "path": "/permissions/read/x"}], True),
    ([{"op": "replace", "path": "", "value": {"permissions": {}}}], True),
    ([{"op": "move", "from": "/permissions/read", "path": "/data/x"}], True),
    ([{"op": "add", "path": "/dataset"}], True),
    ([{"op": "add", "path": None}], True),
    (["x", 1], False),
    ("text", False),
]


@pytest.mark.parametrize(("body", "is_found"), BODIES)
def test_a_change_of_permissions_is_found(body: Any, is_found: bool) -> None:
    assert changes_permissions(body) is is_found


class Ask(NamedTuple):
    """A request, and the scope that it needs; None for what no credential may do."""

    method: str
    path: str
    scope: str | None
    body: Any = None
    content_type: str = "application/json"


PRIVATE = "/v1/buckets/build-hub/collections/private"
RECORD = {"data": make_record(id=None)}
LINE = json.dumps(make_record(id="line"))
SHARED = {"data": make_record(id=None), "permissions": {"read": ["system.Everyone"]}}
PATCH = json.dumps([{"op": "add", "path": "/permissions/read/system.Everyone"}])

ASKS = [
    Ask("GET", f"{PRIVATE}/records", "read"),
    Ask("HEAD", f"{PRIVATE}/records", "read"),
    Ask("GET", f"{PRIVATE}/records/shared", "read"),
    Ask("GET", f"{PRIVATE}/coverage", "read"),
    Ask("GET", PRIVATE, "read"),
    Ask("POST", f"{PRIVATE}/records", "publish", RECORD),
    Ask("PUT", f"{PRIVATE}/records/shared", "publish", RECORD),
    Ask("PATCH", f"{PRIVATE}/records/shared", "publish", RECORD),
    Ask("POST", f"{PRIVATE}/bulk", "publish", LINE, "application/x-ndjson"),
    Ask("DELETE", f"{PRIVATE}/records/shared", "delete"),
    Ask("DELETE", f"{PRIVATE}/records", "delete"),
    Ask("PUT", f"{PRIVATE}/records/shared", None, SHARED),
    Ask("POST", f"{PRIVATE}/records", None, SHARED),
    Ask("PATCH", f"{PRIVATE}/records/shared", None, SHARED),
    Ask("PATCH", f"{PRIVATE}/records/shared", None, SHARED, "application/merge-patch+json"),
    Ask("PATCH", f"{PRIVATE}/records/shared", None, PATCH, "application/json-patch+json"),
    Ask("PATCH", PRIVATE, None, {"data": {"x": 1}}),
    Ask("PUT", PRIVATE, None, {"permissions": {"read": ["system.Everyone"]}}),
    Ask("DELETE", PRIVATE, None),
    Ask("POST", f"{PRIVATE}/_repair", None, {}),
    Ask("POST", "/v1/buckets", None, {"data": {"id": "mine"}}),
    Ask("PUT", "/v1/buckets/mine", None, {}),
    Ask("GET", "/v1/buckets/build-hub", None),
    Ask("PATCH", "/v1/buckets/build-hub", None, {"permissions": {"write": ["system.Everyone"]}}),
    Ask("DELETE", "/v1/buckets/build-hub", None),
    Ask("DELETE", "/v1/buckets", None),
    Ask("POST", "/v1/buckets/build-hub/collections", None, {"data": {"id": "mine"}}),
    Ask("PUT", "/v1/buckets/build-hub/groups/mine", None, {"data": {"members": []}}),
    Ask("GET", "/v1/buckets/default", None),
    Ask("PUT", "/v1/buckets/default/collections/mine/records/x", None, RECORD),
    Ask("GET", "/v1/buckets/build-hub/collections/other/records", None),
    Ask("PUT", "/v1/buckets/build-hub/collections/other/records/x", None, RECORD),
    Ask("POST", "/v1/buckets/build-hub/collections/other/bulk", None, LINE, "application/x-ndjson"),
]

GRANTS = [("read",), ("publish",), ("delete",), ("read", "publish", "delete")]


@pytest.fixture(scope="module", autouse=True)
def other_collections(credential_app: webtest.TestApp) -> None:
    path = "/v1/buckets/build-hub/collections/other"
    credential_app.put_json(path, {}, headers=PUBLISHER_HEADERS)


def ask_with(app: webtest.TestApp, ask: Ask, secret: Secret, way: str) -> tuple[int, str]:
    """Send a request; return status and body."""
    body = ask.body if isinstance(ask.body, str) else json.dumps(ask.body)
    content = b"" if ask.body is None else body.encode()
    if way == "batch":
        part = {"method": ask.method, "path": ask.path}
        if ask.body is not None:
            part |= {"body": ask.body, "headers": {"Content-Type": ask.content_type}}
        answer = app.post_json("/v1/batch", {"requests": [part]}, headers=bearer(secret))
        [response] = answer.json["responses"]
        return response["status"], json.dumps(response.get("body"))
    if way == "hawk":
        signed_body = None if ask.body is None else content
        headers = signed(secret, ask.method, ask.path, signed_body, ask.content_type)
    else:
        headers = bearer(secret)
        if ask.body is not None:
            headers["Content-Type"] = ask.content_type
    response = app.request(ask.path, method=ask.method, headers=headers, body=content, status="*")
    return response.status_int, response.text


@pytest.fixture(scope="module")
def secrets(database_url: str) -> dict[tuple[str, ...], Secret]:
    """A credential for each set of scopes."""
    with closing(psycopg2.connect(database_url)) as connection:
        administration = Administration(connection, OPERATOR, MASTER_SECRET)
        return {
            scopes: administration.create(
                propose("-".join(scopes), collections={"build-hub/private": scopes})
            )
            for scopes in GRANTS
        }


@pytest.mark.parametrize("scopes", GRANTS, ids="+".join)
@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: f"{ask.method} {ask.path[3:]}")
def test_a_request_is_allowed_by_its_scope_alone(
    credential_app: webtest.TestApp,
    secrets: dict[tuple[str, ...], Secret],
    ask: Ask,
    scopes: tuple[str, ...],
) -> None:
    ways = ["token", "hawk", "batch"]
    if isinstance(ask.body, str) or "patch+json" in ask.content_type:
        ways.remove("batch")  # Its bodies are JSON objects.
    for way in ways:
        if ask.path.startswith(f"{PRIVATE}/records"):
            credential_app.put_json(f"{PRIVATE}/records/shared", RECORD, headers=PUBLISHER_HEADERS)
        status, text = ask_with(credential_app, ask, secrets[scopes], way)
        assert status in ((200, 201) if ask.scope in scopes else (403,)), (way, text)


def test_a_credential_reads_what_everyone_may_read(
    credential_app: webtest.TestApp, create: Create
) -> None:
    headers = bearer(create("publish", collection="private"))
    for path in ("records", "coverage"):
        public = f"/v1/buckets/build-hub/collections/releases/{path}"
        credential_app.get(public, headers=headers, status=200)


def test_what_is_refused_is_explained(credential_app: webtest.TestApp, create: Create) -> None:
    secret = create("read", collection="private")
    cases = [
        (Ask("PUT", f"{PRIVATE}/records/x", None, RECORD), "lacks the scope publish of build-hub/"),
        (Ask("DELETE", f"{PRIVATE}/records/x", None), "lacks the scope delete of build-hub/"),
        (Ask("PUT", "/v1/buckets/mine", None, {}), "is a credential for records only"),
    ]
    for ask, message in cases:
        status, text = ask_with(credential_app, ask, secret, "token")
        assert status == 403
        assert f"'{secret.client_id}' {message}" in json.loads(text)["message"]
    publisher = create("publish", collection="private")
    status, text = ask_with(
        credential_app, Ask("PUT", f"{PRIVATE}/records/x", None, SHARED), publisher, "token"
    )
    assert (status, "cannot change permissions" in text) == (403, True)


def test_permissions_that_somebody_gives_a_credential_give_it_nothing(
    credential_app: webtest.TestApp, create: Create
) -> None:
    secret = create("read", collection="private")
    principal = f"credential:{secret.client_id}"
    path = f"/v1/buckets/given-{uuid.uuid4().hex[:8]}"
    principals = [principal, "system.Authenticated"]
    body = {"permissions": {"write": principals, "collection:create": principals}}
    credential_app.put_json(path, body, headers=PUBLISHER_HEADERS)
    credential_app.get(path, headers=bearer(secret), status=403)
    for method, below in (("PATCH", ""), ("PUT", "/collections/mine"), ("DELETE", "")):
        ask = Ask(method, path + below, None, {"data": {}})
        assert ask_with(credential_app, ask, secret, "token")[0] == 403


def test_a_record_that_a_credential_made_is_not_its_own(
    credential_app: webtest.TestApp, create: Create
) -> None:
    secret, path = create("publish", collection="private"), f"{PRIVATE}/records/made"
    credential_app.put_json(path, RECORD, headers=bearer(secret))
    assert ask_with(credential_app, Ask("GET", path, None), secret, "token")[0] == 403
    assert ask_with(credential_app, Ask("DELETE", path, None), secret, "token")[0] == 403


def test_a_part_of_a_batch_may_show_a_token_of_its_own(
    credential_app: webtest.TestApp, create: Create
) -> None:
    reader, nobody = create("read", collection="private"), create("delete")
    part = {"path": f"{PRIVATE}/records"}
    parts = [part | {"headers": headers} for headers in (bearer(reader), bearer(nobody))]
    for outer in ({}, bearer(nobody), PUBLISHER_HEADERS):
        answer = credential_app.post_json("/v1/batch", {"requests": parts}, headers=outer)
        assert [each["status"] for each in answer.json["responses"]] == [200, 403]
