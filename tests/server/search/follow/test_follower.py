"""The index follows the collection, whatever happens in between."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webtest
from kinto.core.utils import sqlalchemy as sa
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.follow.follower import Follower
from kinto_buildhub.search.follow.index_sync import IndexSync, measure_lag
from kinto_buildhub.search.follow.rebuild import CountsDiffer, rebuild
from kinto_buildhub.search.follow.repair import reindex_records
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.service import Search

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


def records(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [make_record(id=f"record-{number:03}", **changes) for number in range(count)]


@pytest.fixture
def alone(
    search_app: webtest.TestApp, tmp_path: Path
) -> Iterator[tuple[EmbeddedEngine, Store, Follower]]:
    """An engine in its own folder, with a follower that has not been started."""
    search: Search = search_of(search_app)
    engine = EmbeddedEngine(tmp_path, "kinto", search.settings.limits)
    store = Store(search_app.app.registry.storage)
    follower = Follower(engine, store, 0.1, tmp_path)
    yield engine, store, follower
    follower.stop()
    engine.close()


def mapping_of(store: Store, index: IndexId) -> Mapping:
    mapping = store.mappings()[index]
    assert isinstance(mapping, Mapping)
    return mapping


def test_a_new_index_starts_complete(search_app, empty_path, alone):
    engine, store, follower = alone
    put_records(search_app, empty_path, records(10))
    assert engine.lead()
    follower.sync_all()
    assert compare(engine, store, index_of(empty_path)).equal
    assert compare(engine, store, index_of(empty_path)).count == 10


def test_changes_during_an_outage_are_indexed_afterwards(search_app, empty_path, alone):
    engine, store, follower = alone
    put_records(search_app, empty_path, records(10))
    assert engine.lead()
    follower.sync_all()
    put_records(search_app, empty_path, records(12, target__locale="de"))
    search_app.delete(f"{empty_path}/records/record-003", headers=PUBLISHER_HEADERS)
    found = compare(engine, store, index_of(empty_path))
    assert (len(found.missing), found.extra, len(found.stale)) == (2, ["record-003"], 9)
    assert measure_lag(engine, store).behind_ms[index_of(empty_path)] > 0
    follower.sync_all()
    assert compare(engine, store, index_of(empty_path)).equal
    assert measure_lag(engine, store).behind_ms[index_of(empty_path)] == 0


def test_following_again_from_an_older_position_changes_nothing(search_app, empty_path, alone):
    engine, store, follower = alone
    put_records(search_app, empty_path, records(5))
    search_app.delete(f"{empty_path}/records/record-003", headers=PUBLISHER_HEADERS)
    assert engine.lead()
    follower.sync_all()
    index = index_of(empty_path)
    position = engine.position(index)
    engine.apply(index, [], 0)  # As after a crash between the data and its position.
    follower.sync_all()
    assert engine.position(index) == position
    assert compare(engine, store, index).equal


def test_what_differs_can_be_indexed_again(search_app, empty_path, alone):
    engine, store, follower = alone
    put_records(search_app, empty_path, records(5))
    assert engine.lead()
    follower.sync_all()
    index = index_of(empty_path)
    position = engine.position(index)
    assert position is not None
    stranger = make_record(id="stranger", last_modified=1)
    engine.apply(
        index,
        [Change("record-001", 1, None), Change("stranger", 1, stranger)],
        position,
    )
    found = compare(engine, store, index)
    assert (found.missing, found.extra, found.stale) == (["record-001"], ["stranger"], [])
    reindex_records(engine, store, index, [*found.missing, *found.extra])
    assert compare(engine, store, index).equal
    assert engine.position(index) == position


def test_another_mapping_rebuilds_the_index(search_app, empty_path, alone):
    engine, store, follower = alone
    put_records(search_app, empty_path, records(5))
    assert engine.lead()
    follower.sync_all()
    index = index_of(empty_path)
    before = mapping_of(store, index).fingerprint
    search_app.patch_json(
        empty_path,
        {"data": {"index:schema": {"properties": {"id": {"type": "keyword"}}}}},
        headers=PUBLISHER_HEADERS,
    )
    follower.sync_all()
    mapping = mapping_of(store, index)
    assert mapping.fingerprint != before
    engine.ensure(index, mapping)
    assert compare(engine, store, index).count == 5


def test_a_collection_created_again_has_a_new_index(search_app, empty_path, alone):
    engine, store, follower = alone
    put_records(search_app, empty_path, records(5))
    assert engine.lead()
    follower.sync_all()
    metadata = search_app.get(empty_path).json["data"]
    # This follower is not notified.
    search_app.delete(empty_path, headers=PUBLISHER_HEADERS)
    search_app.put_json(
        empty_path,
        {"data": {"index:schema": metadata["index:schema"]}},
        headers=PUBLISHER_HEADERS,
    )
    put_records(search_app, empty_path, [make_record(id="other")])
    restarted = Follower(engine, store, 0.1, None)
    restarted.sync_all()
    restarted.stop()
    assert compare(engine, store, index_of(empty_path)).equal


def test_a_rebuild_swaps_only_a_complete_index_and_searches_work_meanwhile(
    search_app, empty_path, alone
):
    engine, store, follower = alone
    put_records(search_app, empty_path, records(5))
    assert engine.lead()
    follower.sync_all()
    index = index_of(empty_path)
    mapping = mapping_of(store, index)
    seen = []

    def progress(done: int) -> None:
        from kinto_buildhub.search.language.tree import MatchAll

        seen.append((done, engine.count(index, mapping, MatchAll())))

    assert rebuild(engine, store, index, mapping, progress) == 5
    assert seen == [(5, 5)]

    class Lossy(Store):
        def count(self, index: IndexId) -> int:
            return super().count(index) + 1

    with pytest.raises(CountsDiffer, match="holds 5 records, the store 6"):
        rebuild(engine, Lossy(search_app.app.registry.storage), index, mapping)
    assert compare(engine, store, index).equal


def test_deleting_a_collection_or_a_bucket_removes_its_index(search_app):
    engine = search_of(search_app).engine
    for depth in (6, 4):
        path = make_collection(search_app)
        put_records(search_app, path, [make_record()])
        assert index_of(path) in engine.indices()
        search_app.delete("/".join(path.split("/")[:depth]), headers=PUBLISHER_HEADERS)
        until(lambda path=path: index_of(path) not in engine.indices(), "the removal")


def test_a_bucket_does_not_reach_another_whose_name_starts_alike(search_app):
    path = make_collection(search_app)
    put_records(search_app, path, [make_record()])
    bucket = path.split("/")[3]
    short = f"/v1/buckets/{bucket[:-1]}"
    search_app.put_json(short, {}, headers=PUBLISHER_HEADERS)
    search_app.delete(short, headers=PUBLISHER_HEADERS)
    time.sleep(0.3)
    assert total(search_app, path) == 1


def test_two_servers_on_one_folder_find_the_records_of_both(make_database, make_app, tmp_path):
    database_url = make_database()
    settings = {
        "kinto.search.path": str(tmp_path),
        "kinto.elasticsearch.force_refresh": "true",
        "kinto.search.poll_seconds": "0.2",
    }
    first = make_app(database_url, **settings)
    second = make_app(database_url, **settings)
    try:
        path = make_collection(first)
        put_records(first, path, records(3))
        put_records(second, path, records(6, target__locale="de"))
        assert total(first, path) == total(second, path) == 6
        leads = [search_of(app).engine.lead() for app in (first, second)]
        assert leads.count(True) == 1
        # The leader stops; the other takes over, and nothing is lost.
        leader, heir = (first, second) if leads[0] else (second, first)
        search_of(leader).follower.stop()
        search_of(leader).engine.close()
        put_records(heir, path, records(9))
        assert total(heir, path) == 9
    finally:
        for app in (first, second):
            search_of(app).follower.stop()
            search_of(app).engine.close()


def test_the_heartbeat_shows_how_far_the_index_is_behind(search_app, filled_path):
    heartbeat = search_app.get("/v1/__heartbeat__").json["search"]
    assert heartbeat == {"engine": "embedded", "behind_ms": 0, "missing": 0}


# What becomes of records between a dump and its restoring, which the index follows.
AFTER_THE_DUMP: dict[str, Callable[[webtest.TestApp, str], Any]] = {
    "changed": lambda app, path: put_records(app, path, records(2, target__locale="de")),
    "created and deleted": lambda app, path: (
        put_records(app, path, [make_record(id="another")]),
        app.delete(f"{path}/records/record-001", headers=PUBLISHER_HEADERS),
    ),
    "deleted": lambda app, path: app.delete(
        f"{path}/records/record-001", headers=PUBLISHER_HEADERS
    ),
    "all deleted": lambda app, path: app.delete(f"{path}/records", headers=PUBLISHER_HEADERS),
}
# What is written to the restored store before anybody looks at the index.
AFTER_RESTORING: dict[str, Callable[[webtest.TestApp, str], Any]] = {
    "nothing": lambda app, path: None,
    "a new record": lambda app, path: put_records(app, path, [make_record(id="newer")]),
}


def dump(app: webtest.TestApp) -> None:
    with app.app.registry.storage.client.connect(force_commit=True) as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS dumped"))
        connection.execute(sa.text("CREATE TABLE dumped AS SELECT * FROM objects"))


def restore(app: webtest.TestApp) -> None:
    """Put the dump's rows into a new table file, as restoring does."""
    with app.app.registry.storage.client.connect(force_commit=True) as connection:
        for statement in (
            "TRUNCATE objects",
            "ALTER TABLE objects DISABLE TRIGGER ALL",
            "INSERT INTO objects SELECT * FROM dumped",
            "ALTER TABLE objects ENABLE TRIGGER ALL",
        ):
            connection.execute(sa.text(statement))


