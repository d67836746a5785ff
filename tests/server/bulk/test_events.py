"""Listeners hear of records in bulk as they hear of a batch of PUTs."""

import json
import uuid

import pytest

from tests.conftest import PUBLISHER_HEADERS
from tests.server.bulk import post, statuses


@pytest.fixture(scope="module")
def listening(make_app):
    return make_app(
        **{
            "kinto.includes": "kinto.plugins.history kinto_buildhub tests.server.bulk.recorder",
            "kinto.bulk.batch_size": "5",
        }
    )


@pytest.fixture
def path(listening):
    bucket = f"/v1/buckets/{uuid.uuid4().hex}"
    listening.put_json(bucket, {}, headers=PUBLISHER_HEADERS)
    listening.put_json(f"{bucket}/collections/c", {}, headers=PUBLISHER_HEADERS)
    listening.app.registry.recorded.clear()
    return f"{bucket}/collections/c"


def ids_by_event(app):
    return [
        (name, payload["action"], [change["new"]["id"] for change in impacted])
        for name, payload, impacted in app.app.registry.recorded
    ]


def test_there_is_one_event_for_each_action_of_a_chunk(listening, path):
    post(listening, path, [{"id": "a"}, {"id": "b"}])
    listening.app.registry.recorded.clear()
    lines = [{"id": "c"}, {"id": "a", "n": 1}, {"id": "b"}, {"id": "d"}, {"id": "e"}, {"id": "f"}]
    post(listening, path, lines)
    assert ids_by_event(listening) == [
        ("ResourceChanged", "create", ["c", "d", "e"]),
        ("ResourceChanged", "update", ["a"]),
        ("AfterResourceChanged", "create", ["c", "d", "e"]),
        ("AfterResourceChanged", "update", ["a"]),
        ("ResourceChanged", "create", ["f"]),
        ("AfterResourceChanged", "create", ["f"]),
    ]


def test_an_event_tells_what_the_one_of_a_post_tells(listening, path):
    (created, _) = post(listening, path, [{"id": "bulk", "n": 1}])
    ((_, by_bulk, impacted), _) = listening.app.registry.recorded
    assert impacted == [{"new": {"id": "bulk", "n": 1, "last_modified": created["last_modified"]}}]
    listening.app.registry.recorded.clear()
    listening.post_json(f"{path}/records", {"data": {"id": "post"}}, headers=PUBLISHER_HEADERS)
    ((_, by_post, _), _) = listening.app.registry.recorded
    assert by_bulk.pop("timestamp") == created["last_modified"] < by_post.pop("timestamp")
    assert by_bulk == by_post


def test_an_update_tells_the_old_record_too(listening, path):
    post(listening, path, [{"id": "r", "n": 1}])
    listening.app.registry.recorded.clear()
    post(listening, path, [{"id": "r", "n": 2}])
    ((_, _, [change]), _) = listening.app.registry.recorded
    assert (change["old"]["n"], change["new"]["n"]) == (1, 2)
    assert change["old"]["last_modified"] < change["new"]["last_modified"]


def test_what_is_unchanged_or_refused_makes_no_event(listening, path):
    post(listening, path, [{"id": "r"}])
    listening.app.registry.recorded.clear()
    assert statuses(post(listening, path, [{"id": "r"}, {"n": 1}])) == ["unchanged", "invalid"]
    assert listening.app.registry.recorded == []


@pytest.mark.parametrize(
    ("refusal", "status", "message"),
    [
        ("invalid", "invalid", "listener in body: not with me"),
        ("forbidden", "forbidden", "This user cannot access this resource."),
    ],
)
def test_a_listener_refuses_one_record_and_no_other(listening, path, refusal, status, message):
    lines = [{"id": "a"}, {"id": "b", "listener": refusal}, {"id": "c"}]
    answers = post(listening, path, lines)
    assert statuses(answers) == ["created", status, "created"]
    assert answers[1]["error"] == message
    stored = listening.get(f"{path}/records", headers=PUBLISHER_HEADERS).json["data"]
    assert {record["id"] for record in stored} == {"a", "c"}
    after = [ids for name, _, ids in ids_by_event(listening) if name.startswith("After")]
    assert after == [["a"], ["c"]]


def test_a_listener_that_breaks_ends_the_request(listening, path):
    lines = [*({"id": f"r{n}"} for n in range(5)), {"id": "x", "listener": "broken"}, {"id": "y"}]
    *answered, last = post(listening, path, lines)
    assert [line["status"] for line in answered] == ["created"] * 5
    assert last["error"]["code"] == 500
    stored = listening.get(f"{path}/records", headers=PUBLISHER_HEADERS).json["data"]
    assert {record["id"] for record in stored} == {f"r{n}" for n in range(5)}


def test_a_listener_that_breaks_at_once_makes_it_an_error(listening, path):
    broken = json.dumps({"id": "x", "listener": "broken"}).encode()
    listening.post(
        f"{path}/bulk",
        broken,
        headers=PUBLISHER_HEADERS | {"Content-Type": "application/x-ndjson"},
        status=500,
    )


def test_a_listener_that_fails_afterwards_changes_nothing(listening, path):
    assert statuses(post(listening, path, [{"id": "r", "listener": "fails afterwards"}])) == [
        "created"
    ]


def test_the_history_knows_each_change(listening, path):
    post(listening, path, [{"id": "r", "n": 1}, {"id": "s"}, {"id": "r", "n": 2}])
    bucket = path.partition("/collections")[0]
    entries = listening.get(
        f"{bucket}/history?resource_name=record&_sort=last_modified", headers=PUBLISHER_HEADERS
    ).json["data"]
    uri = f"{path.removeprefix('/v1')}/records"
    seen = [(entry["action"], entry["uri"], entry["target"]["data"].get("n")) for entry in entries]
    assert seen == [
        ("create", f"{uri}/r", 1),
        ("create", f"{uri}/s", None),
        ("update", f"{uri}/r", 2),
    ]
    assert all(entry["user_id"].startswith("basicauth:") for entry in entries)
    assert all("write" in entry["target"]["permissions"] for entry in entries)


def test_a_database_that_fails_midway_ends_the_answer(listening, path):
    lines = [*({"id": f"r{n}"} for n in range(5)), {"id": "x", "listener": "cut"}, {"id": "y"}]
    *answered, last = post(listening, path, lines)
    assert [line["status"] for line in answered] == ["created"] * 5
    assert (last["error"]["code"], last["error"]["errno"]) == (503, 201)
    assert statuses(post(listening, path, [{"id": "r0"}, {"id": "y"}])) == ["unchanged", "created"]


def test_a_database_that_fails_at_once_asks_to_come_back(listening, path):
    answer = listening.post(
        f"{path}/bulk",
        json.dumps({"id": "x", "listener": "cut"}).encode(),
        headers=PUBLISHER_HEADERS | {"Content-Type": "application/x-ndjson"},
        status=503,
    )
    assert answer.headers["Retry-After"] == "3"
