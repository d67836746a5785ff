"""The page of credentials: what each account may do there, and what other sites may not."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import webtest
from kinto_buildhub.access.foreign_writes import comes_from_elsewhere
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.values import State

from tests.server.credentials.conftest import propose
from tests.server.credentials.page.accounts_app import basic, make_accounts_app

URL = "/v1/credentials/"

TOKEN = re.compile(r"bh_[0-9a-f]{72}")
HAWK_KEY = re.compile(r'aria-label="Hawk key">([0-9a-f]{64})<')

Page = webtest.TestResponse


@pytest.fixture(scope="module")
def app(make_app: Callable[..., webtest.TestApp], database_url: str) -> webtest.TestApp:
    app = make_accounts_app(make_app, database_url)
    app.extra_environ["REMOTE_ADDR"] = "192.0.2.1"
    return app


def look(app: webtest.TestApp, name: str, status: int = 200) -> Page:
    return app.get(URL, headers=basic(name), status=status)


def send(
    app: webtest.TestApp,
    name: str,
    fields: dict[str, Any],
    *,
    status: int = 303,
    **headers: str,
) -> Page:
    """Send a form as the page of *name* has it."""
    [token] = {*re.findall(r'name="form_token" value="(\w+)"', look(app, name).text)}
    return app.post(
        URL, {"form_token": token} | fields, headers=basic(name) | headers, status=status
    )


def asked_for(client_id: str, **changes: Any) -> dict[str, Any]:
    values = {
        "step": "request",
        "client_id": client_id,
        "collections": "build-hub/releases",
        "scopes": ["read", "publish"],
        "expires": "",
        "networks": "",
    }
    return values | changes


def row(page: Page, client_id: str) -> str:
    """Return the text of a row, its markup left out."""
    found = [part for part in page.text.split("<tr>") if f'scope="row">{client_id}<' in part]
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split()) if found else ""


def test_the_life_of_a_credential(app: webtest.TestApp, administration: Administration) -> None:
    requested = send(app, "ann", asked_for("life", networks="192.0.2.0/24", expires="2200-01-31"))
    page = requested.follow(headers=basic("ann"))
    assert "life is requested, and waits for approval." in page.text
    assert row(page, "life").startswith(
        "life requested publish, read in build-hub/releases 192.0.2.0/24 2200-01-31 00:00:00 UTC"
    )
    assert "Approve" not in row(page, "life")

    assert "Approve life" in row(look(app, "admin"), "life")
    done = send(app, "admin", {"step": "approve", "client_id": "life"})
    assert "life is approved" in done.follow(headers=basic("admin")).text

    shown = send(app, "ann", {"step": "show", "client_id": "life"}, status=200)
    first = (TOKEN.search(shown.text)[0], HAWK_KEY.search(shown.text)[1])
    again = send(app, "ann", {"step": "show", "client_id": "life"}, status=409)
    assert "was shown, and is not stored" in again.text

    rotation = {"step": "rotate", "client_id": "life", "overlap": "7d", "generation": "1"}
    rotated = send(app, "ann", rotation, status=200)
    second = (TOKEN.search(rotated.text)[0], HAWK_KEY.search(rotated.text)[1])
    assert not {*first} & {*second}
    reloaded = send(app, "ann", rotation, status=409)
    assert alerts(reloaded) == ["The credential &#39;life&#39; was rotated meanwhile."]
    assert "last secret ends" in row(look(app, "ann"), "life")

    deleted = send(app, "ann", {"step": "revoke", "client_id": "life"})
    assert "life is deleted" in deleted.follow(headers=basic("ann")).text
    assert row(look(app, "ann"), "life").startswith("life revoked publish")
    log = [(each.action, each.actor, each.address) for each in administration.log("life")]
    assert log == [
        ("requested", "account:ann", "192.0.2.1"),
        ("approved", "account:admin", "192.0.2.1"),
        ("shown", "account:ann", "192.0.2.1"),
        ("rotated", "account:ann", "192.0.2.1"),
        ("revoked", "account:ann", "192.0.2.1"),
    ]


@pytest.fixture
def of_ann(administration: Administration) -> str:
    """The client ID of an approved credential of Ann, whose secret she has not got."""
    client_id = f"of-ann-{uuid.uuid4().hex}"
    administration.request(propose(client_id, owner="account:ann"))
    administration.approve(client_id)
    return client_id


def test_nobody_sees_the_credentials_of_others_but_administrators(
    app: webtest.TestApp, of_ann: str
) -> None:
    assert row(look(app, "ann"), of_ann)
    assert of_ann not in look(app, "bob").text
    assert "account:ann" in row(look(app, "admin"), of_ann)
    # Not even the secret: that is for whoever runs the program.
    assert "Get the secret" not in row(look(app, "admin"), of_ann)


FORBIDDEN = [
    pytest.param("bob", "show", id="secret-of-another"),
    pytest.param("bob", "rotate", id="new-secret-of-another"),
    pytest.param("bob", "revoke", id="deletion-of-another"),
    pytest.param("ann", "approve", id="approval-by-the-owner"),
    pytest.param("admin", "show", id="secret-for-an-administrator"),
]


@pytest.mark.parametrize(("name", "step"), FORBIDDEN)
def test_what_an_account_may_not_do_looks_like_what_is_not_there(
    app: webtest.TestApp, administration: Administration, of_ann: str, name: str, step: str
) -> None:
    before = administration.log(of_ann)
    fields = {"step": step, "overlap": "0"}
    refused = send(app, name, fields | {"client_id": of_ann}, status=404)
    missing = send(app, name, fields | {"client_id": "no-such"}, status=404)
    assert alerts(refused) == [f"There is no credential &#39;{of_ann}&#39;."]
    assert alerts(missing) == ["There is no credential &#39;no-such&#39;."]
    assert administration.log(of_ann) == before


def alerts(page: Page) -> list[str]:
    return re.findall(r'role="alert"><p>(.*?)</p>', page.text)


FOREIGN = [
    pytest.param({}, {"form_token": ""}, id="no-token"),
    pytest.param({}, {"form_token": "0" * 64}, id="wrong-token"),
    pytest.param({}, {"form_token": "ü"}, id="token-that-is-no-ascii"),
    pytest.param({"Sec-Fetch-Site": "cross-site"}, {}, id="cross-site"),
    pytest.param({"Sec-Fetch-Site": "same-site"}, {}, id="another-host-of-the-site"),
    pytest.param({"Origin": "https://evil.invalid"}, {}, id="another-origin"),
    pytest.param({"Origin": "http://localhost:81"}, {}, id="another-port"),
    pytest.param({"Origin": "null"}, {}, id="hidden-origin"),
]


@pytest.mark.parametrize(("headers", "fields"), FOREIGN)
def test_another_site_cannot_make_a_browser_do_anything(
    app: webtest.TestApp,
    administration: Administration,
    of_ann: str,
    headers: dict[str, str],
    fields: dict[str, str],
) -> None:
    form = {"step": "revoke", "client_id": of_ann} | fields
    refused = send(app, "ann", form, status=403, **headers)
    assert alerts(refused)
    assert administration.find(of_ann).state is State.APPROVED


def test_the_token_of_one_account_is_not_that_of_another(
    app: webtest.TestApp, of_ann: str, administration: Administration
) -> None:
    [token] = {*re.findall(r'name="form_token" value="(\w+)"', look(app, "bob").text)}
    form = {"step": "revoke", "client_id": of_ann, "form_token": token}
    send(app, "ann", form, status=403)
    assert administration.find(of_ann).state is State.APPROVED


OWN = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://LOCALHOST"},
]


@pytest.mark.parametrize("headers", OWN)
def test_browsers_send_the_forms_of_the_page(headers: dict[str, str]) -> None:
    assert not comes_from_elsewhere(headers, "localhost")


BAD = [
    pytest.param(asked_for("a b"), 400, "client_id: &#39;a b&#39;: expected", id="client-id"),
    pytest.param(asked_for("x", scopes=[]), 400, "expected at least one of read", id="no-scope"),
    pytest.param(asked_for("x", scopes=["own"]), 400, "is none of the scopes read", id="scope"),
    pytest.param(asked_for("x", collections=""), 400, "collections: expected 1 to", id="nowhere"),
    pytest.param(asked_for("x", expires="2001-01-01"), 400, "expected a time to come", id="past"),
    pytest.param(asked_for("x", expires="soon"), 400, "expires: &#39;soon&#39;", id="no-date"),
    pytest.param(asked_for("x", networks="10.0.0.1/8"), 400, "host bits", id="network"),
    pytest.param({"step": "show", "client_id": "a\0"}, 400, "NUL", id="nul"),
    pytest.param({"step": "own"}, 400, "step: expected request, approve", id="step"),
    pytest.param({}, 400, "step: expected request", id="no-step"),
    pytest.param({str(n): "1" for n in range(60)}, 400, "cannot be read", id="many-fields"),
]


@pytest.mark.parametrize(("fields", "status", "message"), BAD)
def test_what_cannot_be_done_is_named_and_what_was_typed_is_kept(
    app: webtest.TestApp, fields: dict[str, Any], status: int, message: str
) -> None:
    page = send(app, "ann", fields, status=status)
    [alert] = alerts(page)
    assert message in alert
    if fields.get("step") == "request":
        [typed] = re.findall(r'id="client_id" .* value="(.*?)"', page.text)
        assert typed == fields["client_id"]


def test_a_client_id_is_given_once(app: webtest.TestApp, of_ann: str) -> None:
    page = send(app, "bob", asked_for(of_ann), status=409)
    assert "choose another client ID" in alerts(page)[0]


def test_a_rotation_needs_a_time_that_the_page_offers(app: webtest.TestApp, of_ann: str) -> None:
    page = send(app, "ann", {"step": "rotate", "client_id": of_ann, "overlap": "9y"}, status=400)
    assert alerts(page) == ["overlap: expected one of 0, 1h, 1d, 7d."]


def test_bodies_that_are_no_form_of_the_page_are_refused(app: webtest.TestApp) -> None:
    for content_type, body in (
        ("application/json", b"{}"),
        ("text/plain", b"step=revoke"),
        ("application/x-www-form-urlencoded", b"step=%ff"),
        ("application/x-www-form-urlencoded", b"step=\xff"),
    ):
        headers = basic("ann") | {"Content-Type": content_type}
        assert alerts(app.post(URL, body, headers=headers, status=400))


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Basic YW5uOndyb25n"}],
    ids=["anonymous", "wrong-password"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_is_no_account_is_asked_to_sign_in(
    app: webtest.TestApp, headers: dict[str, str], method: str
) -> None:
    page = app.request(URL, method=method, headers=headers, status=401)
    assert page.headers["WWW-Authenticate"].startswith('Basic realm="BuildHub"')
    assert page.content_type == "text/html"
    assert "Sign in to see credentials" in page.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_credential_has_nothing_to_look_for_there(
    app: webtest.TestApp, administration: Administration, method: str
) -> None:
    client_id = f"program-{method.lower()}"
    token = administration.create(propose(client_id, owner="account:ann")).token
    headers = {"Authorization": f"Bearer {token}"}
    refused = app.request(URL, method=method, headers=headers, status=403)
    assert refused.json["message"] == f"'{client_id}' is a credential for records only."


def test_without_the_policy_there_is_no_page(make_app: Callable[..., webtest.TestApp]) -> None:
    make_app().get(URL, status=307).follow(status=404)  # Kinto looks for it without the slash.


def test_no_answer_is_stored_or_runs_what_is_not_ours(app: webtest.TestApp, of_ann: str) -> None:
    pages = [
        app.get(URL, status=401),
        look(app, "ann"),
        send(app, "ann", {"step": "show", "client_id": of_ann}, status=200),
        send(app, "ann", {"step": "revoke", "client_id": of_ann}, status=303),
        send(app, "ann", {}, status=400),
    ]
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}
    policies = {
        page.headers.get("Content-Security-Policy", "") for page in pages if page.status_int != 303
    }
    assert len(policies) == 1
    assert "default-src 'none'; script-src 'self'" in policies.pop()


def test_an_address_cannot_make_the_page_say_what_was_not_done(
    app: webtest.TestApp, of_ann: str
) -> None:
    for name, query in (
        ("ann", "done=revoked&client_id=your-account"),
        ("bob", f"done=revoke&client_id={of_ann}"),
        ("ann", f"done=stolen&client_id={of_ann}"),
        ("ann", "done=revoke&client_id=%3Cscript%3E"),
    ):
        page = app.get(f"{URL}?{query}", headers=basic(name))
        assert 'role="status"' not in page.text
        assert "<script>" not in page.text


def test_the_methods_of_the_page(app: webtest.TestApp) -> None:
    assert app.head(URL, headers=basic("ann"), status=200).body == b""
    allowed = app.options(URL, status=204).headers["Allow"]
    assert allowed == "GET, HEAD, OPTIONS, POST"
    assert app.put(URL, status=405).headers["Allow"] == allowed
