"""Versions, media types and errors as clients ask for them, at real endpoints."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conftest import PUBLISHER_HEADERS
from tests.server.negotiation.test_accept import HEADERS

PROBLEM = "application/problem+json"
ENDPOINTS = ["", "/records", "/records?_limit=1", "/coverage", "/_count"]


@pytest.mark.parametrize("endpoint", ["", "/records", "/coverage"])
def test_a_version_that_exists_is_served(app, collection_path, endpoint):
    url = collection_path + endpoint
    versioned = app.get(url, headers={"Accept": "application/v1"})
    assert versioned.content_type == "application/json"
    assert versioned.json == app.get(url).json


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_another_version_is_refused(app, collection_path, method, endpoint):
    answer = app.request(
        collection_path + endpoint, method=method, headers={"Accept": "application/v7"}, status=406
    )
    if method != "HEAD":
        assert answer.json["errno"] == 116
        assert "application/v1; got application/v7" in answer.json["message"]


def test_another_version_within_a_batch_is_refused(app, collection_path):
    part = {"path": collection_path, "headers": {"Accept": "application/v7"}}
    requests = [part, {"path": collection_path}]
    refused, served = app.post_json("/v1/batch", {"requests": requests}).json["responses"]
    assert (refused["status"], served["status"]) == (406, 200)


def test_a_type_in_capitals_is_json(app, collection_path):
    stored = app.put(
        collection_path,
        json.dumps({"data": {"a": 1}}),
        headers=PUBLISHER_HEADERS | {"Content-Type": "Application/JSON; charset=UTF-8"},
    )
    assert stored.json["data"]["a"] == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x"])
@pytest.mark.parametrize(
    ("method", "endpoint"),
    [("PUT", ""), ("PATCH", ""), ("POST", "/records"), ("PUT", "/records/r"), ("POST", "/bulk")],
)
def test_writes_of_anything_but_json_are_refused(
    app, collection_path, method, endpoint, content_type
):
    answer = app.request(
        collection_path + endpoint,
        method=method,
        body=b"{}",
        headers=PUBLISHER_HEADERS | {"Content-Type": content_type},
        status=415,
    )
    assert "Content-Type header should be one of ['application/" in answer.json["message"]


@pytest.mark.parametrize(
    ("method", "endpoint"),
    [("PUT", ""), ("PATCH", ""), ("POST", "/records"), ("PUT", "/records/r")],
)
def test_compressed_json_is_refused(app, collection_path, method, endpoint):
    answer = app.request(
        collection_path + endpoint,
        method=method,
        body=gzip.compress(b"{}"),
        headers=PUBLISHER_HEADERS
        | {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        status=415,
    )
    assert answer.json["message"].startswith("Content-Encoding is 'gzip': ")
    assert answer.headers["Accept-Encoding"] == "identity"


FAILURES = {
    "/records?target.versoin=1": 400,
    "/records/nothing": 404,
    "/_nothing": 404,
    "/_count?q=%28": 503,
}


@pytest.mark.parametrize(("endpoint", "status"), FAILURES.items())
def test_an_error_is_a_problem_if_that_is_asked_for(app, collection_path, endpoint, status):
    url = collection_path + endpoint
    usual = app.get(url, status=status)
    assert usual.content_type == "application/json"
    assert "Accept" in usual.vary
    problem = app.get(url, headers={"Accept": PROBLEM}, status=status)
    assert problem.content_type == PROBLEM
    assert "Accept" in problem.vary
    body = problem.json
    assert body["type"].endswith(f"/api/status-codes.html#errno-{body['errno']}")
    assert (body["status"], body["instance"]) == (status, url)
    assert body["detail"] == usual.json["message"]


def test_what_succeeds_is_json_whoever_prefers_problems(app, collection_path):
    answer = app.get(f"{collection_path}/records", headers={"Accept": PROBLEM})
    assert answer.content_type == "application/json"


def test_errors_within_a_batch_are_kintos(app, collection_path):
    requests = [{"path": f"{collection_path}/records/nothing"}]
    answer = app.post_json("/v1/batch", {"requests": requests}, headers={"Accept": PROBLEM})
    assert "type" not in answer.json["responses"][0]["body"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(HEADERS, HEADERS)
def test_whatever_headers_say_is_answered(app, collection_path, accept, content_type):
    headers = {"Accept": accept.strip(), "Content-Type": content_type.strip()}
    headers = {name: "".join(c for c in value if c >= " ") for name, value in headers.items()}
    for endpoint in ("/records", "/records?target.versoin=1", "/nothing"):
        answer = app.get(collection_path + endpoint, headers=headers, status="*")
        assert answer.status_code in (200, 400, 404, 406)
