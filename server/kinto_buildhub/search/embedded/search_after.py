"""``search_after``: the query for what follows a hit in the order of the sort keys."""

import math
from typing import Any

import tantivy

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import SHOULD, negated, unscored
from kinto_buildhub.search.embedded.schema import MAX_LONG, MIN_LONG, IndexedField
from kinto_buildhub.search.embedded.sort_keys import (
    SortKey,
    parse_sort_value,
    resolve_sort_keys,
)
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.mapping import FLOAT_TYPES


def parse_search_after(
    execution: Execution, keys: tuple[tree.SortKey, ...], values: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return *values* as the index holds them, without those of unmapped fields.

    Raises:
        BadQuery: a value does not fit its field, or the order is by score.
    """
    resolved = resolve_sort_keys(execution, keys)
    if len(keys) != len(values) or any(key.tantivy_name is None for key in resolved):
        raise BadQuery(
            "search_after works with fields to sort by; add one, and leave out _score",
            "search_after",
        )
    by_key = {id(key): value for key, value in zip(keys, values, strict=True)}
    return tuple(parse_sort_value(execution, key, by_key[id(key.key)]) for key in resolved)


def search_after_query(
    execution: Execution, query: Any, keys: list[SortKey], values: tuple[Any, ...]
) -> Any:
    """Return *query* without the hits at or before *values* in the order of the keys.

    Records have one value for each key, or none.
    """
    choices: list[Any] = []
    tied: list[Any] = []
    for key, value in zip(keys, values, strict=True):
        choices += [
            execution.filtered(unscored(query), *tied, after)
            for after in _after(execution, key, value)
        ]
        tied.append(_equal(execution, key, value))
    if not choices:
        return tantivy.Query.empty_query()
    following = tantivy.Query.boolean_query([(SHOULD, each) for each in choices])
    return execution.filtered(query, following)


def _equal(execution: Execution, key: SortKey, value: Any) -> Any:
    name = key.tantivy_name or ""
    if value is not None:
        return execution.compiler.term(name, value)
    return negated(execution.compiler.exists(name))


def _after(execution: Execution, key: SortKey, value: Any) -> list[Any]:
    """Return queries for what follows *value* by this key alone."""
    name = key.tantivy_name or ""
    missing_last = key.key.missing == "_last"
    if value is None:
        return [] if missing_last else [execution.compiler.exists(name)]
    without_value = [_equal(execution, key, None)] if missing_last else []
    assert key.field is not None  # noqa: S101 - the score was refused.
    if key.field.is_keyword:
        lower, upper = (value, None) if key.is_ascending else (None, value)
        indexed = IndexedField(key.field, name)
        after = execution.compiler.text_range(indexed, lower, upper, (False, False), "search_after")
        return [after, *without_value]
    if key.field.type in FLOAT_TYPES:
        low, high = (value, math.inf) if key.is_ascending else (-math.inf, value)
        include = not key.is_ascending, key.is_ascending
        kind = tantivy.FieldType.Float
        return [execution.compiler.number_range(name, kind, low, high, include), *without_value]
    low, high = (value + 1, MAX_LONG) if key.is_ascending else (MIN_LONG, value - 1)
    if low > MAX_LONG or high < MIN_LONG:
        return without_value
    kind = tantivy.FieldType.Integer
    return [execution.compiler.number_range(name, kind, low, high, (True, True)), *without_value]
