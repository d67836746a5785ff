"""What a closed schema rules out is refused, with the nearest name that exists."""

import pytest
from buildhub_schema import json_schema
from kinto_buildhub.filters.checks import check_list, check_object
from kinto_buildhub.filters.errors import BadFilter

SCHEMA = json_schema()


@pytest.mark.parametrize(
    ("pair", "problem"),
    [
        (("target.versoin", "53.0b9"), "target.versoin: no such field; is target.version meant?"),
        (("build_id", "2017"), "build_id: no such field; is build.id meant?"),
        (("version", "53.0"), "version: no such field; is target.version meant?"),
        (("Target.Version", "53.0"), "Target.Version: no such field; is target.version meant?"),
        (("min_build.ids", "1"), "min_build.ids: no such field; is min_build.id meant?"),
        (("in_target.chanel", "a"), "in_target.chanel: no such field; is in_target.channel meant?"),
        (("has_build.idd", "true"), "has_build.idd: no such field; is has_build.id meant?"),
        (("like_source.tre", "a"), "like_source.tre: no such field; is like_source.tree meant?"),
        (("target.version.order", "1"), "target.version.order: no such field"),
        (("data.target.version", "1"), "data.target.version: no such field; is target.version"),
        (("limit", "5"), "limit: no such field; is _limit meant?"),
        (("gt", "build.id,5"), "gt: no such field; is gte meant?"),
        (("xyz", "1"), "xyz: no such field$"),
        (("gte", "download.dat,2017"), "gte: no such field: download.dat; is download.date meant?"),
        (("lt", "size,5"), "lt: no such field: size; is download.size meant?"),
        (("_limt", "1"), "_limt: no such parameter; is _limit meant?"),
        (("_sorts", "build.id"), "_sorts: no such parameter; is _sort meant?"),
        (("_field", "id"), "_field: no such parameter; is _fields meant?"),
        (("_offset", "10"), "_offset: no such parameter"),
        (("_sort", "-download.dat"), "_sort: no such field: download.dat; is download.date meant?"),
        (("_sort", "id,-target.version.order"), "_sort: no such field: target.version.order"),
        (("_sort", "target"), "_sort: target has no order; .* as target.version"),
        (("_fields", "id,target.versoin"), "_fields: no such field: target.versoin; is target.v"),
        (("has_build.id", "no"), "has_build.id: expected true or false, got 'no'"),
        (("has_build.id", '"false"'), "has_build.id: expected true or false"),
        (("has_build.id", ""), "has_build.id: expected true or false"),
        (("gte", "download.date,yesterday"), "gte: expected a date in UTC"),
        (("lt", "build.date,June"), "lt: expected a date in UTC"),
        (("lt_build.date", "June"), "lt_build.date: expected a date in UTC"),
        (("min_build.date", "20170501"), "min_build.date: expected a date in UTC"),
        (("max_build.date", "2017-13"), "max_build.date: expected a date in UTC"),
        (("gt_build.date", "2017-02-30"), "gt_build.date: expected a date in UTC"),
        (("gt_build.date", "2017-02-03T24"), "gt_build.date: expected a date in UTC"),
        (("gt_build.date", "2017-05-01T00:00:00+02:00"), "gt_build.date: expected a date in UTC"),
        (("gt_build.date", "2017-05-01 12:00"), "gt_build.date: expected a date in UTC"),
        (("gt_build.date", "5/1/2017"), "gt_build.date: expected a date in UTC"),
        (("gt_build.date", ""), "gt_build.date: expected a date in UTC"),
        (("build.date", "now"), "build.date: expected a date in UTC"),
        (("not_build.date", "null"), "not_build.date: expected a date in UTC"),
        (("in_build.date", "2017-05-01T12:30:00Z,May"), "in_build.date: expected a .* got 'May'"),
        (("build.date", "2017-05-01"), "build.date: no record's date equals '2017-05-01'; exp"),
        (("not_build.date", "2017"), "not_build.date: no record's date equals '2017'"),
        (("in_build.date", '["2017-05"]'), "in_build.date: no record's date equals '2017-05'"),
        (("target", "firefox"), "target: expected a field with one value, not a group of fields"),
        (("not_target", "null"), "not_target: expected a field with one value"),
        (("min_source", "a"), "min_source: expected a field with one value"),
        (("like_source", "a"), "like_source: expected a field with one value"),
        (("in_target", "a,b"), "in_target: expected a field with one value"),
        (("gte", "target,a"), "gte: expected a field with one value"),
        (("contains_target.locale", "fr"), "contains_target.locale: expected a field that holds"),
        (("contains_any_target", '["fr"]'), "contains_any_target: expected a field that holds"),
        (("in_id", '["a","b"'), "in_id: expected a JSON list of texts or numbers"),
        (("exclude_target.os", '["win"'), "exclude_target.os: expected a JSON list of texts"),
        (("in_id", '[{"a": 1}]'), "in_id: expected a JSON list of texts or numbers"),
    ],
    ids=lambda value: "=".join(value) if isinstance(value, tuple) else "",
)
def test_what_the_schema_rules_out_is_refused_by_name(pair, problem):
    with pytest.raises(BadFilter, match=f"^{problem}"):
        check_list([pair], SCHEMA)


