"""Hawk on the real server: what is accepted, and a list of attacks."""

import gzip
import io
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import webtest
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.keys import derive_hawk_key
from kinto_buildhub.credentials.values import Secret

from tests.conftest import make_record
from tests.server.credentials.conftest import (
    PUBLIC_URL,
    MakeApp,
    credential_settings,
    signed,
)

COLLECTION = "/v1/buckets/build-hub/collections/releases"
BODY = json.dumps({"data": make_record()}).encode()
OTHER_BODY = json.dumps({"data": make_record(id="other")}).encode()

Create = Callable[..., Secret]


def record_path() -> str:
    return f"{COLLECTION}/records/record-{uuid.uuid4().hex[:12]}"


def send(
    app: webtest.TestApp,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None = None,
    status: int | None = None,
    raw_uri: str | None = None,
) -> Any:
    return app.request(
        path,
        method=method,
        headers=headers,
        body=body or b"",
        status=status or "*",
        environ={} if raw_uri is None else {"RAW_URI": raw_uri},
    )


def body_of(path: str) -> bytes:
    return json.dumps({"data": make_record(id=path.rpartition("/")[2])}).encode()


def test_a_signed_write_is_accepted(credential_app: webtest.TestApp, create: Create) -> None:
    secret, path = create("publish"), record_path()
    body = body_of(path)
    response = send(credential_app, "PUT", path, signed(secret, "PUT", path, body), body, 201)
    assert response.json["data"]["id"] in path
    assert f"credential:{secret.client_id}" in response.json["permissions"]["write"]


def test_a_signed_read_needs_no_hash(credential_app: webtest.TestApp, create: Create) -> None:
    secret = create("read", collection="private")
    path = "/v1/buckets/build-hub/collections/private/records?_limit=1&target.channel=beta"
    response = send(credential_app, "GET", path, signed(secret, "GET", path), status=200)
    assert response.json == {"data": []}


def test_a_signed_bulk_is_checked_before_anything_is_written(
    credential_app: webtest.TestApp, create: Create
) -> None:
    secret, path, kind = create("publish"), f"{COLLECTION}/bulk", "application/x-ndjson"
    ids = [f"record-{uuid.uuid4().hex}" for _ in range(300)]
    body = b"".join(json.dumps(make_record(id=each)).encode() + b"\n" for each in ids)
    tampered = body.replace(b'"fr"', b'"de"')
    headers = signed(secret, "POST", path, body, kind)
    assert len(body) > 100_000
    refused = send(credential_app, "POST", path, headers, tampered, 401)
    assert refused.json["detail"] == (
        "Hawk authentication failed: The payload is not what was signed."
    )
    credential_app.get(f"{COLLECTION}/records/{ids[0]}", status=404)
    answered = send(credential_app, "POST", path, headers, body, 200)
    summary = json.loads(answered.text.splitlines()[-1])["summary"]
    assert summary["created"] == 300


def test_a_batch_is_signed_as_a_whole(credential_app: webtest.TestApp, create: Create) -> None:
    secret, paths = create("publish"), [record_path(), record_path()]
    parts = [{"method": "PUT", "path": p, "body": json.loads(body_of(p))} for p in paths]
    body = json.dumps({"requests": parts}).encode()
    headers = signed(secret, "POST", "/v1/batch", body)
    response = send(credential_app, "POST", "/v1/batch", headers, body, 200)
    assert [each["status"] for each in response.json["responses"]] == [201, 201]


def test_a_request_within_a_batch_cannot_be_signed(
    credential_app: webtest.TestApp, create: Create
) -> None:
    secret, path = create("publish"), record_path()
    headers = signed(secret, "PUT", path, body_of(path))
    part = {"method": "PUT", "path": path, "body": json.loads(body_of(path)), "headers": headers}
    response = credential_app.post_json("/v1/batch", {"requests": [part]})
    [answer] = response.json["responses"]
    assert answer["status"] == 401
    assert "Sign the batch" in answer["body"]["detail"]
    credential_app.get(path, status=404)


def test_a_gzip_body_is_signed_as_it_is_sent(
    credential_app: webtest.TestApp, create: Create
) -> None:
    secret, path, kind = create("publish"), f"{COLLECTION}/bulk", "application/x-ndjson"
    body = gzip.compress(json.dumps(make_record(id=f"record-{uuid.uuid4().hex}")).encode())
    headers = signed(secret, "POST", path, body, kind) | {"Content-Encoding": "gzip"}
    answered = send(credential_app, "POST", path, headers, body, 200)
    assert '"created":1' in answered.text


REPLAYS = ["PUT", "DELETE"]


