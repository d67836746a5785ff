"""Generations of the embedded index, for requests that still use one after it was replaced."""

import stat
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


def test_it_is_for_the_servers_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "index" / "g1"
    Generation.make(folder, MAPPING)
    for each in (folder, folder.parent):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
