"""Bodies over the limit of their endpoint are refused first of all."""

import http.client
import json
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from kinto_buildhub.request_hooks.bodies.body_limits import BodyLimits

from tests.conftest import PUBLISHER_HEADERS, serving

LIMITS = {
    "kinto.bulk.max_request_bytes": "3000",
    "kinto.search.max_body_bytes": "1000",
    "kinto.buildhub.max_request_bytes": "2000",
}
C = "/v1/buckets/b/collections/c"


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app(**LIMITS)
    for path in ("/v1/buckets/b", C):
        app.put_json(path, {}, headers=PUBLISHER_HEADERS)
    return app


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{C}/bulk", 3000),
        ("/v1/buckets/default/collections/c/bulk", 3000),
        (f"{C}/search", 1000),
        (f"{C}/_search", 1000),
        (f"{C}/_count", 1000),
        (f"{C}/_msearch", 1000),
        (f"{C}/releases/_search", 1000),
        (f"{C}/_repair", 2000),
        (f"{C}/records", 2000),
        (f"{C}/records/bulk", 2000),
        (f"{C}/records/search", 2000),
        ("/v1/batch", 2000),
        ("/v1/", 2000),
        ("/", 2000),
        ("", 2000),
        ("/v1/accounts/somebody", 2000),
        ("/bulk", 2000),
    ],
)
def test_the_limit_of_a_path(path, expected):
    limits = BodyLimits({name.removeprefix("kinto."): int(of) for name, of in LIMITS.items()})
    assert limits.max_bytes(path) == expected


@pytest.mark.parametrize("headers", [{}, PUBLISHER_HEADERS], ids=["anonymous", "publisher"])
@pytest.mark.parametrize(
    ("method", "path", "setting"),
    [
        ("POST", "/v1/batch", "buildhub.max_request_bytes"),
        ("PUT", f"{C}/records/one", "buildhub.max_request_bytes"),
        ("PATCH", f"{C}/records/one", "buildhub.max_request_bytes"),
        ("PUT", "/v1/accounts/somebody", "buildhub.max_request_bytes"),
        ("POST", "/v1/", "buildhub.max_request_bytes"),
        ("GET", "/v1/", "buildhub.max_request_bytes"),
        ("POST", "/v1/buckets/private/collections/c/search", "search.max_body_bytes"),
        ("POST", f"{C}/_search", "search.max_body_bytes"),
        ("POST", f"{C}/_msearch", "search.max_body_bytes"),
        ("POST", f"{C}/bulk", "bulk.max_request_bytes"),
    ],
)
def test_a_body_over_the_limit_is_refused_whoever_sends_it(app, method, path, setting, headers):
    limit = LIMITS[f"kinto.{setting}"]
    answer = app.request(
        path, method=method, body=b" " * (int(limit) + 1), headers=headers, status=413
    )
    assert answer.json["errno"] == 113
    assert answer.json["message"] == f"The body is larger than {limit} bytes (kinto.{setting})."


def test_a_body_at_the_limit_is_read(app):
    record = {"data": {"text": ""}}
    record["data"]["text"] = "x" * (2000 - len(json.dumps(record)))
    app.put(
        f"{C}/records/full",
        json.dumps(record),
        headers={**PUBLISHER_HEADERS, "Content-Type": "application/json"},
        status=201,
    )


@pytest.mark.parametrize(("size", "status"), [(2001, 413), (1900, 201)])
def test_a_chunked_body_is_counted(app, size, status):
    body = json.dumps({"data": {"text": ""}}).encode()
    body += b" " * (size - len(body))
    with serving(app.app) as url:
        parts = urlsplit(url)
        with closing(http.client.HTTPConnection(str(parts.netloc), timeout=20)) as connection:
            connection.request(
                "PUT",
                f"{C}/records/chunked{size}",
                iter([body[:700], body[700:]]),
                {**PUBLISHER_HEADERS, "Content-Type": "application/json"},
                encode_chunked=True,
            )
            assert connection.getresponse().status == status


def test_requests_of_a_batch_are_not_counted_again(app):
    batch = {"requests": [{"method": "GET", "path": "/"}]}
    assert app.post_json("/v1/batch", batch).json["responses"][0]["status"] == 200