@pytest.mark.parametrize(
    "pair",
    [
        ("id", "a"),
        ("in_id", "a,b"),
        ("last_modified", "5"),
        ("gt_last_modified", "5"),
        ("deleted", "true"),
        ("schema", "5"),
        ("target", "{}"),
        ("not_target", '{"os": "win"}'),
        ("in_id", '["a", "[b"]'),
        ("not_build.date", "2017-05-01T12:30:00.123456Z"),
        ("gte", "build.id"),  # What is wrong with it is said when it is translated.
        ("lt", ",5"),
        ("has_target", "true"),
        ("has_build.id", "false"),
        ("has_build.id", "0"),
        ("target.version ", "53.0"),
        ("like_build.date", "*T12*"),
        ("gte", "download.date,2017"),
        ("gte", 'download.date,"2017-05"'),
        ("lt", "download.date,2017-05-01T12"),
        ("lt", "download.date,2017-05-01T12:30:00.123456Z"),
        ("build.date", "2017-05-01T12:30:00+02:00"),
        ("in_build.date", '"2017-05-01T12:30:00Z",2017-05-02T12:30:00Z'),
        ("date_range", "3"),
        ("_limit", "1"),
        ("_sort", "-download.date,id, build.id"),
        ("_fields", "id,target,download.url"),
        ("_since", "5"),
        ("_before", "5"),
        ("_to", "5"),
        ("_token", "x"),
        ("_expected", "5"),
    ],
    ids="=".join,
)
def test_all_else_is_understood(pair):
    check_list([pair], SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": {"a": {"type": "string"}}},
        {"properties": {}, "additionalProperties": True},
        {"properties": {}, "additionalProperties": {"type": "string"}},
        {"additionalProperties": False, "patternProperties": {"^x": {}}},
        {"additionalProperties": False, "$ref": "#/definitions/all"},
    ],
)
def test_a_schema_that_allows_other_fields_rules_nothing_out(schema):
    pairs = [("nowhere", "1"), ("_limt", "1"), ("_sort", "nowhere"), ("has_nowhere", "no")]
    check_list(pairs, schema)
    check_object(pairs, schema)


@pytest.mark.parametrize("field", ["open.x", "ref.x", "any.x", "anything.x.y"])
def test_a_group_that_allows_other_fields_rules_nothing_out_below_it(field):
    schema = {
        "additionalProperties": False,
        "properties": {
            "open": {"type": "object", "properties": {"y": {}}},
            "ref": {"$ref": "#/definitions/x"},
            "any": {"anyOf": [{"type": "string"}, {"type": "object"}]},
            "anything": True,
        },
    }
    check_list([(field, "1")], schema)
    with pytest.raises(BadFilter):
        check_list([("other.x", "1")], schema)


@pytest.mark.parametrize(
    ("pair", "problem"),
    [
        (("_fields", "target.versoin"), "_fields: no such field: target.versoin"),
        (("_field", "id"), "_field: no such parameter; is _fields meant?"),
    ],
)
def test_the_parameters_of_a_record_are_checked(pair, problem):
    with pytest.raises(BadFilter, match=problem):
        check_object([pair], SCHEMA)


def test_other_parameters_of_a_record_stay_ignored():
    check_object([("utm_source", "x"), ("_expected", "5"), ("_fields", "id,target")], SCHEMA)
