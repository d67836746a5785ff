"""Numbers stand for texts: the same ones whoever reads them, whenever, and however it ended."""

from pathlib import Path
from typing import Any

import pytest
from kinto_buildhub.search.embedded import term_ordinals as module
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.embedded.term_ordinals import Ordinals
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.errors import IndexMissing
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS, plain

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping({"properties": {"a": {"type": "keyword"}, "b": {"type": "keyword"}}})
TEXTS = ("x", "", "line\nbreak", "caché", '"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place for the numbers of one field."""
    Ordinals.make(tmp_path / "ordinals", ["f0"])
    return tmp_path / "ordinals"


def give(folder: Path, *texts: str) -> list[int | None]:
    ordinals = Ordinals(folder)
    numbers = [ordinals.number("f0", text) for text in texts]
    ordinals.keep()
    return numbers


def test_texts_keep_their_numbers(folder):
    assert give(folder, *TEXTS) == [0, 1, 2, 3, 4]
    assert give(folder, "new", *TEXTS) == [5, 0, 1, 2, 3, 4]
    assert Ordinals(folder).texts("f0", 5) == [*TEXTS, "new"]


def test_a_reader_finds_what_was_given_since_it_last_looked(folder):
    give(folder, "x")
    reader = Ordinals(folder)
    assert reader.texts("f0", 0) == ["x"]
    give(folder, "x", "y")
    assert reader.texts("f0", 1) == ["x", "y"]


def test_what_a_crash_left_half_written_stands_for_nothing(folder):
    give(folder, "x")
    with (folder / "f0").open("ab") as file:
        file.write(b'"ha')
    assert Ordinals(folder).texts("f0", 0) == ["x"]
    assert give(folder, "half", "x") == [1, 0]
    assert Ordinals(folder).texts("f0", 1) == ["x", "half"]


def test_a_field_with_very_many_texts_has_no_numbers(folder, monkeypatch):
    monkeypatch.setattr(module, "MOST_TEXTS", 2)
    assert give(folder, "x", "y", "x", "z", "x") == [0, 1, 0, None, None]
    assert not Ordinals(folder).usable("f0")
    assert give(folder, "x") == [None]


def test_what_is_lost_is_not_given_anew(folder):
    give(folder, "x", "y")
    (folder / "f0").write_bytes(b'"x"\n')
    reader = Ordinals(folder)
    with pytest.raises(IndexMissing, match="lacks number 1"):
        reader.texts("f0", 1)
    assert not reader.usable("f0")
    (folder / "f0").unlink()
    assert give(folder, "z") == [None]


@pytest.mark.parametrize("most", [0, 3, 200_000])
def test_buckets_do_not_depend_on_numbers(tmp_path, monkeypatch, most):
    monkeypatch.setattr(module, "MOST_TEXTS", most)
    engine = EmbeddedEngine(tmp_path, "test", LIMITS)
    engine.ensure(INDEX, MAPPING)
    # The numbers follow the order of writing, the answer that of counts and texts.
    pairs = [("q", "b"), ("q", "a"), ("p", "c"), ("p", "c"), ("q", "a"), ("q", ["d", "b"])]
    changes = [
        Change(f"r{n}", n + 1, {"id": f"r{n}", "last_modified": n + 1, "a": a, "b": b})
        for n, (a, b) in enumerate(pairs)
    ]
    engine.apply(INDEX, changes[:3], 3)
    engine.apply(INDEX, changes[3:], 6)
    body = {"aggs": {"a": {"terms": {"field": "a"}, "aggs": {"b": {"terms": {"field": "b"}}}}}}
    found = plain(engine.search(INDEX, MAPPING, parse_request(body, LIMITS)))["aggregations"]["a"]
    assert shown(found) == [("q", 4, [("a", 2), ("b", 2), ("d", 1)]), ("p", 2, [("c", 2)])]
    engine.close()


@pytest.mark.parametrize("most", [0, 200_000])
def test_of_very_many_that_tie_the_first_by_text_are_told(tmp_path, monkeypatch, most):
    monkeypatch.setattr(module, "MOST_TEXTS", most)
    engine = EmbeddedEngine(tmp_path, "test", LIMITS)
    engine.ensure(INDEX, MAPPING)
    # Written backwards, so that the first by text have the highest numbers.
    texts = [f"t{number:04}" for number in reversed(range(1500))] + ["t0777"] * 2
    changes = [
        Change(f"r{n}", n + 1, {"id": f"r{n}", "last_modified": n + 1, "a": text})
        for n, text in enumerate(texts)
    ]
    engine.apply(INDEX, changes, len(changes))
    body = {"aggs": {"a": {"terms": {"field": "a", "size": 3}}}}
    found = plain(engine.search(INDEX, MAPPING, parse_request(body, LIMITS)))["aggregations"]["a"]
    told = [(each["key"], each["doc_count"]) for each in found["buckets"]]
    assert told == [("t0777", 3), ("t0000", 1), ("t0001", 1)]
    assert found["sum_other_doc_count"] == 1497
    engine.close()


def shown(found: dict[str, Any]) -> list[Any]:
    return [
        (
            each["key"],
            each["doc_count"],
            [(inner["key"], inner["doc_count"]) for inner in each["b"]["buckets"]],
        )
        for each in found["buckets"]
    ]
