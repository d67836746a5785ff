"""Bodies of requests that make or change accounts: what none can be made of is refused."""

from typing import Any

import pytest
import webtest

from tests.server.access.test_accounts import ACCOUNTS, headers

NAME, PASSWORD = "robot", "correct horse battery staple"
USER = headers(NAME, PASSWORD)
JSON_PATCH = "application/json-patch+json"


@pytest.fixture(scope="module")
def app(make_app: Any) -> webtest.TestApp:
    """A server on which everyone may make an account; there is one."""
    app = make_app(**ACCOUNTS, **{"kinto.account_create_principals": "system.Everyone"})
    app.put_json(f"/v1/accounts/{NAME}", {"data": {"password": PASSWORD}}, status=201)
    return app


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param("text", "", id="text"),
        pytest.param([], "", id="list"),
        pytest.param(None, "", id="null"),
        pytest.param({"data": None}, "data", id="data-null"),
        pytest.param({"data": ["id"]}, "data", id="data-list"),
        pytest.param({"data": "password"}, "data", id="data-text"),
        pytest.param({}, "data.id", id="no-data"),
        pytest.param({"data": {"id": 5}}, "data.id", id="number-as-name"),
        pytest.param({"data": {"id": None}}, "data.id", id="null-as-name"),
        pytest.param({"data": {"id": ["x"]}}, "data.id", id="list-as-name"),
        pytest.param(
            {"data": {"id": "x", "password": 5}}, "data.password", id="number-as-password"
        ),
        pytest.param(
            {"data": {"id": "x", "password": None}}, "data.password", id="null-as-password"
        ),
        pytest.param({"data": {"id": "x", "password": "é" * 37}}, "data.password", id="74-bytes"),
    ],
)
def test_no_account_is_made_of_it(app: webtest.TestApp, body: Any, place: str) -> None:
    answer = app.post_json("/v1/accounts", body, status=400)
    assert answer.json["details"][0]["name"] == place


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param({"data": {"password": None}}, "application/merge-patch+json", 400, id="none"),
        pytest.param({"data": {"password": "x" * 73}}, "application/json", 400, id="too-long"),
        pytest.param({"data": []}, "application/json", 400, id="list"),
        pytest.param(
            [{"op": "replace", "path": "/data/password", "value": "plain"}],
            JSON_PATCH,
            415,
            id="not-hashed",
        ),
        pytest.param(
            [{"op": "replace", "path": "/data", "value": {"password": "plain"}}],
            JSON_PATCH,
            415,
            id="not-hashed-as-a-whole",
        ),
    ],
)
def test_the_password_stays_as_it_was(
    app: webtest.TestApp, body: Any, content_type: str, status: int
) -> None:
    stored = app.get(f"/v1/accounts/{NAME}", headers=USER).json["data"]
    request = {**USER, "Content-Type": content_type}
    app.patch_json(f"/v1/accounts/{NAME}", body, headers=request, status=status)
    assert app.get(f"/v1/accounts/{NAME}", headers=USER).json["data"] == stored


def test_a_password_is_changed_by_a_merge_patch(app: webtest.TestApp) -> None:
    app.put_json("/v1/accounts/other", {"data": {"password": "first"}}, status=201)
    request = {**headers("other", "first"), "Content-Type": "application/merge-patch+json"}
    app.patch_json("/v1/accounts/other", {"data": {"password": "second"}}, headers=request)
    app.get("/v1/accounts/other", headers=headers("other", "second"), status=200)
