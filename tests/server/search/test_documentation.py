"""The documentation says what the code does."""

import json
import re
from pathlib import Path

import pytest
from buildhub_schema import search_mapping
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.aggregation_types import AGGREGATION_TYPES
from kinto_buildhub.search.language.query_clauses import QUERY_CLAUSES
from kinto_buildhub.search.language.reference import language_reference
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import LIMITS
from tests.server.search.records import make_records

PAGE = Path(__file__).parents[3] / "docs" / "api" / "search.rst"
INDEX = IndexId("build-hub", "releases")


def test_each_query_and_aggregation_is_in_its_table():
    page = language_reference()
    names = {row.name for row in (*QUERY_CLAUSES, *AGGREGATION_TYPES)}
    assert set(re.findall(r"\* - ``(\w+)``", page)) == names


def examples() -> list[str]:
    blocks = re.findall(r"\.\. code-block:: json\n\n((?:   .*\n|\n)+)", PAGE.read_text())
    return [re.sub(r"(?m)^   ", "", block) for block in blocks]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = EmbeddedEngine(tmp_path_factory.mktemp("documented"), "kinto", LIMITS)
    engine.ensure(INDEX, Mapping(search_mapping()))
    changes = [Change(each["id"], each["last_modified"], each) for each in make_records()]
    engine.apply(INDEX, changes, changes[-1].timestamp)
    yield engine
    engine.close()


@pytest.mark.parametrize("example", examples())
def test_each_example_is_answered(engine, example):
    answer = engine.search(
        INDEX, Mapping(search_mapping()), parse_request(json.loads(example), LIMITS)
    )
    assert "hits" in answer
