"""A sorted query, cut where an index on the field it sorts by can serve it.

To Kinto a record that lacks a field is greater than every other: it comes last, or first in
descending order, and ``min_field`` lets it through. In SQL that reads "greater or NULL", which no
index serves in order. The records that have the field are one range of the index, and those that
lack it are another; the answer is the one after the other.

Pure: Kinto's filters, sorting and pagination rules in, parts made of the same out.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from kinto.core.storage import MISSING, Filter, Sort
from kinto.core.utils import COMPARISON

Rules = list[list[Filter]]

_EQUAL = COMPARISON.EQ
_BELOW = (COMPARISON.LT, COMPARISON.MAX)
_ABOVE = (COMPARISON.GT, COMPARISON.MIN)
# What a record without the field passes; it passes no other comparison.
_TRUE_OF_MISSING = (COMPARISON.NOT, COMPARISON.EXCLUDE, *_ABOVE)


@dataclass(frozen=True, slots=True)
class QueryPart:
    """One query; *rules* are alternatives of which one has to hold, None if there are none."""

    filters: list[Filter]
    sorting: list[Sort]
    rules: Rules | None


def split_query(
    filters: Sequence[Filter],
    sorting: Sequence[Sort],
    rules: Rules | None,
    indexed: Collection[str],
) -> list[QueryPart]:
    """Return parts whose answers, one after the other, are the answer of the whole.

    Args:
        indexed: fields that have an index by their value. A query that does not sort by one of
            them, or bounds it in no way, stays whole.
    """
    whole = QueryPart(list(filters), list(sorting), rules or None)
    if not sorting or sorting[0].field not in indexed:
        return [whole]
    field, direction = sorting[0]
    if not rules and all(filtr.field != field for filtr in filters):
        return [whole]
    parts = [_part_that_has(whole, field), _part_that_lacks(whole, field)]
    return [part for part in (parts if direction > 0 else parts[::-1]) if part]


def _part_that_has(whole: QueryPart, field: str) -> QueryPart | None:
    part = _given(whole, field, _holds_if_present)
    if part is None:
        return None
    present = Filter(field, True, COMPARISON.HAS)
    return QueryPart(
        [*part.filters, present, *_common_bound(part.rules, field)], part.sorting, part.rules
    )


def _part_that_lacks(whole: QueryPart, field: str) -> QueryPart | None:
    part = _given(whole, field, _holds_if_missing)
    if part is None:
        return None
    absent = Filter(field, False, COMPARISON.HAS)
    return QueryPart([*part.filters, absent], part.sorting[1:] or part.sorting, part.rules)


def _given(
    whole: QueryPart, field: str, holds: Callable[[Filter], bool | None]
) -> QueryPart | None:
    """Leave out what is known to hold; None if something is known not to."""
    filters = _simplify(whole.filters, field, holds)
    if filters is None:
        return None
    if whole.rules is None:
        return QueryPart(filters, whole.sorting, None)
    rules = [r for rule in whole.rules if (r := _simplify(rule, field, holds)) is not None]
    if not rules:
        return None
    return QueryPart(filters, whole.sorting, rules if all(rules) else None)


def _simplify(
    filters: list[Filter], field: str, holds: Callable[[Filter], bool | None]
) -> list[Filter] | None:
    verdicts = [(f, holds(f) if f.field == field else None) for f in filters]
    if any(verdict is False for _, verdict in verdicts):
        return None
    return [filtr for filtr, verdict in verdicts if verdict is None]


def _holds_if_missing(filtr: Filter) -> bool:
    if filtr.value is MISSING:
        return filtr.operator in (_EQUAL, COMPARISON.MIN, COMPARISON.MAX)
    if filtr.operator is COMPARISON.HAS:
        return not filtr.value
    return filtr.operator in _TRUE_OF_MISSING


def _holds_if_present(filtr: Filter) -> bool | None:
    if filtr.value is MISSING:
        return filtr.operator in _BELOW
    if filtr.operator is COMPARISON.HAS:
        return bool(filtr.value)
    return None


def _common_bound(rules: Rules | None, field: str) -> list[Filter]:
    """Return what all the rules of a page imply for the field, as "here or below".

    An index cannot start in the middle by "(a = 5 and b < 3) or a < 5"; by "a <= 5" it can.
    """
    on_field = [[f for f in rule if f.field == field] for rule in rules or []]
    if not on_field or any(len(found) != 1 for found in on_field):
        return []
    first, *others = [found[0] for found in on_field]
    if any(other.value != first.value for other in others):
        return []
    operators = {found[0].operator for found in on_field} - {_EQUAL}
    for side, bound in ((_BELOW, COMPARISON.MAX), (_ABOVE, COMPARISON.MIN)):
        if operators and operators.issubset(side):
            return [Filter(field, first.value, bound)]
    return []
