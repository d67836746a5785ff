"""A hit has the record's ID and the record as written, wherever the ID is in it."""

from typing import Any

import pytest
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.language.tree import FetchField
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.source import fetch_fields

from tests.server.search.conftest import LIMITS, decoded

INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping({"properties": {"a": {"type": "keyword"}}})
TAIL = {"id": "inner", "last_modified": 5}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"a": "x", "id": "own", "last_modified": 5}, id="as the storage gives it"),
        pytest.param({"id": "own", "last_modified": 5, "a": "x"}, id="at the start"),
        pytest.param({"last_modified": 5, "id": "own"}, id="the other way round"),
        pytest.param(
            {"id": "own", "last_modified": 5, "a": TAIL}, id="an object with one at the end"
        ),
        pytest.param({"id": "own", "a": ',"id":"x","last_modified":5}'}, id="a text like an end"),
        pytest.param({"a": 2**70, "id": "own", "last_modified": 5}, id="a very long number"),
    ],
)
def test_a_hit_has_the_id_and_the_record(tmp_path, record: dict[str, Any]):
    engine = EmbeddedEngine(tmp_path, "test", LIMITS)
    engine.ensure(INDEX, MAPPING)
    engine.apply(INDEX, [Change("own", 5, record)], 5)
    (hit,) = decoded(engine.search(INDEX, MAPPING, parse_request({}, LIMITS)))["hits"]["hits"]
    assert (hit["_id"], hit["_source"]) == ("own", record)
    engine.close()


def test_fields_include_what_the_mapping_does_not_have() -> None:
    mapping = Mapping({"properties": {"a": {"type": "keyword"}}})
    record = {"a": "x", "b": {"c": [1, {"d": None}, None], "e": "y", "n": None}, "f": []}
    every = (FetchField(field="*", include_unmapped=True),)
    found = {"a": ["x"], "b.c": [1, None], "b.e": ["y"]}
    assert fetch_fields(record, every, mapping) == found
    some = (FetchField(field="b.e", include_unmapped=True), FetchField(field="b.c"))
    assert fetch_fields(record, some, mapping) == {"b.e": ["y"]}
    assert fetch_fields(record, (FetchField(field="b", include_unmapped=True),), mapping) == {}
