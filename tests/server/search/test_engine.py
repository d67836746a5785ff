"""The contract of engines: indexes, changes, positions, rebuilds."""

from typing import Any

import pytest
from kinto_buildhub.search.engine import BEGINNING, Change, Engine, IndexMissing, MappingChanged
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.tree import MatchAll, Query, Range, SearchRequest, Term
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import decoded
from tests.server.search.index_content import indexed_versions

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping({"properties": {"a": {"type": "keyword"}, "n": {"type": "long"}}})


def change(record_id: str, timestamp: int, **values: Any) -> Change:
    record = {"id": record_id, "last_modified": timestamp, **values}
    return Change(record_id, timestamp, record)


def deletion(record_id: str, timestamp: int) -> Change:
    return Change(record_id, timestamp, None)


def found(engine: Engine, query: Query | None = None, index: IndexId = INDEX) -> dict[str, Any]:
    """Return what is found, by ID, after a refresh."""
    engine.refresh(index)
    answer = decoded(engine.search(index, MAPPING, SearchRequest(query=query or MatchAll())))
    return {hit["_id"]: hit["_source"] for hit in answer["hits"]["hits"]}


def test_an_engine_starts_without_an_index(engine: Engine) -> None:
    engine.ping()
    assert list(engine.indices()) == []
    assert engine.position(INDEX) is None


