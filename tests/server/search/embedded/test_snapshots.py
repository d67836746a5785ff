"""Snapshots of an index: what they hold, and when they go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kinto_buildhub.search.embedded import snapshots
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.embedded.snapshots import Snapshots
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.errors import ContextMissing
from kinto_buildhub.search.index_names import index_name
from kinto_buildhub.search.language.tree import SearchRequest

from tests.server.search.conftest import INDEX, LIMITS, MAPPING, decoded


class Clock:
    """A clock that the test moves."""

    ahead_seconds = 0.0

    def __call__(self) -> float:
        return snapshots.time.time() + self.ahead_seconds


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path, "t", LIMITS)
    engine.ensure(INDEX, MAPPING)
    yield engine
    engine.close()


def write(engine: EmbeddedEngine, number: int) -> None:
    record = {"id": f"r{number}", "last_modified": number, "target": {"locale": "fr"}}
    engine.apply(INDEX, [Change(record["id"], number, record)], number)


def ids(engine: EmbeddedEngine, reader_id: str | None = None) -> list[str]:
    request = replace(SearchRequest(), reader_id=reader_id)
    hits = decoded(engine.search(INDEX, MAPPING, request))["hits"]["hits"]
    return sorted(hit["_id"] for hit in hits)


def folders(engine: EmbeddedEngine) -> list[Path]:
    return [*(engine.folder / index_name("t", INDEX) / "snapshots").glob("*")]


def test_a_reader_sees_no_later_change_also_in_another_process(engine: EmbeddedEngine) -> None:
    write(engine, 1)
    reader_id = engine.open_reader(INDEX, 60)
    for number in range(2, 30):  # Tantivy merges segments, and removes files.
        write(engine, number)
    other = EmbeddedEngine(engine.folder, "t", LIMITS)
    assert ids(engine, reader_id) == ids(other, reader_id) == ["r1"]
    other.close()


def test_a_reader_outlives_a_rebuild_and_not_its_index(engine: EmbeddedEngine) -> None:
    write(engine, 1)
    reader_id = engine.open_reader(INDEX, 60)
    engine.begin_rebuild(INDEX, MAPPING).commit()
    assert (ids(engine), ids(engine, reader_id)) == ([], ["r1"])
    engine.delete(INDEX)
    with pytest.raises(ContextMissing):
        ids(engine, reader_id)


def test_readers_of_one_commit_share_a_snapshot_that_goes_with_the_last(
    engine: EmbeddedEngine,
) -> None:
    write(engine, 1)
    readers = [engine.open_reader(INDEX, 60) for _ in range(3)]
    assert len(folders(engine)) == 1
    assert [engine.close_reader(INDEX, each) for each in readers[:2]] == [True, True]
    assert ids(engine, readers[2]) == ["r1"]
    assert engine.close_reader(INDEX, readers[2])
    # The first reader of all, of nobody, keeps a snapshot for a moment.
    (folder,) = folders(engine)
    (folder / "readers" / "new").unlink()
    write(engine, 2)
    assert folders(engine) == []
    assert not engine.close_reader(INDEX, readers[2])


def test_use_keeps_a_reader_and_its_state(tmp_path: Path, engine: EmbeddedEngine) -> None:
    write(engine, 1)
    clock = Clock()
    kept = Snapshots(tmp_path / "kept", clock=clock)
    generation = engine._folder(INDEX).current()
    reader_id = kept.open(generation, 60)
    assert kept.state(reader_id) is None
    clock.ahead_seconds = 50
    kept.keep(reader_id, 120, ["a", 1])
    clock.ahead_seconds = 110
    assert kept.state(reader_id) == ["a", 1]
    kept.keep(reader_id, None)
    clock.ahead_seconds = 300
    with pytest.raises(ContextMissing, match="has expired"):
        kept.read(reader_id)
    kept.tidy()
    assert [*(tmp_path / "kept").iterdir()] == []


def test_what_was_not_used_for_longest_goes_first(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MAX_SNAPSHOTS", 2)
    monkeypatch.setattr(snapshots, "MAX_READERS", 3)
    readers = []
    for number in (1, 2):
        write(engine, number)
        readers.append(engine.open_reader(INDEX, 60))
    engine.keep_reader(INDEX, readers[0], None)
    write(engine, 3)
    readers.append(engine.open_reader(INDEX, 60))
    assert len(folders(engine)) == 2
    assert ids(engine, readers[0]) == ["r1"]
    with pytest.raises(ContextMissing):
        ids(engine, readers[1])
    more = [engine.open_reader(INDEX, 60) for _ in range(3)]
    with pytest.raises(ContextMissing):
        ids(engine, readers[2])
    assert [len(ids(engine, each)) for each in more] == [3, 3, 3]


@pytest.mark.parametrize("reader_id", ["", "x", "g1-2.ab", "../../x", "g1-2." + "0" * 32])
def test_an_id_of_no_reader_is_missing(engine: EmbeddedEngine, reader_id: str) -> None:
    with pytest.raises(ContextMissing):
        ids(engine, reader_id)


def test_leftovers_of_a_crash_are_removed(tmp_path: Path, engine: EmbeddedEngine) -> None:
    clock = Clock()
    kept = Snapshots(tmp_path / "kept", clock=clock)
    leftover = tmp_path / "kept" / ".half"
    leftover.mkdir(parents=True)
    kept.tidy()
    assert leftover.exists()
    clock.ahead_seconds = 61
    kept.tidy()
    assert not leftover.exists()
