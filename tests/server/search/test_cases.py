"""Each engine answers what programs send."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from buildhub_schema import search_mapping
from kinto_buildhub.search.engine import Change, Engine
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.cases import ANY, CASES, Case
from tests.server.search.conftest import LIMITS, decoded
from tests.server.search.records import make_records

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(search_mapping())


@pytest.fixture(scope="session")
def filled_engine(make_engine: Callable[[], Engine]) -> Iterator[Engine]:
    """An engine with the suite's records."""
    engine = make_engine()
    engine.ensure(INDEX, MAPPING)
    changes = [Change(each["id"], each["last_modified"], each) for each in make_records()]
    engine.apply(INDEX, changes, changes[-1].timestamp)
    engine.refresh(INDEX)
    yield engine
    engine.delete(INDEX)
    engine.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(filled_engine: Engine, case: Case) -> None:
    answer = decoded(filled_engine.search(INDEX, MAPPING, parse_request(case.body, LIMITS)))
    check_part(case.expected, answer, "answer")
    if case.ids is not None:
        assert tuple(hit["_id"] for hit in answer["hits"]["hits"]) == case.ids


def check_part(expected: Any, found: Any, path: str) -> None:
    """Check that *expected* is a part of *found*, as `tests.server.search.cases` says."""
    if expected is ANY:
        return
    if isinstance(expected, dict):
        assert isinstance(found, dict), path
        for key, value in expected.items():
            assert key in found, f"{path}.{key} is missing; there are {sorted(found)}"
            check_part(value, found[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list), path
        assert len(found) == len(expected), f"{path}: {found}"
        for number, (value, other) in enumerate(zip(expected, found, strict=True)):
            check_part(value, other, f"{path}[{number}]")
    else:
        assert found == expected, path