def test_a_new_index_is_empty_and_has_followed_nothing(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    assert engine.position(INDEX) == BEGINNING
    assert found(engine) == {}
    assert engine.count(INDEX, MAPPING, MatchAll()) == 0


def test_ensuring_twice_keeps_what_is_there(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [change("one", 1, a="x")], 1)
    engine.ensure(INDEX, MAPPING)
    assert engine.position(INDEX) == 1
    assert list(found(engine)) == ["one"]


def test_another_mapping_is_an_error_and_the_index_still_answers(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [change("one", 1, a="x")], 1)
    with pytest.raises(MappingChanged):
        engine.ensure(INDEX, Mapping({"properties": {"a": {"type": "text"}}}))
    assert list(found(engine)) == ["one"]


def test_changes_are_found_as_they_were_given(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    changes = [change("one", 1, a="x", n=1, other={"kept": [1.5, None]}), change("two", 2, a="y")]
    engine.apply(INDEX, changes, 2)
    assert found(engine) == {each.record_id: each.record for each in changes}
    assert list(found(engine, Term(field="a", value="y"))) == ["two"]
    assert engine.position(INDEX) == 2


def test_a_later_change_replaces_and_a_deletion_removes(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [change("one", 1, a="x"), change("two", 2, a="x")], 2)
    engine.apply(INDEX, [change("one", 3, a="y"), deletion("two", 4)], 4)
    assert {key: value["a"] for key, value in found(engine).items()} == {"one": "y"}
    assert indexed_versions(engine, INDEX) == {"one": 3}


def test_applying_the_same_changes_again_changes_nothing(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    changes = [change("one", 1, a="x"), change("two", 2), deletion("one", 3), deletion("none", 4)]
    engine.apply(INDEX, changes, 4)
    engine.apply(INDEX, changes, 4)
    assert list(found(engine)) == ["two"]
    assert engine.position(INDEX) == 4


def test_a_position_moves_without_changes(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [], 17)
    assert engine.position(INDEX) == 17


def test_a_missing_index_is_an_error(engine: Engine) -> None:
    with pytest.raises(IndexMissing):
        engine.search(INDEX, MAPPING, SearchRequest())
    with pytest.raises(IndexMissing):
        engine.count(INDEX, MAPPING, MatchAll())
    with pytest.raises(IndexMissing):
        engine.apply(INDEX, [change("one", 1)], 1)
    assert list(engine.indices()) == []


def test_many_changes_can_be_applied_at_once(engine: Engine) -> None:
    # IDs as long as those of nightly builds, and more of them than one search returns.
    ids = [f"firefox_nightly_2017-05-03-03-02-12_55-0a1_win64_en-us_{n:05}" for n in range(12_000)]
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [change(each, n + 1, n=n) for n, each in enumerate(ids)], len(ids))
    engine.refresh(INDEX)
    assert engine.count(INDEX, MAPPING, MatchAll()) == len(ids)
    half = len(ids) // 2
    for bounds in ({"lt": half}, {"gte": half}):
        found = indexed_versions(engine, INDEX, Range(field="n", **bounds), MAPPING)
        assert found == {
            each: n + 1 for n, each in enumerate(ids) if (n < half) == ("lt" in bounds)
        }


def test_collections_with_similar_names_have_separate_indexes(engine: Engine) -> None:
    indices = [
        IndexId("build", "hub"),
        IndexId("build", "hub-releases"),
        IndexId("build-hub", "releases"),
        IndexId("Build", "hub"),
        IndexId("build_hub", "releases"),
    ]
    for at, index in enumerate(indices):
        engine.ensure(index, MAPPING)
        engine.apply(index, [change(f"of-{at}", 1)], 1)
    assert sorted(engine.indices()) == sorted(indices)
    assert [list(found(engine, index=index)) for index in indices] == [
        [f"of-{at}"] for at in range(len(indices))
    ]
    engine.delete(indices[0])
    assert sorted(engine.indices()) == sorted(indices[1:])
    assert [list(found(engine, index=index)) for index in indices[1:]] == [
        [f"of-{at}"] for at in range(1, len(indices))
    ]


def test_deleting_twice_is_harmless(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.delete(INDEX)
    engine.delete(INDEX)
    assert engine.position(INDEX) is None


def test_a_rebuild_answers_only_when_it_is_committed(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [change("old", 1, a="x")], 1)
    mapping = Mapping({"properties": {"a": {"type": "text"}}})
    rebuild = engine.begin_rebuild(INDEX, mapping)
    rebuild.apply([change("new", 2, a="some words"), change("other", 3)], 3)
    assert rebuild.count() == 2
    assert (list(found(engine)), engine.position(INDEX)) == (["old"], 1)
    rebuild.commit()
    rebuild.abort()
    assert (set(found(engine)), engine.position(INDEX)) == ({"new", "other"}, 3)
    engine.ensure(INDEX, mapping)
    engine.apply(INDEX, [change("newer", 4)], 4)
    assert set(found(engine)) == {"new", "newer", "other"}
    assert list(engine.indices()) == [INDEX]


def test_an_aborted_rebuild_leaves_no_trace(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [change("old", 1)], 1)
    rebuild = engine.begin_rebuild(INDEX, MAPPING)
    rebuild.apply([change("new", 2)], 2)
    rebuild.abort()
    rebuild.abort()
    assert (list(found(engine)), engine.position(INDEX)) == (["old"], 1)


def test_a_rebuild_replaces_an_unfinished_one(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    engine.begin_rebuild(INDEX, MAPPING).apply([change("left-over", 2)], 2)
    rebuild = engine.begin_rebuild(INDEX, MAPPING)
    rebuild.apply([change("new", 3)], 3)
    rebuild.commit()
    assert list(found(engine)) == ["new"]


def test_a_rebuild_works_without_an_earlier_index(engine: Engine) -> None:
    rebuild = engine.begin_rebuild(INDEX, MAPPING)
    rebuild.apply([change("new", 3)], 3)
    rebuild.commit()
    assert (list(found(engine)), engine.position(INDEX)) == (["new"], 3)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"a": {"b": 1}}, id="object-for-keyword"),
        pytest.param({"n": "many"}, id="text-for-number"),
        pytest.param({"n": {"b": 1}}, id="object-for-number"),
        pytest.param({"n": 2**80}, id="number-too-large"),
        pytest.param({"other": 2**80}, id="large-number-elsewhere"),
        pytest.param({"a": "x" * 40_000}, id="text-too-long"),
        pytest.param({"": 1, " ": {"": 2}}, id="no-name"),
        pytest.param({"..": 1, "a.": 2, "other": {".b": 3}}, id="dots-in-names"),
        pytest.param({"__id": 7, "__record": {"x": 1}, "__computed": 8}, id="our-own-names"),
        pytest.param({"a": [["x"], [None, "y"]], "n": [1, [2]]}, id="lists-in-lists"),
    ],
)
def test_a_record_that_does_not_fit_is_kept_whole(engine: Engine, record: dict[str, Any]) -> None:
    engine.ensure(INDEX, MAPPING)
    changes = [change("odd", 1, **record), change("after", 2, a="x")]
    engine.apply(INDEX, changes, 2)
    assert found(engine) == {each.record_id: each.record for each in changes}
    assert indexed_versions(engine, INDEX) == {"after": 2, "odd": 1}
    assert engine.position(INDEX) == 2


def test_the_last_of_repeated_changes_counts(engine: Engine) -> None:
    engine.ensure(INDEX, MAPPING)
    rebuild = engine.begin_rebuild(INDEX, MAPPING)
    rebuild.apply([change("one", 1, a="x"), change("two", 2, a="x"), change("three", 3, a="x")], 3)
    again = [change("one", 4, a="y"), deletion("two", 5), change("one", 6, a="z")]
    rebuild.apply(again, 6)
    assert rebuild.count() == 2
    rebuild.commit()
    assert {key: record["a"] for key, record in found(engine).items()} == {"one": "z", "three": "x"}
    engine.apply(INDEX, again, 6)
    assert {key: record["a"] for key, record in found(engine).items()} == {"one": "z", "three": "x"}
