"""The quick validator and Kinto's own agree, whatever the schema and the record."""

from typing import Any

import pytest
from buildhub_schema import json_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.exceptions import SchemaError
from kinto.schema_validation import ValidationError, validate_schema
from kinto_buildhub.bulk import schema_checker
from kinto_buildhub.bulk.schema_checker import SchemaChecker, compile_quick_check

from tests.conftest import make_record

DRAFTS = [
    None,
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
]

names = st.sampled_from(["a", "b", "id", "schema", "last_modified"])
# Numbers and texts that libraries are known to disagree on.
numbers = st.sampled_from(
    [0, 1, -1, 2, 1.0, 0.0, -0.0, 1.5, 2**53 + 1, 2**63, 2**64, 2**70, -(2**70), 1e22, 1e300]
)
texts = st.sampled_from(
    ["", "a", "ab", "a\n", "\n", "é", "é", "😀", "٣", "7", "a.b", "A", "\u2028"]
)
leaves = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
records = st.dictionaries(names.filter(lambda name: name != "id"), values, max_size=4)
record_ids = st.sampled_from(["a", "ab", "7"])
counts = st.integers(0, 3)
patterns = st.sampled_from(
    ["^a", "a$", "^a$", "^[a-z]*$", "^.$", "(a|é)b?", "[0-9]{1,2}", r"a\.b", "[^a]", "^$", r"\d"]
) | st.sampled_from([r"\w", r"\s", r"\D", "(?i)a", "(?!a)", r"\ba", "a{,2}", r"(a)\1"])
schemas = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(
                ["object", "array", "string", "integer", "number", "boolean", "null"]
            )
            | st.just(["string", "integer"]),
            "enum": st.lists(values, min_size=1, max_size=3),
            "const": values,
            "minimum": numbers,
            "maximum": numbers,
            "minLength": counts,
            "maxLength": counts,
            "minItems": counts,
            "maxItems": counts,
            "minProperties": counts,
            "maxProperties": counts,
            "pattern": patterns,
            "format": st.sampled_from(["date-time", "email", "ipv4"]),
            "required": st.lists(names, min_size=1, max_size=2, unique=True),
            "x-facet": st.just(True),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array"]),
            "properties": st.dictionaries(names, inner, max_size=3),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "not": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "required": st.lists(names, min_size=1, max_size=2, unique=True),
        },
    ),
    max_leaves=5,
)


def is_valid_for_kinto(record: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Say what Kinto says; where it stumbles over its own error, that is a no."""
    hidden = ("last_modified", "schema", "__permissions__")
    try:
        validate_schema(record, schema, id_field="id", ignore_fields=hidden)
    except (ValidationError, SchemaError):
        return False
    except (KeyError, TypeError) as exc:
        return not isinstance(exc.__context__, ValidationError)
    return True


@settings(max_examples=200, deadline=None)
@given(schema=schemas, draft=st.sampled_from(DRAFTS), record=records, record_id=record_ids)
def test_what_is_quickly_found_valid_is_valid_for_kinto(schema, draft, record, record_id):
    if draft is not None:
        schema = {"$schema": draft, **schema}
    is_surely_valid = compile_quick_check(schema)
    stored = record | {"id": record_id}
    assert not is_surely_valid(record, record_id) or is_valid_for_kinto(stored, schema)


@settings(max_examples=100, deadline=None)
@given(schema=schemas, record=records, record_id=record_ids)
def test_the_checker_finds_an_error_where_kinto_does(schema, record, record_id):
    error = SchemaChecker([schema]).find_error(record, record_id)
    assert (error is None) == is_valid_for_kinto(record | {"id": record_id}, schema)


def test_our_own_records_never_need_the_slow_way(monkeypatch):
    monkeypatch.setattr(schema_checker, "_find_error", None)
    record = make_record()
    assert SchemaChecker([json_schema()]).find_error(record, record.pop("id")) is None


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "http://127.0.0.1:1/elsewhere.json"}, id="remote reference"),
        pytest.param({"pattern": r"\bword"}, id="pattern with its own meaning in each"),
        pytest.param({"properties": {"a": {"multipleOf": 0.1}}}, id="rounding"),
        pytest.param({"$schema": "http://json-schema.org/draft-03/schema#"}, id="old draft"),
        pytest.param({"uniqueItems": True}, id="unknown to us"),
        pytest.param({"type": 7}, id="no schema at all"),
    ],
)
def test_other_schemas_are_left_to_kinto(schema):
    assert compile_quick_check(schema)({"a": 1}, "r") is False


def test_a_schema_that_its_own_draft_refuses_is_told():
    schema = {"$schema": DRAFTS[1], "enum": [{}, {}]}
    assert (
        SchemaChecker([schema]).find_error({}, "r")
        == "schema in body: [{}, {}] has non-unique elements"
    )


def test_an_error_of_the_record_as_a_whole_is_told():
    assert SchemaChecker([{"maxProperties": 1}]).find_error({"a": 1, "b": 1}, "r") == (
        "data in body: {'a': 1, 'b': 1} has too many properties"
    )


def test_a_schema_sees_the_id_where_it_speaks_of_it():
    checker = SchemaChecker([{"properties": {"id": {"maxLength": 1}}, "required": ["id"]}])
    assert checker.find_error({}, "r") is None
    assert checker.find_error({}, "rs") == "id in body: 'rs' is too long"


def test_both_schemas_count():
    checker = SchemaChecker([{"required": ["a"]}, {"required": ["b"]}])
    assert checker.find_error({"a": 1, "b": 1}, "r") is None
    assert checker.find_error({"a": 1}, "r") == "'b' is a required property"
    assert checker.find_error({"b": 1}, "r") == "'a' is a required property"
