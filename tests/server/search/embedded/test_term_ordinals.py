"""Term ordinals keep their terms, whichever process reads them, also after a crash."""

from pathlib import Path
from typing import Any

import pytest
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.embedded.term_ordinals import MAX_TERMS, TermOrdinals
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.errors import IndexMissing
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS, decoded

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping({"properties": {"a": {"type": "keyword"}, "b": {"type": "keyword"}}})
TERMS = ("x", "", "line\nbreak", "caché", '"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for the ordinals of one field."""
    TermOrdinals.make(tmp_path / "term_ordinals", ["f0"])
    return tmp_path / "term_ordinals"


def assign(folder: Path, *terms: str, max_terms: int = MAX_TERMS) -> list[int | None]:
    term_ordinals = TermOrdinals(folder, max_terms)
    ordinals = [term_ordinals.assign("f0", term) for term in terms]
    term_ordinals.save()
    return ordinals


def test_terms_keep_their_ordinals(folder):
    assert assign(folder, *TERMS) == [0, 1, 2, 3, 4]
    assert assign(folder, "new", *TERMS) == [5, 0, 1, 2, 3, 4]
    assert TermOrdinals(folder).terms("f0", 5) == [*TERMS, "new"]


def test_a_reader_finds_ordinals_that_were_assigned_since_it_last_read(folder):
    assign(folder, "x")
    reader = TermOrdinals(folder)
    assert reader.terms("f0", 0) == ["x"]
    assign(folder, "x", "y")
    assert reader.terms("f0", 1) == ["x", "y"]


def test_a_line_that_a_crash_left_half_written_has_no_ordinal(folder):
    assign(folder, "x")
    with (folder / "f0").open("ab") as file:
        file.write(b'"ha')
    assert TermOrdinals(folder).terms("f0", 0) == ["x"]
    assert assign(folder, "half", "x") == [1, 0]
    assert TermOrdinals(folder).terms("f0", 1) == ["x", "half"]


def test_a_field_with_too_many_terms_loses_its_ordinals(folder):
    assert assign(folder, "x", "y", "x", "z", "x", max_terms=2) == [0, 1, 0, None, None]
    assert not TermOrdinals(folder).are_usable("f0")
    assert assign(folder, "x") == [None]


def test_lost_ordinals_are_not_assigned_again(folder):
    assign(folder, "x", "y")
    first_line, _, _ = (folder / "f0").read_bytes().partition(b"\n")
    (folder / "f0").write_bytes(first_line + b"\n")
    reader = TermOrdinals(folder)
    with pytest.raises(IndexMissing, match="lacks ordinal 1"):
        reader.terms("f0", 1)
    assert not reader.are_usable("f0")
    (folder / "f0").unlink()
    assert assign(folder, "z") == [None]


@pytest.mark.parametrize("max_terms", [0, 3, 200_000])
def test_buckets_do_not_depend_on_ordinals(tmp_path, max_terms):
    engine = EmbeddedEngine(tmp_path, "test", LIMITS, max_terms=max_terms)
    engine.ensure(INDEX, MAPPING)
    # Ordinals follow the order of writing, buckets that of counts and terms.
    pairs = [("q", "b"), ("q", "a"), ("p", "c"), ("p", "c"), ("q", "a"), ("q", ["d", "b"])]
    changes = [
        Change(f"r{n}", n + 1, {"id": f"r{n}", "last_modified": n + 1, "a": a, "b": b})
        for n, (a, b) in enumerate(pairs)
    ]
    engine.apply(INDEX, changes[:3], 3)
    engine.apply(INDEX, changes[3:], 6)
    body = {"aggs": {"a": {"terms": {"field": "a"}, "aggs": {"b": {"terms": {"field": "b"}}}}}}
    found = decoded(engine.search(INDEX, MAPPING, parse_request(body, LIMITS)))["aggregations"]["a"]
    assert shown(found) == [("q", 4, [("a", 2), ("b", 2), ("d", 1)]), ("p", 2, [("c", 2)])]
    engine.close()


@pytest.mark.parametrize("max_terms", [0, 200_000])
def test_of_many_buckets_that_tie_the_first_by_key_are_returned(tmp_path, max_terms):
    engine = EmbeddedEngine(tmp_path, "test", LIMITS, max_terms=max_terms)
    engine.ensure(INDEX, MAPPING)
    # Written in reverse, so that the first terms have the highest ordinals.
    terms = [f"t{number:04}" for number in reversed(range(1500))] + ["t0777"] * 2
    changes = [
        Change(f"r{n}", n + 1, {"id": f"r{n}", "last_modified": n + 1, "a": term})
        for n, term in enumerate(terms)
    ]
    engine.apply(INDEX, changes, len(changes))
    body = {"aggs": {"a": {"terms": {"field": "a", "size": 3}}}}
    found = decoded(engine.search(INDEX, MAPPING, parse_request(body, LIMITS)))["aggregations"]["a"]
    buckets = [(each["key"], each["doc_count"]) for each in found["buckets"]]
    assert buckets == [("t0777", 3), ("t0000", 1), ("t0001", 1)]
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
