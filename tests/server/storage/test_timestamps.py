"""Rows that are numbered at once have the timestamps that Kinto's trigger would have drawn."""

import time
from contextlib import closing

import psycopg2
import pytest
import transaction
from hypothesis import given
from hypothesis import strategies as st
from kinto.core.storage.postgresql import Storage as StockStorage
from kinto.core.utils import sqlalchemy as sa
from kinto_buildhub.storage.bulk_writes import NewObject
from kinto_buildhub.storage.timestamps import Start, skip_numbered_rows

LIST = ("record", "/buckets/b/collections/c")
LATER_MS = 4_102_444_800_000  # In 2100: no clock interferes.


@pytest.fixture(scope="module", params=["Kinto's trigger", "sparing trigger"])
def storage(make_app, request):
    """Our storage, on a database that was migrated, or only set up by Kinto."""
    app = make_app()
    if request.param == "sparing trigger":
        with closing(psycopg2.connect(app.app.registry.settings["storage_url"])) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                skip_numbered_rows(cursor)
    return app.app.registry.storage


@pytest.fixture(autouse=True)
def _undone():
    with transaction.manager as current:
        yield
        current.doom()
        transaction.abort()


def stock(storage):
    """Kinto's own storage on the same database."""
    return StockStorage(client=storage.client, max_fetch_size=1000)


# Relative to a time that no clock reaches; few enough to meet.
offsets = st.none() | st.integers(-3, 3)


@given(latest=offsets, given_ms=st.lists(offsets, max_size=8))
def test_numbers_rise_from_the_latest_and_the_clock(latest, given_ms):
    numbers = Start(0, latest).number(given_ms)
    assert len(numbers) == len(given_ms)
    so_far = latest
    for number, wanted in zip(numbers, given_ms, strict=True):
        if wanted is None or wanted == so_far:
            assert number >= 0
            assert so_far is None or number > so_far
        else:
            assert number == wanted
        so_far = number if so_far is None else max(so_far, number)


@pytest.mark.parametrize(
    "given_ms",
    [
        [5, None, None, 9, None],
        [5, 5, 6],
        [9, 3, None, 4, 10],
        [3, 4, 9, 9],
    ],
    ids=str,
)
def test_given_timestamps_come_out_as_one_by_one(storage, given_ms):
    given_ms = [each and LATER_MS + each for each in given_ms]
    objects = [NewObject(f"r{n}", "{}", each) for n, each in enumerate(given_ms)]
    numbered = storage.upsert_many(*LIST, objects)
    one_by_one = ("record", "/buckets/b/collections/d")
    expected = {
        each.id: stock(storage).update(*one_by_one, each.id, _data(each))["last_modified"]
        for each in objects
    }
    assert numbered == expected
    assert numbered == {each["id"]: each["last_modified"] for each in storage.list_all(*LIST)}


def _data(new):
    return {} if new.last_modified is None else {"last_modified": new.last_modified}


def test_replaced_rows_are_numbered_after_all_others(storage):
    first = storage.upsert_many(*LIST, [NewObject("a", "{}"), NewObject("b", "{}")])
    second = storage.upsert_many(*LIST, [NewObject("a", '{"n": 1}'), NewObject("c", "{}")])
    assert sorted({*first.values(), *second.values()}) == [*first.values(), *second.values()]
    assert storage.get(*LIST, "a")["last_modified"] == second["a"]


def test_an_initial_timestamp_counts(storage):
    initial = storage.resource_timestamp(*LIST)
    (first,) = storage.upsert_many(*LIST, [NewObject("a", "{}")]).values()
    assert first > initial


def test_rows_are_numbered_by_the_clock_where_it_is_later(storage):
    before = time.time() * 1000 - 5
    (first,) = storage.upsert_many(*LIST, [NewObject("a", "{}")]).values()
    assert before < first < before + 60_000


@pytest.mark.parametrize("storage", ["sparing trigger"], indirect=True)
def test_a_first_load_does_not_read_the_collection_again_for_each_request(storage):
    storage.create("bucket", "", {"id": "b"})
    storage.resource_timestamp(*LIST)
    with storage.client.connect() as session:
        session.execute(sa.text("ANALYZE objects"))  # Of records it knows nothing afterwards.
        session.execute(sa.text("ALTER TABLE objects DISABLE TRIGGER USER"))
        session.execute(
            sa.text(
                "INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted) "
                "SELECT n, :parent_id, :resource_name, from_epoch(n), "
                "       to_jsonb(repeat('x', 900)), FALSE "
                "FROM generate_series(1, 20000) AS n"
            ),
            {"resource_name": LIST[0], "parent_id": LIST[1]},
        )
        session.execute(sa.text("ALTER TABLE objects ENABLE TRIGGER USER"))
        before = _rows_read(session)
        storage.resource_timestamp(*LIST)
        storage.upsert_many(*LIST, [NewObject("last", "{}")])
        assert _rows_read(session) - before < 20


def _rows_read(session):
    return session.execute(
        sa.text(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
            "WHERE relname = 'objects'"
        )
    ).scalar()


def test_the_trigger_numbers_what_others_write_in_the_same_transaction(storage):
    (first,) = storage.upsert_many(*LIST, [NewObject("a", "{}")]).values()
    assert stock(storage).create(*LIST, {"id": "b"})["last_modified"] > first
