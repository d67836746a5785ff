"""Generations of the embedded index, as those see them who ask while one takes another's place."""

from pathlib import Path

from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.mapping import Mapping

MAPPING = Mapping({"properties": {"a": {"type": "keyword"}}})


def test_one_that_is_closed_still_answers_who_has_it(tmp_path: Path) -> None:
    generation = Generation.make(tmp_path / "g1", MAPPING)
    generation.apply([Change("one", 1, {"id": "one"})], 1, commit=True)
    assert generation.searcher().num_docs == 1
    generation.close()
    assert generation.searcher().num_docs == 1
