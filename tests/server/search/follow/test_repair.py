"""Indexing records again, over HTTP."""

import time
import uuid
from typing import Any

import pytest
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.follow.repair import MOST_IDS, split_ids
from kinto_buildhub.search.index_names import IndexId

from tests.conftest import PUBLISHER_HEADERS, make_record
from tests.server.search.collections import put_records, search_of
from tests.server.search.index_content import compare

IDS = ("one", "three", "two")


@pytest.fixture
def spoilt(search_app, empty_path):
    """A collection whose index lacks a record and has one too many."""
    put_records(search_app, empty_path, [make_record(id=each) for each in IDS])
    bucket_id, collection_id = empty_path.split("/")[3::2]
    index = IndexId(bucket_id, collection_id)
    engine = search_of(search_app).engine
    stranger = make_record(id="stranger", last_modified=1)
    changes = [Change("one", 1, None), Change("stranger", 1, stranger)]
    engine.apply(index, changes, engine.position(index))
    return empty_path, index


def ask(app: Any, path: str, ids: Any, **options: Any) -> Any:
    headers = options.pop("headers", PUBLISHER_HEADERS)
    return app.post_json(f"{path}/_repair", {"ids": ids}, headers=headers, **options)


def becomes_equal(app: Any, index: IndexId) -> bool:
    search = search_of(app)
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        if compare(search.engine, search.store, index).equal:
            return True
        time.sleep(0.05)
    return False


def test_the_given_records_are_indexed_again_or_removed(search_app, spoilt):
    path, index = spoilt
    assert ask(search_app, path, ["one", "stranger"]).json == {"accepted": 2}
    assert becomes_equal(search_app, index)


def test_without_ids_the_index_is_rebuilt(search_app, spoilt):
    path, index = spoilt
    assert ask(search_app, path, None).json == {"accepted": "all"}
    assert becomes_equal(search_app, index)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"Authorization": "Basic cmVhZGVyOnNlY3JldA=="}, id="a-reader"),
    ],
)
def test_a_repair_needs_permission_to_write_the_collection(search_app, spoilt, headers):
    path, index = spoilt
    ask(search_app, path, ["one"], headers=headers, status=(401, 403))
    time.sleep(0.2)
    search = search_of(search_app)
    assert compare(search.engine, search.store, index).missing == ["one"]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        pytest.param(
            "one", "expected null or a list of at most 1000 record IDs, got 'one'", id="a-text"
        ),
        pytest.param(["a/b"], "expected record IDs, got 'a/b'", id="no-id"),
        pytest.param([1], "expected record IDs, got 1", id="a-number"),
        pytest.param(["a"] * (MOST_IDS + 1), "got a list of 1001", id="too-many"),
    ],
)
def test_other_bodies_are_refused(search_app, empty_path, ids, message):
    answer = ask(search_app, empty_path, ids, status=400)
    assert message in answer.json["message"]


def test_a_body_without_ids_is_refused(search_app, empty_path):
    answer = search_app.post_json(
        f"{empty_path}/_repair", {}, headers=PUBLISHER_HEADERS, status=400
    )
    assert 'expected {"ids": […]}' in answer.json["message"]


def test_many_ids_are_split_into_messages_that_fit():
    ids = [f"{uuid.uuid4()}" * 3 for _ in range(MOST_IDS)]
    cut = list(split_ids(ids))
    assert [each for some in cut for each in some] == ids
    assert max(sum(len(each) + 4 for each in some) for some in cut) < 8000
