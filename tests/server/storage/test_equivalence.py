"""Our storage gives the answers of the stock one: the same records in the same order."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kinto.core.resource import Resource
from kinto.core.storage import MISSING, Filter, Sort
from kinto.core.utils import COMPARISON, find_nested_value
from kinto_buildhub.storage.indexed_queries import JsonRow

from tests.server.storage.conftest import PARENT_ID

FIELDS = ["made", "it.kind", "it.size", "plain", "it", "it.kind.deeper"]
OWN_FIELDS = ["id", "last_modified"]

scalars = st.sampled_from(["a", "b", "53.0", "53", "", 53, 53.0, 0, -1, 2**70, True, False, None])
values = scalars | st.sampled_from([[], ["a"], ["a", "b"], {}, {"deeper": "a"}, [["a"]]])
records = st.fixed_dictionaries(
    {},
    optional={
        "made": values,
        "plain": values,
        "it": values | st.fixed_dictionaries({}, optional={"kind": values, "size": values}),
    },
)


def filters_on(field: str) -> st.SearchStrategy[Filter]:
    """Any filter that Kinto's resource would hand to its storage."""
    one = [COMPARISON.EQ, COMPARISON.NOT, COMPARISON.LT, COMPARISON.MAX]
    one += [COMPARISON.GT, COMPARISON.MIN]
    many = [COMPARISON.IN, COMPARISON.EXCLUDE]
    arrays = [COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY]
    return st.one_of(
        st.builds(Filter, st.just(field), values, st.sampled_from(one)),
        st.builds(Filter, st.just(field), scalars, st.sampled_from(one)),
        st.builds(Filter, st.just(field), st.lists(values, max_size=3), st.sampled_from(many)),
        st.builds(Filter, st.just(field), st.lists(scalars, max_size=3), st.sampled_from(arrays)),
        st.builds(Filter, st.just(field), st.booleans(), st.just(COMPARISON.HAS)),
        st.builds(Filter, st.just(field), st.just("5"), st.just(COMPARISON.LIKE)),
    )


def filters_beside(field: str) -> st.SearchStrategy[Filter]:
    """Any filter on a field, or on the time of the change."""
    if field != "last_modified":
        return filters_on(field)
    moments_ms = st.integers(0, 9).map(lambda number: 1_577_836_800_000 + number)
    return st.builds(
        Filter, st.just(field), moments_ms, st.sampled_from([COMPARISON.LT, COMPARISON.MIN])
    )


of_few_kinds = st.fixed_dictionaries(
    {"kind": st.sampled_from(["a", "a", 53, "53"])}, optional={"size": values}
)
filters = st.lists(st.sampled_from(FIELDS).flatmap(filters_on), max_size=3)
sortings = st.lists(
    st.builds(Sort, st.sampled_from(FIELDS), st.sampled_from([1, -1])),
    max_size=2,
    unique_by=lambda sort: sort.field,
).map(lambda sorting: [*sorting, Sort("last_modified", -1)])


def next_page_rules(sorting: list[Sort], last: dict[str, Any]) -> list[list[Filter]] | None:
    """What Kinto asks for after *last*; None where it refuses to say."""
    found = {sort.field: find_nested_value(last, sort.field, MISSING) for sort in sorting}
    last_object = {field: value for field, value in found.items() if value is not MISSING}
    if any(isinstance(value, (list, dict)) for value in last_object.values()):
        return None
    resource = Resource.__new__(Resource)
    return resource._build_pagination_rules(sorting, last_object)


def parse_row(row: JsonRow) -> dict[str, Any]:
    """Return the object that a row of JSON stands for."""
    return json.loads(row.data) | {"id": row.id, "last_modified": row.last_modified}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(records, max_size=9), filters, sortings, st.integers(1, 4))