@pytest.mark.parametrize("method", REPLAYS)
def test_a_replayed_request_is_refused(
    credential_app: webtest.TestApp, create: Create, method: str
) -> None:
    secret, path = create(), record_path()
    body = body_of(path) if method == "PUT" else None
    headers = signed(secret, method, path, body)
    send(credential_app, method, path, headers, body)
    refused = send(credential_app, method, path, headers, body, 401)
    assert refused.json["detail"] == "Hawk authentication failed: The nonce was used before."


def test_a_request_that_is_replayed_to_another_server_is_refused(
    credential_app: webtest.TestApp, make_app: MakeApp, database_url: str, create: Create
) -> None:
    other = make_app(database_url, **credential_settings())
    secret, path = create(), record_path()
    headers = signed(secret, "PUT", path, body_of(path))
    send(credential_app, "PUT", path, headers, body_of(path), 201)
    refused = send(other, "PUT", path, headers, body_of(path), 401)
    assert refused.json["detail"] == "Hawk authentication failed: The nonce was used before."


PATH = f"{COLLECTION}/records/tampered"
ATTACKS: list[Any] = [
    pytest.param("DELETE", PATH, BODY, {}, "The signature", id="method"),
    pytest.param("PUT", PATH + "-2", BODY, {}, "The signature", id="path"),
    pytest.param("PUT", PATH + "?x=1", BODY, {}, "The signature", id="query"),
    pytest.param("PUT", PATH, OTHER_BODY, {}, "The payload is not", id="body"),
    pytest.param("PUT", PATH, b"", {}, "The payload is not", id="no-body"),
    pytest.param(
        "PUT", PATH, BODY, {"Content-Type": "text/json"}, "The payload is not", id="content-type"
    ),
    pytest.param(
        "PUT", PATH, BODY, {"X-HTTP-Method-Override": "DELETE"}, "X-HTTP-Method", id="override"
    ),
    pytest.param("PUT", PATH + ";x", BODY, {}, "Encode ; and #", id="path-parameter"),
    pytest.param("PUT", PATH + "#x", BODY, {}, "", id="fragment"),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "reason"), ATTACKS)
def test_a_tampered_request_is_refused(
    credential_app: webtest.TestApp,
    create: Create,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    reason: str,
) -> None:
    given = signed(create(), "PUT", PATH, BODY) | headers
    refused = send(credential_app, method, path, given, body, 401, raw_uri=path)
    assert refused.json["detail"].startswith(f"Hawk authentication failed: {reason}")
    credential_app.get(PATH, status=404)


# The setting of these tests, and nothing that a request says of its host.
WRONG_SIGNATURE = (
    "Hawk authentication failed: The signature is not valid. Here it is about a URL that begins "
    "with https://buildhub.example/."
)
OTHER_URLS = [
    "http://buildhub.example",
    "https://buildhub.example:8443",
    "https://evil.example",
    "https://buildhub.example.evil.example",
    "http://localhost:80",
]


@pytest.mark.parametrize("url", OTHER_URLS)
@pytest.mark.parametrize("is_told", [False, True])
def test_a_signature_for_another_host_is_refused_whatever_the_request_says(
    credential_app: webtest.TestApp, create: Create, url: str, is_told: bool
) -> None:
    path = record_path()
    headers = signed(create(), "PUT", path, BODY, url=url + path)
    host = url.partition("//")[2]
    if is_told:
        headers |= {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "http"}
        headers |= {"Forwarded": f"host={host}"}
    refused = send(credential_app, "PUT", path, headers, BODY, 401)
    assert refused.json["detail"] == WRONG_SIGNATURE


def test_a_target_in_absolute_form_says_nothing_about_the_host(
    credential_app: webtest.TestApp, create: Create
) -> None:
    path, secret = record_path(), create()
    headers = signed(secret, "GET", path)
    target = f"http://evil.example{path}"
    send(credential_app, "GET", path, headers, status=404, raw_uri=target)
    headers = signed(secret, "GET", path, url=f"http://evil.example{path}")
    send(credential_app, "GET", path, headers, status=401, raw_uri=target)


@pytest.mark.parametrize("target", ["*", "buildhub.example:443", "http:/v1/", "[", "x"])
def test_a_target_that_is_no_path_is_refused(
    credential_app: webtest.TestApp, create: Create, target: str
) -> None:
    path = f"{COLLECTION}/records"
    headers = signed(create(), "OPTIONS", path)
    refused = send(credential_app, "OPTIONS", path, headers, status=401, raw_uri=target)
    assert refused.json["detail"].endswith("Only a path can be signed.")


