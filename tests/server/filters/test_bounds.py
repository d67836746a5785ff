"""What ``gte``, ``lt`` and ``date_range`` mean in Kinto's words."""

from datetime import date

import pytest
from buildhub_schema import json_schema
from kinto_buildhub.filters.bounds import MAX_BOUNDS_OF_A_FIELD, expand_bounds
from kinto_buildhub.filters.errors import BadFilter

SCHEMA = json_schema()
TODAY = date(2017, 5, 3)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param(
            [("gte", "download.date,2017-05-01")],
            [("min_download.date", '"2017-05-01"'), ("has_download.date", "true")],
            id="gte",
        ),
        pytest.param([("lt", "build.id,2017")], [("lt_build.id", '"2017"')], id="lt"),
        pytest.param(
            [("gte", "build.id,2016"), ("lt", "build.id,2017")],
            [("min_build.id", '"2016"'), ("has_build.id", "true"), ("lt_build.id", '"2017"')],
            id="both",
        ),
        pytest.param(
            [("lt", "build.id,3"), ("lt", "build.id,2"), ("lt", "build.id,1")],
            [("lt_build.id", '"3"'), ("lt_build.id ", '"2"'), ("lt_build.id  ", '"1"')],
            id="same-field-again",
        ),
        pytest.param(
            [("lt_build.id", "5"), ("lt", "build.id,3")],
            [("lt_build.id", "5"), ("lt_build.id ", '"3"')],
            id="beside-kinto's-own",
        ),
        pytest.param(
            [("gte", "download.size,5")],
            [("min_download.size", "5"), ("has_download.size", "true")],
            id="integer",
        ),
        pytest.param([("lt", "target.locale,a,b")], [("lt_target.locale", '"a,b"')], id="comma"),
        pytest.param([("lt", "unknown,5")], [("lt_unknown", "5")], id="undeclared"),
        pytest.param(
            [("gte", "last_modified,5")], [("min_last_modified", "5")], id="kinto's-field"
        ),
        pytest.param(
            [("date_range", "0")],
            [("min_download.date", '"2017-05-03"'), ("has_download.date", "true")],
            id="today",
        ),
        pytest.param(
            [("date_range", '"3"')],
            [("min_download.date", '"2017-04-30"'), ("has_download.date", "true")],
            id="three-days-back",
        ),
        pytest.param(
            [("date_range", "99999999999999999999")],
            [("min_download.date", '"0001-01-01"'), ("has_download.date", "true")],
            id="before-the-calendar",
        ),
        pytest.param([("target.version", "1")], [("target.version", "1")], id="others-stay"),
    ],
)
def test_bounds_in_kintos_words(pairs, expected):
    assert expand_bounds(pairs, SCHEMA, today=TODAY) == expected


@pytest.mark.parametrize(
    ("pair", "problem"),
    [
        pytest.param(("gte", "build.id"), "gte: expected field,value", id="no-value"),
        pytest.param(("lt", ",5"), "lt: expected field,value", id="no-field"),
        pytest.param(("lt", "build-id,5"), "lt: expected field,value", id="no-field-name"),
        pytest.param(("gte", "download.size,big"), "gte: download.size is an integer", id="type"),
        pytest.param(("date_range", "-1"), "date_range: expected a number of days", id="negative"),
        pytest.param(("date_range", "1.5"), "date_range: expected a number of days", id="fraction"),
        pytest.param(("date_range", ""), "date_range: expected a number of days", id="nothing"),
        pytest.param(("date_range", "week"), "date_range: expected a number of days", id="word"),
        pytest.param(("date_range", "٣"), "date_range: expected a number of days", id="not-ascii"),
    ],
)
def test_what_means_nothing_is_refused_by_name(pair, problem):
    with pytest.raises(BadFilter, match=problem):
        expand_bounds([pair], SCHEMA, today=TODAY)


def test_a_schema_without_a_published_field_has_no_date_range():
    with pytest.raises(BadFilter, match="x-published"):
        expand_bounds([("date_range", "1")], {"properties": {}}, today=TODAY)


@pytest.mark.parametrize("name", ["gte", "lt", "date_range"])
def test_a_field_of_that_very_name_wins(name):
    schema = {"properties": {name: {"type": "string"}}}
    assert expand_bounds([(name, "a,5")], schema, today=TODAY) == [(name, "a,5")]


@pytest.mark.parametrize(
    "pair",
    [("gte", "a,1"), ("lt", "build.id,1"), ("date_range", "1")],
    ids=["gte", "lt", "date_range"],
)
def test_a_field_has_a_limited_number_of_bounds(pair):
    expand_bounds([pair] * MAX_BOUNDS_OF_A_FIELD, SCHEMA, today=TODAY)
    with pytest.raises(BadFilter, match=f"{pair[0]}: expected at most 32 bounds of one field"):
        expand_bounds([pair] * 100_000, SCHEMA, today=TODAY)
