"""How records are compared."""

from typing import Any

import pytest
from buildhub.audit.comparable import Record, all_fields, digest, find_differences, path_fields
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import make_record

LEAVES = ("source__product", "target__locale", "build__id", "build__ld", "download__url")
VALUES = st.one_of(st.none(), st.text(max_size=3))
RECORDS = st.fixed_dictionaries(dict.fromkeys(LEAVES, VALUES)).map(
    lambda changes: make_record(**changes)
)


def test_fields_that_the_server_adds_are_not_compared() -> None:
    record = make_record()
    assert all_fields(record | {"last_modified": 1, "schema": 2}) == record
    known = {"download": record["download"] | {"md5": "0" * 32, "expired": "2027-01-01T00:00:00Z"}}
    assert all_fields(record | known) == record


@given(RECORDS, RECORDS)
def test_digests_are_equal_where_nothing_differs(one: Record, other: Record) -> None:
    assert (digest(one) == digest(other)) == (find_differences(one, other) == {})


def test_the_order_of_fields_does_not_count() -> None:
    record = make_record()
    turned = {name: record[name] for name in reversed(record)}
    assert digest(turned) == digest(record)


@pytest.mark.parametrize(
    ("by_archive", "by_catalogue", "expected"),
    [
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, {"a.b": (1, 2)}, id="another-value"),
        pytest.param({"a": {"b": 1}}, {}, {"a.b": (1, None)}, id="missing-group"),
        pytest.param({}, {"a": {"b": 1}}, {"a.b": (None, 1)}, id="group-too-many"),
        pytest.param(
            {"a": {"b": 1}},
            {"a": "text"},
            {"a.b": (1, None), "a": (None, "text")},
            id="a-text-for-a-group",
        ),
        pytest.param({"a": "1"}, {"a": 1}, {"a": ("1", 1)}, id="another-type"),
    ],
)
def test_fields_that_differ_are_named(by_archive: Any, by_catalogue: Any, expected: Any) -> None:
    assert find_differences(by_archive, by_catalogue) == expected


@pytest.mark.parametrize("name", ["build__id", "source__revision", "target__channel"])
def test_fields_that_metadata_may_correct_are_not_taken_from_paths(name: str) -> None:
    assert path_fields(make_record(**{name: "other"})) == path_fields(make_record())


@pytest.mark.parametrize("name", ["download__size", "target__locale", "source__product"])
def test_fields_that_a_list_of_files_determines_are_taken_from_paths(name: str) -> None:
    assert path_fields(make_record(**{name: "other"})) != path_fields(make_record())
