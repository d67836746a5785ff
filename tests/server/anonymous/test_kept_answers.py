"""An answer is kept until something is written, whatever that is and however it is written."""

from datetime import date
from types import SimpleNamespace

import pytest
from kinto_buildhub.anonymous.eligibility import EligibleRequest
from kinto_buildhub.anonymous.kept_answers import KeptAnswers
from kinto_buildhub.anonymous.responses import KeptResponse, keep_response
from kinto_buildhub.search.index_names import IndexId

from tests.conftest import PUBLISHER_HEADERS
from tests.server.anonymous.conftest import ON_KINTO_PATH


def count(place, query=""):
    return int(place.ask(query, method="HEAD").headers["Total-Records"])


def ids(place, query=""):
    return sorted(record["id"] for record in place.ask(query).json["data"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_read_twice_while_nothing_is_written(place, method):
    place.fill([{"made": "a"}, {"made": "b"}, {}])
    for query in ("", "made=a", "has_made=true", "made=c", "_since=0", "_sort=made&_limit=1"):
        assert not place.is_kept(lambda query=query: place.ask(query, method))
        for _ in range(2):
            assert place.is_kept(lambda query=query: place.ask(query, method))


def test_a_poll_that_finds_nothing_new_is_kept(place):
    place.fill([{"made": "a"}])
    etag = place.ask().headers["ETag"]
    for _ in range(2):
        assert place.ask(If_None_Match=etag).status_code == 304
    assert place.is_kept(lambda: place.ask(If_None_Match=etag))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_single_record_is_kept(place, method):
    place.fill([{"made": "a"}])
    assert not place.is_fast(lambda: place.get_record("r0", method))
    assert place.is_kept(lambda: place.get_record("r0", method))
    body = {"data": {"made": "b"}}
    place.app.put_json(f"{place.path}/records/r0", body, headers=PUBLISHER_HEADERS)
    assert not place.is_fast(lambda: place.get_record("r0", method))
    assert place.get_record("r0").json["data"]["made"] == "b"


def test_a_single_record_goes_with_its_permission(place):
    place.fill([{"made": "a"}])
    bucket = f"/v1/buckets/{place.bucket_id}"
    for readers, status in ((["system.Everyone"], 200), ([], 401), (["system.Everyone"], 200)):
        permissions = {"permissions": {"read": readers}}
        place.app.patch_json(bucket, permissions, headers=PUBLISHER_HEADERS)
        assert [place.get_record("r0").status_code for _ in range(3)] == [status] * 3


def test_a_record_that_is_missing_is_not_kept(place):
    for _ in range(2):
        assert not place.is_fast(lambda: place.get_record("nothing"))


def test_a_record_by_its_old_id_is_not_kept(place):
    body = {"data": {"made": "a"}}
    record_id = "firefox_52-0esr_win32_fr"
    place.app.put_json(f"{place.path}/records/{record_id}", body, headers=PUBLISHER_HEADERS)
    for _ in range(3):
        answer = place.get_record("firefox_esr_52-0esr_win32_fr")
        assert answer.headers["Content-Location"].endswith(record_id)


def test_what_is_kept_for_everyone_is_not_what_a_user_gets(place):
    body = {"data": {"made": "a"}}
    place.app.put_json(f"{place.path}/records/r0", body, headers=PUBLISHER_HEADERS)
    for _ in range(2):
        assert place.get_record("r0").json["permissions"] == {}
        own = place.get_record("r0", **PUBLISHER_HEADERS)
        assert own.json["permissions"] != {}
        assert place.get_record("r0", **ON_KINTO_PATH).json["permissions"] == {}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO objects (id, parent_id, resource_name, data, last_modified, deleted)"
        " VALUES ('old', %(parent_id)s, 'record', '{}', '2001-01-01', false)",
        "DELETE FROM objects WHERE parent_id = %(parent_id)s AND id = 'r0'",
        "UPDATE objects SET deleted = true, last_modified = '2001-01-01'"
        " WHERE parent_id = %(parent_id)s AND id = 'r0'",
    ],
    ids=["an-old-timestamp", "without-a-trace", "an-old-tombstone"],
)
def test_writes_that_leave_the_timestamp_are_seen(place, statement):
    place.fill([{"made": "a"}, {"made": "b"}, {}])
    before = (count(place), place.ask(method="HEAD").headers["ETag"])
    with place.connection.cursor() as cursor:
        cursor.execute(statement, {"parent_id": place.path.removeprefix("/v1")})
    after = (count(place), place.ask(method="HEAD").headers["ETag"])
    assert abs(after[0] - before[0]) == 1
    assert after[1] == before[1]


