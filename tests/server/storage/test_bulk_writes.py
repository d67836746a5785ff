"""Many objects at once in the storage; what becomes of records is in tests/server/bulk."""

import pytest
import transaction
from kinto.core.utils import sqlalchemy as sa
from kinto_buildhub.storage import bulk_writes
from kinto_buildhub.storage.bulk_writes import NewObject, StoredObject

LIST = ("record", "/buckets/b/collections/c")


@pytest.fixture(scope="module")
def fresh(make_app):
    """The storage of a database that PostgreSQL knows nothing about yet."""
    return make_app().app.registry.storage


@pytest.fixture(autouse=True)
def _undone(fresh):
    with transaction.manager as current:
        yield
        current.doom()
        transaction.abort()


def test_each_object_gets_a_timestamp_of_its_own_in_order(fresh):
    timestamps = fresh.upsert_many(*LIST, [NewObject(f"r{n}", "{}") for n in range(300)])
    assert list(timestamps) == [f"r{n}" for n in range(300)]
    assert list(timestamps.values()) == sorted(set(timestamps.values()))


def test_what_was_stored_is_fetched_and_nothing_else(fresh):
    fresh.upsert_many(*LIST, [NewObject("mine", '{"n": 1}'), NewObject("gone", "{}")])
    fresh.upsert_many("record", "/buckets/b/collections/d", [NewObject("other", "{}")])
    fresh.delete(*LIST, "gone")
    found = fresh.get_many(*LIST, ["mine", "gone", "other", "missing"])
    timestamp = fresh.get(*LIST, "mine")["last_modified"]
    assert found == {"mine": StoredObject(timestamp, {"n": 1})}


def test_an_equal_object_is_not_written(fresh):
    first = fresh.upsert_many(*LIST, [NewObject("r", '{"n": 1, "o": 100000}')])
    assert fresh.upsert_many(*LIST, [NewObject("r", '{"o": 1e5, "n": 1}')]) == {}
    assert fresh.get(*LIST, "r")["last_modified"] == first["r"]


def test_an_equal_object_with_a_timestamp_is_written(fresh):
    (later,) = fresh.upsert_many(*LIST, [NewObject("r", "{}")]).values()
    assert fresh.upsert_many(*LIST, [NewObject("r", "{}", later + 5)]) == {"r": later + 5}


def test_objects_are_looked_up_by_the_primary_key_in_a_fresh_database(fresh):
    fresh.upsert_many(*LIST, [NewObject(f"r{n}", "{}") for n in range(50)])
    names = {"ids": ["r1"], "resource_name": LIST[0], "parent_id": LIST[1]}
    with fresh.client.connect() as session:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        rows = session.execute(sa.text(f"EXPLAIN {bulk_writes._FETCH}"), names).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "objects_pkey" in plan
    assert "idx_objects" not in plan