def test_the_default_port_is_the_same_url(credential_app: webtest.TestApp, create: Create) -> None:
    path = f"{COLLECTION}/records"
    headers = signed(create(), "GET", path, url=f"https://buildhub.example:443{path}")
    send(credential_app, "GET", path, headers, status=200)


def test_encoded_characters_are_signed_as_they_are_sent(
    credential_app: webtest.TestApp, create: Create
) -> None:
    path = f"{COLLECTION}/records?target.version=%2253.0%22&q=a%7eb:c"
    headers = signed(create(), "GET", path)
    send(credential_app, "GET", path, headers, status=400, raw_uri=path)


@pytest.mark.parametrize(("offset", "status"), [(-50, 200), (50, 200), (-70, 401), (70, 401)])
def test_a_clock_may_be_off_by_a_minute(
    credential_app: webtest.TestApp, create: Create, offset: int, status: int
) -> None:
    path = f"{COLLECTION}/records"
    headers = signed(create(), "GET", path, _timestamp=int(time.time()) + offset)
    response = send(credential_app, "GET", path, headers, status=status)
    if status == 401:
        assert response.json["detail"] == (
            "Hawk authentication failed: The token has expired. Is your system clock correct?"
        )
        assert {"code", "errno", "error", "message"} <= response.json.keys()
        assert response.headers["WWW-Authenticate"].startswith('Hawk ts="')


def test_an_expired_request_does_not_come_back(
    credential_app: webtest.TestApp, connection: Any, create: Create
) -> None:
    path = f"{COLLECTION}/records"
    headers = signed(create(), "GET", path, _timestamp=int(time.time()) - 100)
    before = count_nonces(connection)
    send(credential_app, "GET", path, headers, status=401)
    assert count_nonces(connection) == before