@pytest.mark.parametrize("lost", AFTER_THE_DUMP)
@pytest.mark.parametrize("newer", AFTER_RESTORING)
@pytest.mark.parametrize("restarted", [True, False])
def test_the_index_follows_a_restored_dump(make_app, make_engine, tmp_path, lost, newer, restarted):
    app = make_app(**{"kinto.search.path": ""})
    path = make_collection(app)
    store, engine = Store(app.app.registry.storage), make_engine()
    sync = IndexSync(engine, store, threading.Event())
    put_records(app, path, records(5))
    dump(app)
    AFTER_THE_DUMP[lost](app, path)
    assert engine.lead()
    sync.sync_all()
    restore(app)
    AFTER_RESTORING[newer](app, path)
    if restarted:
        sync = IndexSync(engine, store, threading.Event())
    sync.sync_all()
    engine.refresh(index_of(path))
    assert compare(engine, store, index_of(path)).equal
    assert measure_lag(engine, store).behind_ms[index_of(path)] == 0
    engine.delete(index_of(path))
    engine.close()


def test_an_empty_index_is_behind_by_the_time_between_the_changes(search_app, empty_path, alone):
    engine, store, _ = alone
    put_records(search_app, empty_path, records(10))
    assert 0 < measure_lag(engine, store).behind_ms[index_of(empty_path)] < 60_000
    engine.ensure(index_of(empty_path), mapping_of(store, index_of(empty_path)))
    assert 0 < measure_lag(engine, store).behind_ms[index_of(empty_path)] < 60_000