@example(
    [{"made": "b"}, {}, {"made": "a"}, {}],
    [Filter("made", "a", COMPARISON.MIN)],
    [Sort("made", -1), Sort("last_modified", -1)],
    1,
)
@example(
    [{"made": "b"}, {}, {"made": "a"}, {}],
    [Filter("made", "a", COMPARISON.GT)],
    [Sort("made", 1), Sort("last_modified", -1)],
    1,
)
def test_every_page_and_count_is_that_of_the_stock_storage(pair, things, wanted, sorting, limit):
    pair.fill(things)
    query = {"resource_name": "record", "parent_id": PARENT_ID, "filters": wanted}
    count = pair.stock.count_all(**query)
    for storage in (pair.ours, pair.wary):
        assert storage.count_all(**query) == count
    assert_same_pages(pair, query, sorting, limit)


def assert_same_pages(pair, query, sorting, limit):
    """Go through all pages of a list, by each storage."""
    rules: list[list[Filter]] | None = []
    while rules is not None:
        page = {**query, "sorting": sorting, "pagination_rules": rules, "limit": limit}
        answer = pair.stock.list_all(**page)
        for storage in (pair.ours, pair.wary):
            assert storage.list_all(**page) == answer
        assert [parse_row(row) for row in pair.ours.list_rows(**page)] == answer
        rules = next_page_rules(sorting, answer[-1]) if len(answer) == limit else None


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.fixed_dictionaries({"it": of_few_kinds}, optional={"made": values}), max_size=30),
    st.sampled_from(["a", 53]),
    st.lists(st.sampled_from(OWN_FIELDS[1:] + FIELDS).flatmap(filters_beside), max_size=1),
    st.sampled_from(["last_modified", "it.size", "made", "it.kind"]),
    st.sampled_from([1, -1]),
    st.integers(1, 3),
)
def test_every_page_of_one_value_is_that_of_the_stock_storage(
    pair, things, value, others, field, direction, limit
):
    pair.fill(things)
    wanted = [Filter("it.kind", value, COMPARISON.EQ), *others]
    query = {"resource_name": "record", "parent_id": PARENT_ID, "filters": wanted}
    sorting = [Sort(field, direction), Sort("last_modified", -1)]
    assert_same_pages(pair, query, sorting[:1] if field == "last_modified" else sorting, limit)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(records, max_size=6), filters)
def test_a_deletion_takes_what_the_stock_storage_would_list(pair, things, wanted):
    pair.fill(things)
    query = {"resource_name": "record", "parent_id": PARENT_ID, "filters": wanted}
    expected = sorted(record["id"] for record in pair.stock.list_all(**query))
    deleted = pair.ours.delete_all(**query, with_deleted=False)
    assert sorted(record["id"] for record in deleted) == expected


@pytest.mark.parametrize("limit", [None, 3, 1000])
def test_the_limits_are_those_of_the_stock_storage(pair, limit):
    pair.fill([{"made": str(number)} if number % 2 else {} for number in range(250)])
    for sorting in ([Sort("made", -1)], [Sort("last_modified", 1)]):
        query = {
            "resource_name": "record",
            "parent_id": PARENT_ID,
            "filters": [Filter("made", "3", COMPARISON.MIN)],
            "sorting": [*sorting, Sort("last_modified", 1)][:2],
            "limit": limit,
        }
        assert pair.ours.list_all(**query) == pair.stock.list_all(**query)


def test_tombstones_are_listed_as_by_the_stock_storage(pair):
    pair.fill([{"made": "a"}, {"made": "b"}, {}])
    pair.ours.delete("record", PARENT_ID, "r1")
    query = {
        "resource_name": "record",
        "parent_id": PARENT_ID,
        "filters": [Filter("last_modified", 0, COMPARISON.GT)],
        "sorting": [Sort("made", 1), Sort("last_modified", 1)],
        "include_deleted": True,
    }
    answer = pair.stock.list_all(**query)
    assert pair.ours.list_all(**query) == answer
    assert [parse_row(row) for row in pair.ours.list_rows(**query)] == answer


def test_other_resources_and_patterns_of_parents_are_listed_as_by_the_stock_storage(pair):
    for query in (
        {"resource_name": "collection", "parent_id": "/buckets/pair"},
        {"resource_name": "record", "parent_id": "/buckets/*"},
    ):
        sorting = [Sort("made", 1), Sort("last_modified", 1)]
        expected = pair.stock.list_all(**query, sorting=sorting)
        assert pair.ours.list_all(**query, sorting=sorting) == expected
