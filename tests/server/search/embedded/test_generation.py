"""Generations of the embedded index, for requests that still use one after it was replaced."""

from pathlib import Path

from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.mapping import Mapping

MAPPING = Mapping({"properties": {"a": {"type": "keyword"}}})


def test_a_closed_generation_still_answers_requests_that_have_it(tmp_path: Path) -> None:
    generation = Generation.make(tmp_path / "g1", MAPPING)
    generation.apply([Change("one", 1, {"id": "one"})], 1, commit=True)
    assert generation.searcher().num_docs == 1
    generation.close()
    assert generation.searcher().num_docs == 1
