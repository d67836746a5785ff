"""Lanes: who starts, who waits, who is refused."""

import pytest
from kinto_buildhub.run.lanes import Entry, Lanes
from kinto_buildhub.run.request_lane import (
    BULK,
    HEARTBEAT,
    HEAVY,
    LIGHT,
    SEARCH,
    WITH_CREDENTIALS,
    find_lane,
)

C = "/v1/buckets/b/collections/c"


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/v1/", "", LIGHT),
        ("GET", "/v1/__heartbeat__", "", HEARTBEAT),
        ("GET", "/__heartbeat__", "", HEARTBEAT),
        ("GET", "/v1/__lbheartbeat__", "", LIGHT),
        ("GET", f"{C}/records/one", "", LIGHT),
        ("GET", f"{C}/records", "_limit=1", LIGHT),
        ("GET", f"{C}/records", "a=b&_limit=100&_sort=id", LIGHT),
        ("GET", f"{C}/records", "_limit=101", HEAVY),
        ("GET", f"{C}/records", "", HEAVY),
        ("GET", f"{C}/records", "has__limit=1", HEAVY),
        ("GET", f"{C}/records", "_limit=99999999999", HEAVY),
        ("GET", f"{C}/records", "_limit=1&_limit=10000", HEAVY),
        ("GET", f"{C}/records", "_limit=1&%5Flimit=10000", HEAVY),
        ("GET", f"{C}/records", "%5Flimit=10", LIGHT),
        ("GET", f"{C}/records", "_limit=1_0000", HEAVY),
        ("GET", f"{C}/records", "_limit=", HEAVY),
        ("HEAD", f"{C}/records", "", LIGHT),
        ("DELETE", f"{C}/records", "", HEAVY),
        ("POST", f"{C}/records", "", LIGHT),
        ("GET", "/v1/buckets", "", HEAVY),
        ("GET", "/v1/buckets/b/history", "_limit=10", LIGHT),
        ("POST", "/v1/batch", "", HEAVY),
        ("POST", f"{C}/bulk", "", BULK),
        ("GET", f"{C}/bulk", "", LIGHT),
        ("POST", f"{C}/_search", "", SEARCH),
        ("GET", f"{C}/search", "", SEARCH),
        ("POST", f"{C}/_msearch", "", SEARCH),
        ("POST", f"{C}/releases/_search", "", SEARCH),
        ("PUT", f"{C}/records/search", "", LIGHT),
        ("POST", f"{C}/_search/scroll", "", SEARCH),
        ("GET", f"{C}/_search/scroll/abc", "", SEARCH),
        ("POST", f"{C}/_mget", "", SEARCH),
        ("POST", f"{C}/releases/_mget", "", SEARCH),
        ("GET", f"{C}/releases/_doc/one", "", LIGHT),
        ("POST", f"{C}/_pit", "", LIGHT),
        ("GET", "/v1/catalog/", "q=firefox", SEARCH),
        ("GET", "/v1/catalog/.csv", "", SEARCH),
        ("GET", "/v1/catalog/builds/20170403083344", "", SEARCH),
        ("GET", "/v1/catalog/static/1/page.css", "", LIGHT),
        ("GET", "/v1/catalog", "", LIGHT),
        ("DELETE", C, "", HEAVY),
        ("DELETE", "/v1/buckets/b", "", HEAVY),
        ("GET", C, "", LIGHT),
        ("DELETE", f"{C}/records/one", "", LIGHT),
    ],
)
def test_the_lane_of_a_request(method, path, query, expected):
    assert find_lane(method, path, query, has_credentials=False) == expected
    with_credentials = WITH_CREDENTIALS if expected == LIGHT else expected
    assert find_lane(method, path, query, has_credentials=True) == with_credentials


def test_those_who_wait_start_in_order():
    lanes = Lanes[str]({"one": 1, "other": 1}, max_waiting=9, max_wait_seconds=30.0)
    assert lanes.enter("one", "first") is Entry.STARTS
    assert lanes.enter("one", "second") is Entry.WAITS
    assert lanes.enter("one", "third") is Entry.WAITS
    assert not lanes.try_start("one")
    assert lanes.enter("other", "of another lane") is Entry.STARTS
    assert [lanes.leave("one") for _ in range(3)] == ["second", "third", None]
    assert lanes.try_start("one")


def test_a_full_lane_refuses():
    lanes = Lanes[int]({"one": 1}, max_waiting=2, max_wait_seconds=30.0)
    assert [lanes.enter("one", number) for number in range(4)] == [
        Entry.STARTS,
        Entry.WAITS,
        Entry.WAITS,
        Entry.IS_REFUSED,
    ]


def test_those_who_wait_too_long_are_taken_out():
    now = [0.0]
    lanes = Lanes[str]({"one": 1}, max_waiting=9, max_wait_seconds=30.0, clock=lambda: now[0])
    lanes.enter("one", "first")
    lanes.enter("one", "second")
    now[0] = 20.0
    lanes.enter("one", "third")
    assert list(lanes.take_late()) == []
    now[0] = 31.0
    assert list(lanes.take_late()) == ["second"]
    assert lanes.leave("one") == "third"
