"""API tokens on the real server."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
import webtest
from kinto_buildhub.anonymous.eligibility import find_database, may_keep_responses
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.keys import make_token
from kinto_buildhub.credentials.values import Secret

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.credentials.conftest import MakeApp, bearer, credential_settings, signed
from tests.server.credentials.test_administration import expire

COLLECTION = "/v1/buckets/build-hub/collections/releases"
PRIVATE = "/v1/buckets/build-hub/collections/private"
INVALID = 'Bearer error="invalid_token"'

Create = Callable[..., Secret]


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "BEARER  {} "])
def test_a_token_is_accepted_in_both_forms(
    credential_app: webtest.TestApp, create: Create, form: str
) -> None:
    secret = create("read", collection="private")
    headers = {"Authorization": form.format(secret.token)}
    credential_app.get(f"{PRIVATE}/records", headers=headers, status=200)
    assert credential_app.get("/v1/", headers=headers).json["user"]["id"] == (
        f"credential:{secret.client_id}"
    )


WRONG = [
    pytest.param(lambda token: make_token(), id="unknown"),
    pytest.param(lambda token: token[:-1], id="cut"),
    pytest.param(lambda token: token[:10] + "0" + token[10:], id="longer"),
    pytest.param(lambda token: token.upper(), id="upper-case"),
    pytest.param(lambda token: f"Bearer {token[3:]}", id="without-prefix"),
    pytest.param(lambda token: "bh_", id="nothing"),
    pytest.param(lambda token: "bh_\xe9" * 30, id="latin-1"),
    pytest.param(lambda token: f"Bearer {token} {token}", id="twice"),
    pytest.param(lambda token: f"Bearer {token}, Bearer {token}", id="list"),
    pytest.param(lambda token: "Bearer", id="no-token"),
    pytest.param(lambda token: "Bearer bh_' OR 1=1 --", id="sql"),
]


@pytest.mark.parametrize("spoil", WRONG)
@pytest.mark.parametrize("path", [f"{COLLECTION}/records", "/v1/", "/v1/batch", "/v1/catalog/"])
def test_a_wrong_token_is_refused_also_where_everyone_may_read(
    credential_app: webtest.TestApp, create: Create, spoil: Callable[[str], str], path: str
) -> None:
    given = spoil(create().token)
    header = given if given.startswith(("Bearer", "bh_")) else f"Bearer {given}"
    response = credential_app.get(path, headers={"Authorization": header}, status=401)
    assert response.headers["WWW-Authenticate"] == INVALID


def test_an_answer_to_a_wrong_token_is_kintos_error_and_does_not_repeat_it(
    credential_app: webtest.TestApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = make_token()
    response = credential_app.get("/v1/", headers={"Authorization": token}, status=401)
    assert response.json["code"] == 401
    assert response.json["errno"] == 105
    assert response.json["message"] == "The API token is not valid."
    assert token not in response.text
    assert token[3:] not in caplog.text


def test_secrets_are_in_no_log(
    credential_app: webtest.TestApp,
    administration: Administration,
    create: Create,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = create()
    record = {"data": make_record(id="logged")}
    path = f"{COLLECTION}/records/logged"
    credential_app.put_json(path, record, headers=bearer(secret))
    credential_app.put_json("/v1/buckets/mine", headers=bearer(secret), status=403)
    administration.revoke(secret.client_id)
    credential_app.put_json(path, record, headers=bearer(secret), status=401)
    assert secret.token not in caplog.text
    assert str(secret.hawk_key) not in caplog.text


def test_other_schemes_are_left_to_others(credential_app: webtest.TestApp) -> None:
    for header in ("Digest x", "x", "", "Basic !", "bhx_1"):
        credential_app.get(f"{COLLECTION}/records", headers={"Authorization": header}, status=200)


def test_bearer_tokens_of_another_policy_are_left_to_it(
    make_app: MakeApp, database_url: str, create: Create
) -> None:
    changes = {
        "multiauth.policies": "other credential",
        "multiauth.policy.other.use": "tests.server.credentials.other_policy.OtherPolicy",
    }
    app = make_app(database_url, **credential_settings(**changes))
    headers = {"Authorization": "Bearer of-the-other"}
    assert app.get("/v1/", headers=headers).json["user"]["id"] == "other:somebody"
    app.get("/v1/", headers=bearer(create()), status=200)
    app.get("/v1/", headers={"Authorization": f"Bearer {make_token()}"}, status=401)


def test_a_token_ends_when_its_credential_is_revoked(
    credential_app: webtest.TestApp,
    make_app: MakeApp,
    database_url: str,
    create: Create,
    administration: Administration,
) -> None:
    other = make_app(database_url, **credential_settings())
    secret = create()
    for app in (credential_app, other):
        app.get("/v1/", headers=bearer(secret), status=200)
    administration.revoke(secret.client_id)
    for app in (credential_app, other):
        app.get("/v1/", headers=bearer(secret), status=401)


def test_a_token_ends_when_its_credential_expires(
    credential_app: webtest.TestApp, create: Create, connection: Any
) -> None:
    secret = create(expires="2999-01-01")
    credential_app.get("/v1/", headers=bearer(secret), status=200)
    expire(connection, secret.client_id)
    response = credential_app.get("/v1/", headers=bearer(secret), status=401)
    assert response.headers["WWW-Authenticate"] == INVALID


def test_two_tokens_work_while_a_credential_is_rotated(
    credential_app: webtest.TestApp, create: Create, administration: Administration
) -> None:
    first = create()
    second = administration.rotate(first.client_id)
    third = administration.rotate(first.client_id)
    for secret, status in ((first, 401), (second, 200), (third, 200)):
        credential_app.get("/v1/", headers=bearer(secret), status=status)


NETWORKS = [
    (["192.0.2.0/24"], "192.0.2.77", None, 200),
    (["192.0.2.0/24"], "198.51.100.1", None, 403),
    (["192.0.2.0/24", "2001:db8::/32"], "2001:db8::1", None, 200),
    (["192.0.2.0/24"], "::ffff:192.0.2.77", None, 200),
    # Anybody can send the header; only a proxy that the operator has named is believed.
    (["192.0.2.0/24"], "198.51.100.1", "192.0.2.77", 403),
    (["192.0.2.0/24"], "10.0.0.1", "192.0.2.77", 200),
    (["192.0.2.0/24"], "10.0.0.1", "192.0.2.77, 198.51.100.1", 403),
    (["192.0.2.0/24"], "10.0.0.1", "198.51.100.1, 192.0.2.77, 10.0.0.2", 200),
    (["192.0.2.0/24"], "10.0.0.1", "192.0.2.77, evil", 403),
]


@pytest.mark.parametrize(("networks", "address", "forwarded", "status"), NETWORKS)
def test_a_credential_may_be_bound_to_networks(
    make_app: MakeApp,
    database_url: str,
    create: Create,
    monkeypatch: pytest.MonkeyPatch,
    networks: list[str],
    address: str,
    forwarded: str | None,
    status: int,
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.0/8")
    app = make_app(database_url, **credential_settings())
    headers = bearer(create(networks=networks))
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    response = app.get(
        "/v1/", headers=headers, extra_environ={"REMOTE_ADDR": address}, status=status
    )
    if status == 403:
        assert "may not be used from this address" in response.json["message"]


def test_wrong_credentials_from_an_address_are_slowed(
    make_app: MakeApp, database_url: str, create: Create
) -> None:
    app = make_app(
        database_url, **credential_settings(**{"kinto.buildhub.max_password_failures": "3"})
    )
    right = bearer(create())

    def get(header: str, address: str = "192.0.2.1") -> Any:
        environ = {"REMOTE_ADDR": address}
        return app.get("/v1/", headers={"Authorization": header}, extra_environ=environ, status="*")

    wrong = [f"Bearer {make_token()}", "bh_misspelt", 'Hawk id="x", ts="1", nonce="n", mac="m"']
    assert [get(header).status_int for header in wrong] == [401, 401, 401]
    refused = get(right["Authorization"])
    assert refused.status_int == 429
    assert refused.headers["Retry-After"] == "60"
    assert get(right["Authorization"], "192.0.2.2").status_int == 200


def test_who_was_right_before_is_not_stopped_by_others(
    make_app: MakeApp, database_url: str, create: Create, administration: Administration
) -> None:
    app = make_app(
        database_url, **credential_settings(**{"kinto.buildhub.max_password_failures": "3"})
    )
    working, fresh = create(), create()

    def get(headers: dict[str, str]) -> int:
        return int(app.get("/v1/", headers=headers, status="*").status_int)

    def sign(secret: Secret) -> dict[str, str]:
        return signed(secret, "GET", "/v1/")

    assert [get(bearer(working)), get(sign(working))] == [200, 200]
    wrong = {"Authorization": f"Bearer {make_token()}"}
    assert [get(wrong) for _ in range(4)] == [401, 401, 401, 429]
    assert [get(bearer(working)), get(sign(working))] == [200, 200]
    assert [get(bearer(fresh)), get(sign(fresh)), get(wrong)] == [429, 429, 429]
    administration.revoke(working.client_id)
    assert [get(bearer(working)), get(sign(working))] == [401, 401]


def test_the_last_use_is_noted_and_nobody_waits_for_it(
    credential_app: webtest.TestApp, create: Create, administration: Administration, connection: Any
) -> None:
    secret = create()
    # A step in another transaction: a request that wrote the time itself would wait for its end.
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM buildhub_credentials WHERE client_id = %s FOR UPDATE",
            (secret.client_id,),
        )
        credential_app.get("/v1/", headers=bearer(secret), status=200)
    credential_app.app.registry.buildhub_authenticator.last_uses.wait()
    noted = administration.find(secret.client_id).last_used
    assert noted is not None
    assert abs(noted.timestamp() - time.time()) < 60
    credential_app.get("/v1/", headers=bearer(secret), status=200)
    credential_app.app.registry.buildhub_authenticator.last_uses.wait()
    assert administration.find(secret.client_id).last_used == noted


def test_a_password_goes_on_working_beside_credentials(credential_app: webtest.TestApp) -> None:
    user = credential_app.get("/v1/", headers=PUBLISHER_HEADERS).json["user"]["id"]
    assert user.startswith("basicauth:")


def test_a_server_without_the_policy_takes_no_credentials(app: webtest.TestApp) -> None:
    info = app.get("/v1/", headers={"Authorization": make_token()}, status=200).json
    assert "user" not in info
    assert "credentials" not in info["capabilities"]


def test_anonymous_reads_keep_their_fast_path(credential_app: webtest.TestApp) -> None:
    assert find_database(credential_app.app.registry) is not None
    assert may_keep_responses(credential_app.app.registry)
