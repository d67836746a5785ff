"""Nobody gets an answer from before an acknowledged write, or one that is no longer for them."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import PUBLISHER_HEADERS, serving
from tests.server.anonymous.conftest import ON_KINTO_PATH, Place

PRIVATE = {"permissions": {"read": []}}


def put(place: Place, record_id: str = "one", **data: Any) -> None:
    place.app.put_json(
        f"{place.path}/records/{record_id}",
        {"data": {"made": "a"} | data},
        headers=PUBLISHER_HEADERS,
    )


def bucket_path(place: Place) -> str:
    return f"/v1/buckets/{place.bucket_id}"


def test_a_permission_that_is_taken_back_is_gone_at_once(place):
    put(place)
    assert place.is_fast(lambda: place.ask())
    place.app.patch_json(bucket_path(place), PRIVATE, headers=PUBLISHER_HEADERS)
    assert place.ask().status_code == 401
    assert place.ask(method="HEAD").status_code == 401
    place.app.patch_json(
        place.path, {"permissions": {"read": ["system.Everyone"]}}, headers=PUBLISHER_HEADERS
    )
    assert place.is_fast(lambda: place.ask())
    assert [record["id"] for record in place.ask().json["data"]] == ["one"]


def test_a_poll_after_the_permission_was_taken_back_is_refused(place):
    etag = place.ask().headers["ETag"]
    assert place.ask(If_None_Match=etag).status_code == 304
    place.app.patch_json(bucket_path(place), PRIVATE, headers=PUBLISHER_HEADERS)
    assert place.ask(If_None_Match=etag).status_code == 401


def test_permissions_on_single_records_leave_the_list_to_kintos_own_path(place):
    put(place)
    put(place, "two")
    place.app.patch_json(bucket_path(place), PRIVATE, headers=PUBLISHER_HEADERS)
    place.app.patch_json(
        f"{place.path}/records/two",
        {"permissions": {"read": ["system.Everyone"]}},
        headers=PUBLISHER_HEADERS,
    )
    assert [record["id"] for record in place.ask().json["data"]] == ["two"]


@pytest.mark.parametrize("of", ["collection", "bucket"])
def test_a_collection_that_is_deleted_is_gone_at_once(place, of):
    put(place)
    place.ask()
    path = {"collection": place.path, "bucket": bucket_path(place)}[of]
    place.app.delete(path, headers=PUBLISHER_HEADERS)
    kintos = place.ask(**ON_KINTO_PATH)
    assert (place.ask().status_code, place.ask().body) == (kintos.status_code, kintos.body)
    assert kintos.status_code in (401, 404)


def test_a_collection_that_is_made_anew_has_its_own_schema(place):
    put(place, size="5")
    assert place.ask("size=5").json["data"] == []
    before = place.app.get(place.path, headers=PUBLISHER_HEADERS).json["data"]["last_modified"]
    place.app.delete(place.path, headers=PUBLISHER_HEADERS)
    # With the very timestamp of the one before.
    schema = {"type": "object", "properties": {"size": {"type": "string"}}}
    made = place.app.put_json(
        place.path,
        {"data": {"schema": schema, "last_modified": before}},
        headers=PUBLISHER_HEADERS,
    )
    assert made.json["data"]["last_modified"] == before
    put(place, size="5")
    assert [record["id"] for record in place.ask("size=5").json["data"]] == ["one"]


def test_a_changed_schema_counts_from_the_next_request_on(place):
    put(place, size="5")
    assert place.ask("size=5").json["data"] == []
    schema = {"type": "object", "properties": {"size": {"type": "string"}}}
    place.app.patch_json(place.path, {"data": {"schema": schema}}, headers=PUBLISHER_HEADERS)
    assert [record["id"] for record in place.ask("size=5").json["data"]] == ["one"]
    assert place.is_fast(lambda: place.ask("size=5"))


def test_writes_show_from_their_answer_on(place):
    for number in range(20):
        put(place, f"r{number}")
        found = place.ask()
        assert found.json["data"][0]["id"] == f"r{number}"
        assert found.headers["ETag"] == f'"{found.json["data"][0]["last_modified"]}"'
        assert place.ask(method="HEAD").headers["Total-Records"] == str(number + 1)


def test_who_polls_gets_deletions_too(place):
    put(place, "one")
    put(place, "two")
    since = place.ask().headers["ETag"]
    assert place.ask(If_None_Match=since).status_code == 304
    place.app.delete(f"{place.path}/records/one", headers=PUBLISHER_HEADERS)
    assert place.is_fast(lambda: place.ask(If_None_Match=since))
    changed = place.ask(f"_since={since}".replace('"', "%22"), If_None_Match=since)
    assert changed.status_code == 200
    [tombstone] = changed.json["data"]
    assert tombstone == {"id": "one", "deleted": True, "last_modified": tombstone["last_modified"]}
    assert changed.headers["ETag"] == f'"{tombstone["last_modified"]}"'


def test_what_is_not_committed_does_not_show(place):
    put(place)
    etag = place.ask().headers["ETag"]
    parent_id = place.path.removeprefix("/v1")
    place.connection.autocommit = False
    try:
        with place.connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO objects (id, parent_id, resource_name, data, last_modified, deleted)"
                " VALUES ('later', %s, 'record', '{}', NULL, false)",
                (parent_id,),
            )
        assert place.ask(If_None_Match=etag).status_code == 304
        assert place.ask(method="HEAD").headers["Total-Records"] == "1"
        place.connection.commit()
        assert place.ask(method="HEAD").headers["Total-Records"] == "2"
    finally:
        place.connection.rollback()
        place.connection.autocommit = True


def test_every_thread_sees_what_was_acknowledged_to_any(place):
    """Four write and count at once, over HTTP, each its own records."""
    path = f"{place.path}/records"

    def write_and_read(url, writer):
        connection = http.client.HTTPConnection(urlsplit(url).netloc)

        def ask(method, address, body=None, **headers):
            connection.request(method, f"{path}{address}", body, headers)
            answer = connection.getresponse()
            return answer.headers, answer.read()

        seen = []
        for number in range(12):
            body = json.dumps({"data": {"made": f"w{writer}"}})
            headers = PUBLISHER_HEADERS | {"Content-Type": "application/json"}
            _, written = ask("PUT", f"/w{writer}-{number}", body, **headers)
            changed = json.loads(written)["data"]["last_modified"]
            listed, content = ask("GET", f"?made=w{writer}")
            counted, _ = ask("HEAD", f"?made=w{writer}")
            seen.append(
                (
                    len(json.loads(content)["data"]),
                    int(counted["Total-Records"]),
                    int(listed["ETag"].strip('"')) >= changed,
                )
            )
        connection.close()
        return seen

    with serving(place.app.app) as url, ThreadPoolExecutor(4) as threads:
        for seen in threads.map(lambda writer: write_and_read(url, writer), range(4)):
            assert seen == [(number, number, True) for number in range(1, 13)]