def test_a_request_that_comes_in_time_while_it_is_checked_is_no_exception(
    credential_app: webtest.TestApp, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Mohawk looks at the clock after we do.
    monkeypatch.setattr(
        "kinto_buildhub.credentials.authentication.hawk.utc_now", lambda: int(time.time()) - 1
    )
    path = f"{COLLECTION}/records"
    headers = signed(create(), "GET", path, _timestamp=int(time.time()) + 60)
    assert [send(credential_app, "GET", path, headers).status_int for _ in range(2)] == [200, 401]


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
@pytest.mark.parametrize("body", [BODY, b""])
def test_a_write_without_a_payload_hash_is_refused(
    credential_app: webtest.TestApp, create: Create, method: str, body: bytes
) -> None:
    path = record_path()
    headers = signed(create(), method, path) | {"Content-Type": "application/json"}
    refused = send(credential_app, method, path, headers, body, 401)
    assert refused.json["detail"] == "Hawk authentication failed: The payload hash is missing."


def test_a_body_that_is_added_to_a_deletion_needs_a_hash(
    credential_app: webtest.TestApp, create: Create
) -> None:
    path = record_path()
    refused = send(credential_app, "DELETE", path, signed(create(), "DELETE", path), BODY, 401)
    assert "payload hash is missing" in refused.json["detail"]


def test_a_body_that_is_added_to_a_search_needs_a_hash(
    credential_app: webtest.TestApp, create: Create
) -> None:
    path = f"{COLLECTION}/search"
    refused = send(credential_app, "POST", path, signed(create(), "POST", path), b"{}", 401)
    assert "payload hash is missing" in refused.json["detail"]


def test_a_body_of_unknown_length_is_refused(
    credential_app: webtest.TestApp, create: Create
) -> None:
    path = f"{COLLECTION}/bulk"
    headers = signed(create(), "POST", path, BODY, "application/x-ndjson")
    request = webtest.TestRequest.blank(path, method="POST", headers=headers)
    request.body_file = io.BytesIO(BODY)
    request.environ.pop("CONTENT_LENGTH", None)
    request.environ["wsgi.input_terminated"] = True
    response = credential_app.do_request(request, status=401, expect_errors=True)
    assert "Content-Length" in response.json["detail"]


def test_an_unknown_client_is_refused_like_a_wrong_key(
    credential_app: webtest.TestApp, create: Create
) -> None:
    path, secret = f"{COLLECTION}/records", create()
    nobody = Secret("nobody", 1, "", "0" * 64)
    answers = [
        send(credential_app, "GET", path, signed(each, "GET", path, key="0" * 64), status=401).json
        for each in (secret, nobody)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["detail"] == WRONG_SIGNATURE


def test_a_revoked_key_is_refused_at_once(
    credential_app: webtest.TestApp, create: Create, administration: Administration
) -> None:
    path, secret = f"{COLLECTION}/records", create()
    send(credential_app, "GET", path, signed(secret, "GET", path), status=200)
    administration.revoke(secret.client_id)
    send(credential_app, "GET", path, signed(secret, "GET", path), status=401)


def test_two_keys_work_while_a_credential_is_rotated(
    credential_app: webtest.TestApp, create: Create, administration: Administration
) -> None:
    path, first = f"{COLLECTION}/records", create()
    second = administration.rotate(first.client_id)
    for secret in (first, second):
        send(credential_app, "GET", path, signed(secret, "GET", path), status=200)
    third = administration.rotate(first.client_id)
    for secret, status in ((first, 401), (second, 200), (third, 200)):
        send(credential_app, "GET", path, signed(secret, "GET", path), status=status)


def test_who_has_the_database_signs_nothing(
    credential_app: webtest.TestApp, create: Create, connection: Any
) -> None:
    path, secret = f"{COLLECTION}/records", create()
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT salt, token_hash FROM buildhub_credential_generations WHERE client_id = %s",
            (secret.client_id,),
        )
        salt, token_hash = map(bytes, cursor.fetchone())
    stolen = [salt.hex(), token_hash.hex(), derive_hawk_key("", secret.client_id, 1, salt)]
    for key in stolen:
        send(credential_app, "GET", path, signed(secret, "GET", path, key=key), status=401)


BROKEN_HEADERS = [
    "Hawk",
    "Hawk ",
    "hawk x",
    'Hawk id="x"',
    'Hawk id="x", ts="1", nonce="n"',
    'Hawk id="x", ts="", nonce="n", mac="m"',
    'Hawk id="x", ts="1e9", nonce="n", mac="m"',
    'Hawk id="x", ts="-1", nonce="n", mac="m"',
    f'Hawk id="x", ts="{"9" * 4000}", nonce="n", mac="m"',
    f'Hawk id="x", ts="{"9" * 12}", nonce="n", mac="m"',
    'Hawk id="x", id="y", ts="1", nonce="n", mac="m"',
    'Hawk id="x", evil="y", ts="1", nonce="n", mac="m"',
    'Hawk id="x\\"", ts="1", nonce="n", mac="m"',
    'Hawk id="\u00e9", ts="1", nonce="n", mac="\u00e9"',
    f'Hawk id="x", ts="1", nonce="{"n" * 5000}", mac="m"',
    'Hawk id="x" ts="1" nonce="n" mac="m"',
    "Hawk " + '"' * 4000,
]


@pytest.mark.parametrize("header", BROKEN_HEADERS)
def test_a_broken_header_is_refused(credential_app: webtest.TestApp, header: str) -> None:
    path = f"{COLLECTION}/records"
    response = send(credential_app, "GET", path, {"Authorization": header}, status=401)
    assert response.json["detail"].startswith("Hawk authentication failed: ")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("kinto.buildhub.credentials_secret", "kinto.buildhub.credentials_secret"),
        ("kinto.buildhub.public_url", "kinto.buildhub.public_url"),
    ],
)
def test_without_a_setting_that_it_needs_hawk_is_off_and_says_so(
    make_app: MakeApp, database_url: str, create: Create, setting: str, reason: str
) -> None:
    app = make_app(database_url, **credential_settings(**{setting: ""}))
    path = f"{COLLECTION}/records"
    response = send(app, "GET", path, signed(create(), "GET", path), status=401)
    assert response.json["detail"] == (
        f"Hawk authentication failed: Hawk is off, because this server has no {reason}."
    )
    assert app.get("/v1/").json["capabilities"]["credentials"]["hawk"] is False


def test_the_public_url_may_have_a_path_of_its_own(
    make_app: MakeApp, database_url: str, create: Create
) -> None:
    url = f"{PUBLIC_URL}/buildhub"
    app = make_app(database_url, **credential_settings(**{"kinto.buildhub.public_url": url + "/"}))
    path = f"{COLLECTION}/records"
    send(app, "GET", path, signed(create(), "GET", path, url=url + path), status=200)
    send(app, "GET", path, signed(create(), "GET", path), status=401)


def test_kintos_own_settings_tell_the_public_url(
    make_app: MakeApp, database_url: str, create: Create
) -> None:
    changes = {"kinto.buildhub.public_url": "", "kinto.http_host": "buildhub.example"}
    app = make_app(database_url, **credential_settings(**changes, **{"kinto.http_scheme": "https"}))
    path = f"{COLLECTION}/records"
    send(app, "GET", path, signed(create(), "GET", path), status=200)


def count_nonces(connection: Any) -> int:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM buildhub_credential_nonces")
        return int(cursor.fetchone()[0])
