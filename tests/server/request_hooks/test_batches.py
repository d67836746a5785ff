"""Batches with a part that is none: refused as a whole, and nothing of them is done."""

import pytest

from tests.conftest import PUBLISHER_HEADERS

GOOD = {"path": "/"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ([], ""),
        (1, ""),
        (None, ""),
        ({"requests": [1]}, "requests.0"),
        ({"requests": [GOOD, {"path": 1}]}, "requests.1.path"),
        ({"requests": [{"path": "/buckets/é"}]}, "requests.0.path"),
        ({"requests": [{"path": "/buckets?name=é"}]}, "requests.0.path"),
        ({"requests": [{"path": "/😀"}]}, "requests.0.path"),
        ({"requests": [{"path": "/buckets/%ff"}]}, "requests.0.path"),
        ({"requests": [{"path": "/", "headers": 1}]}, "requests.0.headers"),
        ({"requests": [{"path": "/", "body": [1]}]}, "requests.0.body"),
        ({"requests": [{"path": "/", "headers": {"x": "😀"}}]}, "requests.0.headers.x"),
        ({"requests": [{"path": "/", "headers": {"x": "a\nb: c"}}]}, "requests.0.headers.x"),
        ({"requests": [{"path": "/", "headers": {"x\n": "a"}}]}, "requests.0.headers"),
        ({"requests": [{"path": "/", "headers": {"": "a"}}]}, "requests.0.headers"),
        ({"requests": [{"path": "/", "headers": {"x": "a" * 8190}}]}, "requests.0.headers.x"),
        ({"defaults": {"headers": {"x": "a" * 8190}}, "requests": [GOOD]}, "defaults.headers.x"),
        (
            {"requests": [{"path": "/", "headers": {"x" * i: "a" * 8000 for i in range(1, 6)}}]},
            "requests.0.headers",
        ),
        ({"defaults": 1, "requests": [GOOD]}, "defaults"),
        ({"defaults": {"headers": 1}, "requests": [GOOD]}, "defaults.headers"),
        ({"defaults": {"path": "/é"}, "requests": [{}]}, "defaults.path"),
        (
            {"defaults": {"body": {"a": {"b": 1}}}, "requests": [{"path": "/", "body": {"a": 1}}]},
            "requests.0.body.a",
        ),
    ],
    ids=lambda value: repr(value)[:80] if not isinstance(value, str) else "",
)
def test_a_batch_with_a_part_that_is_none_is_refused_by_name(app, body, name):
    answer = app.post_json("/v1/batch", body, status=400).json
    assert answer["details"][0]["location"] == "body"
    assert answer["details"][0].get("name", "") == name


def test_nothing_of_a_refused_batch_is_done(app, collection_path):
    put = {"method": "PUT", "path": f"{collection_path}-new", "body": {"data": {}}}
    body = {"requests": [put, {"path": "/é"}]}
    app.post_json("/v1/batch", body, headers=PUBLISHER_HEADERS, status=400)
    app.get(f"{collection_path}-new", headers=PUBLISHER_HEADERS, status=404)


@pytest.mark.parametrize("path", ["/bulk", "/bulk/", "/%62ulk", "/bulk?x=1"])
def test_a_bulk_in_a_batch_is_refused_and_nothing_of_the_batch_is_done(app, collection_path, path):
    put = {"method": "PUT", "path": f"{collection_path}-new", "body": {"data": {}}}
    headers = {"Content-Type": "application/x-ndjson"}
    bulk = {"method": "POST", "path": f"{collection_path}{path}", "headers": headers}
    body = {"requests": [put, bulk]}
    answer = app.post_json("/v1/batch", body, headers=PUBLISHER_HEADERS, status=400)
    assert "bulk" in answer.json["message"]
    app.get(f"{collection_path}-new", headers=PUBLISHER_HEADERS, status=404)


@pytest.mark.parametrize(
    "path", ["/batch", "/%62atch", "/v1/bat%63h?x=1", "/%62atch/", "/%62atch//"]
)
def test_a_batch_in_a_batch_is_refused(app, path):
    part = {"method": "POST", "path": path, "body": {"requests": [GOOD]}}
    answer = app.post_json("/v1/batch", {"requests": [part]}, status=400)
    assert answer.json["details"][0]["name"] == "requests.0.path"


def test_too_many_requests_are_refused_before_they_are_looked_at(app):
    answer = app.post_json("/v1/batch", {"requests": [1] * 201}, status=400)
    assert answer.json["message"] == "Number of requests is limited to 200"


def test_a_collection_may_be_named_bulk(app, collection_path):
    path = collection_path.rsplit("/", 1)[0] + "/bulk"
    body = {"requests": [{"method": "PUT", "path": path, "body": {"data": {}}}]}
    [answer] = app.post_json("/v1/batch", body, headers=PUBLISHER_HEADERS).json["responses"]
    assert answer["status"] == 201


def test_encoded_characters_in_a_path_are_understood(app, collection_path):
    path = f"{collection_path}/records?target.locale=%C3%A9"
    [answer] = app.post_json("/v1/batch", {"requests": [{"path": path}]}).json["responses"]
    assert answer["status"] == 200


def test_bad_json_is_answered_by_kinto(app):
    headers = {"Content-Type": "application/json"}
    assert app.post("/v1/batch", "{", headers=headers, status=400).json["errno"] == 107


def test_a_nul_in_a_path_costs_only_its_own_request(app, collection_path):
    requests = [{"path": f"{collection_path}/coverage%00"}, {"path": "/"}]
    refused, answered = app.post_json("/v1/batch", {"requests": requests}).json["responses"]
    assert (refused["status"], answered["status"]) == (400, 200)


@pytest.mark.parametrize(
    "path",
    [
        "/catalog",
        "/v1/catalog/",
        "/catalog/.json?q=fr",
        "/catalog/builds/20170403083344",
        "/%63atalog/suggestions?q=f",
        "/catalog/badges/firefox/nightly.svg",
        "/catalog/%0a",
    ],
)
def test_a_page_in_a_batch_is_refused(app, path):
    answer = app.post_json("/v1/batch", {"requests": [{"path": path}]}, status=400)
    assert "a page of the catalogue cannot be part of a batch" in answer.json["message"]


@pytest.mark.parametrize("path", ["/", "/v1/", "/?q=firefox"])
def test_a_batch_does_not_lead_to_a_page(app, path):
    request = {"path": path, "headers": {"Accept": "text/html"}}
    (answer,) = app.post_json("/v1/batch", {"requests": [request]}).json["responses"]
    assert answer["status"] == 200
    assert answer["body"]["project_name"]