def test_a_write_shows_when_it_is_committed(place):
    place.fill([{}, {}])
    assert count(place) == 2
    parent_id = place.path.removeprefix("/v1")
    place.connection.autocommit = False
    try:
        with place.connection.cursor() as cursor:
            cursor.execute("SAVEPOINT within")
            cursor.execute("DELETE FROM objects WHERE parent_id = %s AND id = 'r0'", (parent_id,))
            cursor.execute("RELEASE within")
        for _ in range(2):
            assert count(place) == 2
        # Others begin, and end, meanwhile.
        place.app.put_json(f"{place.path}/records/r5", {"data": {}}, headers=PUBLISHER_HEADERS)
        for _ in range(2):
            assert count(place) == 3
        place.connection.commit()
        for _ in range(2):
            assert count(place) == 2
    finally:
        place.connection.rollback()
        place.connection.autocommit = True


def test_each_place_and_filter_has_an_answer_of_its_own(place, shared_place):
    place.fill([{"made": "1"}])
    shared_place.fill([{"made": "1"}, {"it": {"size": 1}}, {"it": {"size": True}}])
    for _ in range(2):
        assert (count(place), count(shared_place)) == (1, 3)
        assert (ids(place), ids(shared_place)) == (["r0"], ["r0", "r1", "r2"])
        assert count(shared_place, "it.size=1") == 1
        assert count(shared_place, "in_plain=1,true") == 0
        assert count(shared_place, "has_it.size=true") == 2


def request(query="", **environ):
    named = {"REQUEST_METHOD": "GET", "QUERY_STRING": query}
    return EligibleRequest(named | environ, IndexId("a", "b"), "records")


def test_each_day_has_answers_of_its_own():
    days = iter([date(2026, 11, 30), date(2026, 12, 1)])
    kept = KeptAnswers(today=lambda: next(days))
    assert kept.key(request("date_range=1"), "now") != kept.key(request("date_range=1"), "now")


def test_nothing_is_kept_where_the_state_is_not_known():
    kept = KeptAnswers()
    assert kept.key(request(), None) is None
    assert kept.get(None) is None


def test_answers_do_not_fill_the_memory():
    kept = KeptAnswers(limit_bytes=100_000)
    keys = [kept.key(request(f"made={number}"), "now") for number in range(300)]
    for key in keys:
        kept.put(key, KeptResponse("200 OK", [("A", "b")], b"x" * 1000))
    assert kept.get(keys[0]) is None
    assert kept.get(keys[-1]).body == b"x" * 1000


def response(**changes):
    given = {"status": "200 OK", "headerlist": [], "content_length": 4, "app_iter": [b"abcd"]}
    return SimpleNamespace(**given | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "404 Not Found"},
        {"content_length": 101},
        {"headerlist": [("Expires", "soon")]},
        {"headerlist": [("content-location", "/v1/elsewhere")]},
        {"headerlist": [("Set-Cookie", "a=b")]},
    ],
    ids=str,
)
def test_what_is_long_or_of_its_time_is_not_kept(changes):
    assert keep_response(response(**changes), 100) is None


def test_the_header_of_the_moment_is_not_kept():
    exposed = "Access-Control-Expose-Headers"
    headers = [("Complete-Until", "noon"), (exposed, "ETag, Complete-Until"), ("A", "b")]
    kept = keep_response(response(headerlist=headers), 100)
    assert kept == KeptResponse("200 OK", [(exposed, "ETag"), ("A", "b")], b"abcd")


def test_headers_that_a_server_adds_are_not_kept():
    kept = KeptResponse("200 OK", [("A", "b")], b"")
    kept({"REQUEST_METHOD": "GET"}, lambda status, headers: headers.append(("Date", "today")))
    assert kept.headers == [("A", "b")]
