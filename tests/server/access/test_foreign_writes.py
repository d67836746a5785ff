"""What a browser sends for another site, with the password that it remembers."""

import json
import uuid

import pytest
import webtest

from tests.conftest import PUBLISHER_HEADERS

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site"},
]
OWN = [
    {},
    {"Origin": "http://localhost:80", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]
PUT = {"method": "PUT", "path": "/buckets/{}", "body": {"data": {}}}
WRITES = [
    ("/v1/buckets", {"data": {"id": "{}"}}),
    ("/v1/batch", {"requests": [PUT]}),
]
# A form can have the first three; a script can send the last, without a header, as a blob.
UNASKED_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "",
]


@pytest.fixture
def bucket_id() -> str:
    return f"bucket-{uuid.uuid4().hex[:12]}"


def post(
    app: webtest.TestApp, path: str, body: str, headers: dict[str, str], content_type: str
) -> webtest.TestResponse:
    request = webtest.TestRequest.blank(path, method="POST", headers=headers)
    request.body = body.encode()
    request.environ.pop("CONTENT_TYPE", None)
    if content_type:
        request.content_type = content_type
    return app.do_request(request, status="*")


def exists(app: webtest.TestApp, bucket_id: str) -> bool:
    answer = app.get(f"/v1/buckets/{bucket_id}", headers=PUBLISHER_HEADERS, status="*")
    return bool(answer.status_int == 200)


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("content_type", UNASKED_TYPES)
@pytest.mark.parametrize(("path", "body"), WRITES)
def test_what_browsers_send_without_asking_writes_nothing(
    app: webtest.TestApp,
    bucket_id: str,
    path: str,
    body: object,
    content_type: str,
    headers: dict[str, str],
) -> None:
    content = json.dumps(body).replace("{}", bucket_id, 1)
    answer = post(app, path, content, PUBLISHER_HEADERS | headers, content_type)
    assert answer.status_int == 403
    assert "another site" in answer.json["message"]
    assert not exists(app, bucket_id)


def test_nor_does_a_request_without_a_body(app: webtest.TestApp) -> None:
    headers = PUBLISHER_HEADERS | FOREIGN[0]
    before = app.get("/v1/buckets", headers=PUBLISHER_HEADERS).json
    assert post(app, "/v1/buckets", "", headers, "").status_int == 403
    assert app.get("/v1/buckets", headers=PUBLISHER_HEADERS).json == before


@pytest.mark.parametrize("headers", OWN)
@pytest.mark.parametrize(("path", "body"), WRITES)
def test_programs_may_leave_the_media_type_out(
    app: webtest.TestApp, bucket_id: str, path: str, body: object, headers: dict[str, str]
) -> None:
    content = json.dumps(body).replace("{}", bucket_id, 1)
    answer = post(app, path, content, PUBLISHER_HEADERS | headers, "")
    assert answer.status_int in (200, 201)
    assert exists(app, bucket_id)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_script_that_knows_a_password_may_write(
    app: webtest.TestApp, bucket_id: str, headers: dict[str, str]
) -> None:
    answer = post(
        app,
        "/v1/buckets",
        json.dumps({"data": {"id": bucket_id}}),
        PUBLISHER_HEADERS | headers,
        "application/json",
    )
    assert answer.status_int == 201


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("content_type", UNASKED_TYPES)
def test_searches_are_answered(
    app: webtest.TestApp, collection_path: str, content_type: str, headers: dict[str, str]
) -> None:
    given = PUBLISHER_HEADERS | headers
    path = f"{collection_path}/search"
    assert post(app, path, '{"size": 0}', given, content_type).status_int != 403
