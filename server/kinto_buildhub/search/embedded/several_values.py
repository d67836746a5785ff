"""Sorting records that have several values in a field to sort by.

Tantivy sorts by the first value of a record. Elasticsearch sorts by one that the key's ``mode``
chooses: by default the lowest ascending, and the highest descending. Such records are marked in the
index. They are sorted here, by values that are read from the records, and then merged with those
that Tantivy has sorted.
"""

import statistics
from typing import Any

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import any_of
from kinto_buildhub.search.embedded.schema import AT, SEVERAL
from kinto_buildhub.search.embedded.sort_keys import Hit, SortKey
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.mapping import FLOAT_TYPES, iter_values
from kinto_buildhub.search.values import record_value

# Reading a record takes about ten microseconds.
_MAX_WINDOWS = 10


def several_values_query(execution: Execution, keys: list[SortKey]) -> Any:
    """Return a query for records with several values in one of the fields to sort by."""
    names = [key.tantivy_name for key in keys if key.tantivy_name is not None]
    return any_of(execution.compiler.term(SEVERAL, name) for name in names)


def hits_with_several_values(
    execution: Execution, query: Any, keys: list[SortKey], after: tuple[Any, ...] | None
) -> list[Hit] | None:
    """Return the matches with several values in a field to sort by, in no order.

    Args:
        execution: of the request.
        query: of Tantivy.
        keys: what the hits are sorted by.
        after: only hits that follow these sort values are returned.

    Returns:
        None if there are none in the index, which is the usual case.

    Raises:
        BadQuery: there are too many to read them all.
    """
    names = [key.tantivy_name for key in keys if key.tantivy_name is not None]
    if not any(execution.searcher.doc_freq(SEVERAL, name) for name in names):
        return None
    limit = execution.limits.result_window * _MAX_WINDOWS
    several = execution.filtered(query, several_values_query(execution, keys))
    found = execution.top(several, limit + 1)
    if len(found) > limit:
        raise BadQuery(
            f"more than {limit} matches have several values to sort by; narrow the query", "sort"
        )
    by_score = any(key.tantivy_name is None for key in keys)
    hits = []
    for number, (score, address) in enumerate(found):
        if number % 1000 == 0:
            execution.check_time()
        record = execution.record(address)[1]
        values = tuple(_value(execution, key, address, record, score) for key in keys)
        if after is None or _follows(values, after, keys):
            hits.append(Hit(address, values, score if by_score else None))
    return hits


def _value(
    execution: Execution, key: SortKey, address: Any, record: dict[str, Any], score: float
) -> Any:
    if key.field is None:
        return score
    if key.tantivy_name == AT:
        return next(iter(execution.searcher.fast_field_values(AT, [address])))
    values = [record_value(key.field, each) for each in iter_values(key.field, record)]
    found: list[Any] = [value for value in values if value is not None]
    return _chosen(key, found) if found else None


def _chosen(key: SortKey, values: list[Any]) -> Any:
    match key.key.mode:
        case "sum":
            return sum(values)
        case "avg":
            return _rounded(key, sum(values) / len(values))
        case "median":
            return _rounded(key, statistics.median(values))
        case "max":
            return max(values)
        case "min":
            return min(values)
    return min(values) if key.is_ascending else max(values)


def _rounded(key: SortKey, value: float) -> float:
    """Return a mean as the field holds it: of whole numbers, half is rounded up."""
    assert key.field is not None  # noqa: S101 - the score has one value.
    return value if key.field.type in FLOAT_TYPES else int((value + 0.5) // 1)


def _follows(values: tuple[Any, ...], after: tuple[Any, ...], keys: list[SortKey]) -> bool:
    for value, other, key in zip(values, after, keys, strict=True):
        if value == other:
            continue
        if value is None:
            return key.key.missing == "_last"
        if other is None:
            return key.key.missing == "_first"
        return bool(value > other) is key.is_ascending
    return False
