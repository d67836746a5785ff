"""Credentials over HTTP: who may do what, and what comes of it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import webtest
from kinto_buildhub.credentials.administration import Administration

from tests.server.credentials.conftest import bearer, propose
from tests.server.credentials.page.accounts_app import basic, make_accounts_app

URL = "/v1/credentials"
SCOPES = {"build-hub/releases": ["publish", "read"]}
POLICY = "kinto_buildhub.credentials.policy.CredentialPolicy"


@pytest.fixture(scope="module")
def app(make_app: Callable[..., webtest.TestApp], database_url: str) -> webtest.TestApp:
    policies = {"multiauth.policies": "account credential"}
    policies |= {"multiauth.policy.credential.use": POLICY}
    app = make_accounts_app(make_app, database_url, **policies)
    app.extra_environ["REMOTE_ADDR"] = "192.0.2.1"
    return app


@pytest.fixture
def client_id() -> str:
    return f"client-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def of_ann(administration: Administration, client_id: str) -> str:
    """An approved credential of Ann's, whose secret nobody has."""
    administration.request(propose(client_id, owner="account:ann"))
    administration.approve(client_id)
    return client_id


def post(app: webtest.TestApp, name: str, below: str = "", status: int = 200, **data: Any) -> Any:
    response = app.post_json(f"{URL}{below}", {"data": data}, headers=basic(name), status=status)
    assert response.headers["Cache-Control"] == "no-store" or status >= 400
    return response.json


def test_the_life_of_a_credential(app: webtest.TestApp, client_id: str) -> None:
    asked = post(app, "ann", status=201, client_id=client_id, collections=SCOPES)["data"]
    assert (asked["state"], asked["owner"]) == ("requested", "account:ann")
    approved = post(app, "admin", f"/{client_id}/approve")["data"]
    assert approved["state"] == "approved"
    first = post(app, "ann", f"/{client_id}/secret")["data"]
    assert first["hawk_algorithm"] == "sha256"
    assert len(first["hawk_key"]) == 64
    headers = {"Authorization": f"Bearer {first['token']}"}
    assert app.get("/v1/", headers=headers).json["user"]["id"] == f"credential:{client_id}"
    second = post(app, "ann", f"/{client_id}/rotate", overlap_seconds=0)["data"]
    assert second["generation"] == 2
    app.get("/v1/", headers=headers, status=401)
    headers = {"Authorization": f"Bearer {second['token']}"}
    app.get("/v1/", headers=headers, status=200)
    revoked = app.delete(f"{URL}/{client_id}", headers=basic("ann")).json["data"]
    assert revoked["state"] == "revoked"
    app.get("/v1/", headers=headers, status=401)
    log = app.get(f"{URL}/{client_id}/log", headers=basic("ann")).json["data"]
    assert [(each["action"], each["actor"], each["address"]) for each in log] == [
        (action, f"account:{name}", "192.0.2.1")
        for action, name in [
            ("requested", "ann"),
            ("approved", "admin"),
            ("shown", "ann"),
            ("rotated", "ann"),
            ("revoked", "ann"),
        ]
    ]


ADDRESSES = [
    ("GET", ""),
    ("POST", ""),
    ("GET", "/{}"),
    ("DELETE", "/{}"),
    ("GET", "/{}/log"),
    ("POST", "/{}/approve"),
    ("POST", "/{}/secret"),
    ("POST", "/{}/rotate"),
]


@pytest.mark.parametrize(("method", "below"), ADDRESSES)
def test_whoever_has_no_account_gets_nothing(
    app: webtest.TestApp, administration: Administration, of_ann: str, method: str, below: str
) -> None:
    secret = administration.show(of_ann)
    before = administration.log(of_ann)
    path = URL + below.format(of_ann)
    app.request(path, method=method, status=401)
    app.request(path, method=method, headers=bearer(secret), status=403)
    app.request(path, method=method, headers={"Authorization": "bh_wrong"}, status=401)
    assert administration.log(of_ann) == before


@pytest.mark.parametrize(("method", "below"), [each for each in ADDRESSES if each[1]])
def test_nobody_sees_the_credentials_of_others(
    app: webtest.TestApp, administration: Administration, of_ann: str, method: str, below: str
) -> None:
    before = administration.log(of_ann)
    answers = [
        app.request(URL + below.format(name), method=method, headers=basic("bob"), status=404)
        for name in (of_ann, "nobody")
    ]
    messages = [each.json["message"].replace(of_ann, "nobody") for each in answers]
    assert messages[0] == messages[1]
    assert administration.log(of_ann) == before


def test_a_list_has_the_credentials_that_are_ones_own(app: webtest.TestApp, of_ann: str) -> None:
    def listed(name: str) -> set[str]:
        data = app.get(URL, headers=basic(name)).json["data"]
        return {each["client_id"] for each in data}

    assert of_ann in listed("ann")
    assert of_ann not in listed("bob")
    assert of_ann in listed("admin")


