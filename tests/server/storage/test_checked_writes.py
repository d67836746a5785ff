"""Values that cannot be stored: answered with status 400, and nothing else suffers."""

import json
import random
import re
import string

import psycopg2
import pytest
from kinto_buildhub.storage.checked_writes import MAX_ID_LENGTH, MAX_TIMESTAMP_MS

from tests.conftest import PUBLISHER_HEADERS

# Random letters, since PostgreSQL compresses what repeats.
LONG = "".join(random.Random(1).choices(string.ascii_letters, k=9000))  # noqa: S311

WRITES = [("PUT", "/records/new"), ("POST", "/records"), ("PATCH", "/records/old"), ("PUT", "")]


@pytest.fixture
def collection(app, collection_path):
    path = f"{collection_path}-plain"
    app.put_json(path, headers=PUBLISHER_HEADERS)
    app.put_json(f"{path}/records/old", {"data": {"n": 1}}, headers=PUBLISHER_HEADERS)
    return path


def send(app, method, path, body):
    headers = {**PUBLISHER_HEADERS, "Content-Type": "application/json"}
    request = {"method": method, "body": json.dumps(body).encode(), "headers": headers}
    return app.request(path, expect_errors=True, **request)


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"last_modified": 253402300799999}, "the years 1 to 9998"),
        ({"last_modified": MAX_TIMESTAMP_MS + 1}, "the years 1 to 9998"),
        ({"last_modified": 2**63}, "the years 1 to 9998"),
        ({"z": "\0"}, "0x00"),
        ({"\0": 1}, "0x00"),
        ({"z": [{"y": "a\0b"}]}, "0x00"),
    ],
    ids=repr,
)
def test_a_value_that_cannot_be_stored_is_refused(app, collection, method, path, data, problem):
    answer = send(app, method, collection + path, {"data": data})
    assert answer.status_int == 400
    assert problem in answer.json["message"]
    assert send(app, "PUT", f"{collection}/records/next", {"data": {}}).status_int == 201
    assert app.get(f"{collection}/records", headers=PUBLISHER_HEADERS).status_int == 200


@pytest.mark.parametrize("timestamp", [-62135596800001, -(10**15), True])
@pytest.mark.parametrize(("method", "path"), WRITES[:2])
def test_a_timestamp_before_the_year_1_or_none_is_refused(app, collection, method, path, timestamp):
    body = {"data": {"last_modified": timestamp}}
    assert send(app, method, collection + path, body).status_int == 400


@pytest.mark.parametrize("timestamp", [-1, 0, 1, MAX_TIMESTAMP_MS])
def test_other_timestamps_are_stored_and_harmless(app, collection, timestamp):
    body = {"data": {"last_modified": timestamp}}
    assert send(app, "PUT", f"{collection}/records/new", body).status_int == 201
    assert send(app, "PUT", f"{collection}/records/next", {"data": {}}).status_int == 201
    assert app.get(f"{collection}/records", headers=PUBLISHER_HEADERS).status_int == 200


def test_a_deletion_at_the_end_of_time_is_refused(app, collection):
    path = f"{collection}/records/old?last_modified=253402300799999"
    answer = app.delete(path, headers=PUBLISHER_HEADERS, status=400)
    assert "the years 1 to 9998" in answer.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"/records/{LONG[:2800]}", {"data": {}}),
        ("PUT", f"/records/{LONG[: MAX_ID_LENGTH + 1]}", {"data": {}}),
        ("POST", "/records", {"data": {"id": LONG[:2800]}}),
        ("PUT", f"/../../groups/{LONG[:2800]}", {"data": {"members": []}}),
        ("PUT", f"/../{LONG[:2800]}", {"data": {}}),
        ("PUT", f"/../../../{LONG[:2800]}", {"data": {}}),
    ],
    ids=["record", "just-too-long", "record-in-body", "group", "collection", "bucket"],
)
def test_a_long_id_is_refused(app, collection, method, path, body):
    parts = (collection + path).split("/")
    while ".." in parts:
        up = parts.index("..")
        del parts[up - 1 : up + 1]
    answer = send(app, method, "/".join(parts), body)
    assert answer.status_int == 400
    assert f"at most {MAX_ID_LENGTH} characters" in answer.json["message"]


@pytest.mark.parametrize(
    "permissions",
    [{"read": ["\0"]}, {"read": [LONG]}],
    ids=["NUL", "long"],
)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_principal_that_cannot_be_stored_is_refused(app, collection, method, path, permissions):
    answer = send(app, method, collection + path, {"data": {}, "permissions": permissions})
    assert answer.status_int == 400


def test_a_long_member_of_a_group_is_refused(app, collection):
    path = f"{collection.rsplit('/', 2)[0]}/groups/g"
    assert send(app, "PUT", path, {"data": {"members": [LONG]}}).status_int == 400


def test_a_long_value_of_an_indexed_field_costs_no_other_line_of_a_bulk(make_app, make_database):
    database_url = make_database()
    app = make_app(database_url)
    path = "/v1/buckets/build-hub/collections/indexed"
    app.put_json("/v1/buckets/build-hub", headers=PUBLISHER_HEADERS)
    app.put_json(path, headers=PUBLISHER_HEADERS)
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX test_locale ON objects ((data->'locale'))")
    connection.close()
    lines = [{"id": "a"}, {"id": "b", "locale": LONG}, {"id": LONG[:2800]}, {"id": "c"}]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    headers = {**PUBLISHER_HEADERS, "Content-Type": "application/x-ndjson"}
    answer = app.post(f"{path}/bulk", body, headers=headers)
    *results, _ = [json.loads(line) for line in answer.text.splitlines()]
    assert [r["status"] for r in results] == ["created", "invalid", "invalid", "created"]
    named = "index row .*; the longest one is locale, of 9000 characters"
    assert re.search(named, results[1]["error"])
    assert f"at most {MAX_ID_LENGTH} characters" in results[2]["error"]
    answer = send(app, "PUT", f"{path}/records/d", {"data": {"locale": LONG}})
    assert answer.status_int == 400
    assert re.search(named, answer.json["message"])
