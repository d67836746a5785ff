"""The order of buckets: by key, by count, or by a metric below."""

from collections.abc import Iterable, Iterator

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.json_values import shown
from kinto_buildhub.search.language.reader import Reader
from kinto_buildhub.search.language.tree import Aggregation, BucketOrder

BY_KEY = BucketOrder(by="_key", order="asc")

# Older names of the key.
_ORDER_NAMES = {"_term": "_key", "_time": "_key"}

_SPREAD = ("variance", "variance_population", "variance_sampling")
_DEVIATIONS = ("std_deviation", "std_deviation_population", "std_deviation_sampling")
_STATS = ("min", "max", "sum", "avg", "count", "sum_of_squares", *_SPREAD, *_DEVIATIONS)
_SINGLE_BUCKETS = (tree.FilterAgg, tree.MissingAgg, tree.GlobalAgg)


def read_order(reader: Reader, default: tuple[BucketOrder, ...]) -> tuple[BucketOrder, ...]:
    """Take ``order``; it ends in an order by key, so that no two buckets tie."""
    found: list[BucketOrder] = []
    for value, path in reader.list("order", None):
        if not isinstance(value, dict) or not value:
            raise BadQuery(f'expected {{"_count": "desc"}}, got {shown(value)}', path)
        for by, direction in value.items():
            if not isinstance(direction, str) or direction.lower() not in ("asc", "desc"):
                raise BadQuery(f"expected 'asc' or 'desc', got {shown(direction)}", f"{path}.{by}")
            known = _ORDER_NAMES.get(by, by)
            found.append(BucketOrder(by=known, order=direction.lower()))  # type: ignore[arg-type]
    if not found:
        if reader.has("order"):
            raise BadQuery('expected {"_count": "desc"}, got an empty list', reader.at("order"))
        return default
    return tuple(found) if found[-1].by == "_key" else (*found, BY_KEY)


def check_order(aggregation: Aggregation) -> None:
    """Check that what buckets are ordered by exists below them.

    Raises:
        BadQuery: it does not.
    """
    for order in getattr(aggregation, "order", ()):
        if order.by not in ("_key", "_count") and resolve_order(aggregation, order.by) is None:
            raise BadQuery(
                f"cannot order by {shown(order.by)}: expected _key, _count, or the path of a "
                "metric below this aggregation, as 'name', 'name.max' or 'filter>name'",
                f"{aggregation.path}.order",
            )


def resolve_order(aggregation: Aggregation, by: str) -> tuple[tuple[str, ...], str] | None:
    """Return what an order by a path means; None if the path leads to no value.

    Returns:
        The names of the aggregations to descend into, and the value to read there: ``value``,
        ``doc_count``, a member of the stats, or a percentile's number.
    """
    *steps, last = by.split(">")
    names: list[str] = []
    for step in steps:
        below = dict(aggregation.aggs).get(step)
        if not isinstance(below, _SINGLE_BUCKETS):
            return None
        names.append(step)
        aggregation = below
    children = dict(aggregation.aggs)
    for name, member in _splits(last, children):
        value = _ordered_value(children[name], member)
        if value is not None:
            return (*names, name), value
    return None


def _splits(text: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield all ways to read ``name``, ``name.member`` and ``name[member]``, in this order.

    Names may contain dots and brackets themselves; shorter ones come first. Going by the names and
    not by the dots, it does not matter how many of those a text has.
    """
    begun = sorted((name for name in names if text.startswith(name)), key=len)
    rests = [(name, text[len(name) :]) for name in begun]
    yield from ((name, rest) for name, rest in rests if not rest)
    yield from ((name, rest[1:]) for name, rest in rests if rest.startswith("."))
    yield from ((name, rest[1:-1]) for name, rest in rests if _is_bracketed(rest))


def _is_bracketed(text: str) -> bool:
    return len(text) > len("[]") and text[0] == "[" and text[-1] == "]"


def _ordered_value(metric: Aggregation | None, member: str) -> str | None:
    match metric:
        case tree.MetricAgg(kind="stats" | "extended_stats"):
            return member if member in _STATS else None
        case tree.MetricAgg() | tree.CardinalityAgg():
            return "value" if member in ("", "value") else None
        case tree.PercentilesAgg():
            return member if member in _percentile_names(metric) else None
        case tree.FilterAgg() | tree.MissingAgg() | tree.GlobalAgg():
            return "doc_count" if member in ("", "_count", "doc_count") else None
    return None


def _percentile_names(metric: tree.PercentilesAgg) -> set[str]:
    return {f"{each:g}" for each in metric.percents} | {str(each) for each in metric.percents}