@pytest.mark.parametrize(
    ("name", "step", "status"),
    [
        ("ann", "approve", 403),
        ("admin", "secret", 403),
        ("admin", "approve", 409),
        ("ann", "rotate", 200),
        ("admin", "rotate", 200),
    ],
)
def test_a_step_is_for_some(
    app: webtest.TestApp, of_ann: str, name: str, step: str, status: int
) -> None:
    post(app, name, f"/{of_ann}/{step}", status=status)


def test_a_secret_is_shown_once(app: webtest.TestApp, of_ann: str) -> None:
    post(app, "ann", f"/{of_ann}/secret")
    again = post(app, "ann", f"/{of_ann}/secret", status=409)
    assert "was shown, and is not stored" in again["message"]
    shown = app.get(f"{URL}/{of_ann}", headers=basic("ann")).text
    assert "bh_" not in shown


def test_the_administrator_ends_the_credentials_of_others(
    app: webtest.TestApp, of_ann: str
) -> None:
    answer = app.delete(f"{URL}/{of_ann}", headers=basic("admin")).json
    assert answer["data"]["state"] == "revoked"


BAD: list[tuple[Any, str]] = [
    ({}, "client_id: missing"),
    ({"data": {"client_id": "x"}}, "collections: missing"),
    ({"data": []}, "data: expected an object"),
    ([], "data: expected an object"),
    ({"client_id": "x"}, "client_id: not known; values are in data"),
    ({"data": {"client_id": 1}}, "client_id: expected a text"),
    ({"data": {"client_id": "x", "owner": "account:bob"}}, "owner: not known"),
    ({"data": {"client_id": "x", "collections": ["a/b"]}}, "collections: expected an object"),
    ({"data": {"client_id": "x", "collections": {"a/b": "read"}}}, "collections: expected an obj"),
    ({"data": {"client_id": "x", "collections": {"a/b": ["all"]}}}, "'all' is none of the scopes"),
    ({"data": {"client_id": "x", "networks": "::1"}}, "networks: expected a list"),
    ({"data": {"client_id": "x\r\ny", "collections": SCOPES}}, "client_id: "),
    ({"data": {"client_id": "x\0", "collections": SCOPES}}, "client_id: "),
    (
        {"data": {"client_id": "x", "collections": SCOPES, "expires": "2001-01-01"}},
        "expires: 2001-01-01: expected a time to come",
    ),
]


@pytest.mark.parametrize(("body", "message"), BAD)
def test_a_bad_request_is_named(app: webtest.TestApp, body: Any, message: str) -> None:
    answer = app.post_json(URL, body, headers=basic("ann"), status=400)
    assert message in answer.json["message"]


@pytest.mark.parametrize("value", [-1, 1.5, True, "1", 10**10])
def test_an_overlap_is_a_number_of_seconds(
    app: webtest.TestApp, of_ann: str, value: object
) -> None:
    path = f"{URL}/{of_ann}/rotate"
    app.post_json(path, {"data": {"overlap_seconds": value}}, headers=basic("ann"), status=400)


def test_a_client_id_that_is_taken_is_a_conflict(app: webtest.TestApp, of_ann: str) -> None:
    post(app, "bob", status=409, client_id=of_ann, collections=SCOPES)


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(("method", "below"), [each for each in ADDRESSES if each[0] != "GET"])
def test_another_site_cannot_write(
    app: webtest.TestApp,
    administration: Administration,
    of_ann: str,
    method: str,
    below: str,
    headers: dict[str, str],
) -> None:
    before = administration.log(of_ann)
    given = basic("ann") | headers
    answer = app.request(URL + below.format(of_ann), method=method, headers=given, status=403)
    assert "another site" in answer.json["message"]
    assert administration.log(of_ann) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_what_a_form_could_send_is_no_json(app: webtest.TestApp, kind: str) -> None:
    body, headers = '{"data": {}}', basic("ann") | {"Content-Type": kind}
    app.post(URL, body, headers=headers, status=415)


def test_credentials_are_not_shown_to_other_sites(app: webtest.TestApp) -> None:
    headers = basic("ann") | {"Origin": "https://evil.example"}
    answer = app.get(URL, headers=headers)
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("below", ["", "/x", "/x/log"])
def test_head_and_options_are_answered(app: webtest.TestApp, below: str) -> None:
    path = URL + below
    got = app.get(path, headers=basic("ann"), status="*")
    head = app.head(path, headers=basic("ann"), status="*")
    assert (head.status_code, head.body) == (got.status_code, b"")
    app.options(path, headers={"Origin": "http://x", "Access-Control-Request-Method": "GET"})
