"""Collections and timestamps that are odd: each is followed, and none keeps others from it."""

import logging
from typing import Any

import pytest
from kinto_buildhub.search.errors import MappingChanged
from kinto_buildhub.search.follow.failures import IndexFailures
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.search.collections import (
    index_of,
    make_collection,
    put_records,
    search_of,
    total,
    until,
)
from tests.server.search.index_content import compare

SCHEMA = {"properties": {"a": {"type": "keyword"}}}
NOW_MS = 1_700_000_000_000


def put_collection(app: Any, path: str, schema: Any) -> None:
    app.put_json(path, {"data": {"index:schema": schema}}, headers=PUBLISHER_HEADERS)


def search_finds(app: Any, path: str, count: int) -> bool:
    answer = app.get(f"{path}/search", status="*")
    return bool(answer.status_int == 200 and answer.json["hits"]["total"] == count)


def missing(app: Any) -> int:
    return int(app.get("/v1/__heartbeat__").json["search"]["missing"])


@pytest.fixture
def odd_path(search_app):
    """The path for an odd collection, which is removed in the end."""
    path = make_collection(search_app)
    until(lambda: search_finds(search_app, path, 0), "an index")
    path = path.replace("/releases", "/" + "A" * 100)
    yield path
    search_app.delete(path, headers=PUBLISHER_HEADERS, status="*")


def test_a_collection_whose_name_is_too_long_for_an_index_keeps_no_other_waiting(
    search_app, odd_path, caplog
):
    before = missing(search_app)
    with caplog.at_level(logging.WARNING):
        put_collection(search_app, odd_path, SCHEMA)
        search_app.put_json(f"{odd_path}/records/x", {"data": {}}, headers=PUBLISHER_HEADERS)
        path = make_collection(search_app)
        put_records(search_app, path, [make_record()])
        until(lambda: search_finds(search_app, path, 1), "following")
        until(lambda: missing(search_app) == before + 1, "the heartbeat")
        until(lambda: "search_index_failed" in caplog.text, "the log")
    answer = search_app.get(f"{odd_path}/search", status=400)
    assert "at most 200 bytes" in answer.json["message"]
    search_app.delete(odd_path, headers=PUBLISHER_HEADERS)
    until(lambda: missing(search_app) == before, "the heartbeat")


@pytest.mark.parametrize("timestamp", [-62_135_596_800_000, -1, 0, 1, NOW_MS])
def test_any_timestamp_is_followed(search_app, timestamp):
    path = make_collection(search_app)
    put_records(search_app, path, [make_record(id="before")])
    until(lambda: search_finds(search_app, path, 1), "following")
    odd = make_record(id="odd", last_modified=timestamp)
    put_records(search_app, path, [odd])
    until(lambda: search_finds(search_app, path, 2), "following")
    # A changed mapping rebuilds the index from the first record on.
    search_app.patch_json(path, {"data": {"index:schema": SCHEMA}}, headers=PUBLISHER_HEADERS)
    search = search_of(search_app)
    index, mapping = index_of(path), Mapping(SCHEMA)

    def is_rebuilt() -> bool:
        try:
            search.engine.ensure(index, mapping)
        except MappingChanged:
            return False
        return True

    until(is_rebuilt, "a rebuild")
    assert total(search_app, path) == 2
    assert compare(search.engine, search.store, index).equal
    put_records(search_app, path, [make_record(id="after")])
    until(lambda: search_finds(search_app, path, 3), "following")


def test_the_same_trouble_of_an_index_is_logged_once_a_minute(caplog):
    seconds = 0.0
    failures = IndexFailures(60.0, clock=lambda: seconds)
    index, other = IndexId("b", "c"), IndexId("b", "d")
    logged = []
    for now, event, each in (
        (1.0, "failed", index),
        (2.0, "failed", index),
        (3.0, "failed", other),
        (4.0, "refused", index),
        (63.0, "refused", index),
        (64.5, "refused", index),
    ):
        seconds = now
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            failures.report(event, each, "a reason")
        logged.append(len(caplog.records))
    assert logged == [1, 0, 1, 1, 0, 1]
