"""Composite aggregations: a bucket for each combination of values, page by page."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from kinto_buildhub.search.embedded.compile import without
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.intervals import interval_of
from kinto_buildhub.search.embedded.metrics import check_number
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date, parse_date
from kinto_buildhub.search.mapping import Field
from kinto_buildhub.search.values import as_text, query_number

_EVERY = 100_000_000

Value = str | int | float | None


class _Source:
    """One part of the key: how it is asked for, how it shows, how it narrows."""

    def __init__(self, execution: Execution, source: tree.CompositeSource) -> None:
        self.execution, self.source, self.agg = execution, source, source.source
        known = execution.compiler.field(self.agg.field)
        if known is None:
            raise BadQuery(f"no such field: {self.agg.field!r}", self.agg.path)
        self.field: Field = known[0]
        self.inner: str = known[1]
        if self.field.type == "text":
            raise BadQuery(f"{self.agg.field!r} is text; use a keyword field", self.agg.path)
        self.interval = None
        if not isinstance(self.agg, tree.TermsAgg):
            check_number(self.field, "composite", self.agg.path)
            self.interval = interval_of(self.agg)

    def request(self, query: Any) -> dict[str, Any] | None:
        """Return the request to Tantivy; None if there are no values."""
        if self.interval is None:
            return {"terms": {"field": self.inner, "size": _EVERY, "segment_size": _EVERY}}
        if self.interval.fixed:
            body = {
                "field": self.inner,
                "interval": self.interval.step,
                "offset": self.interval.offset,
                "min_doc_count": 1,
            }
            return {"histogram": body}
        stats = self.execution.aggregate(query, {"x": {"stats": {"field": self.inner}}})["x"]
        if stats["min"] is None:
            return None
        limits = self.execution.limits
        edges = self.interval.edges(int(stats["min"]), int(stats["max"]), limits)
        pairs = pairwise(edges)
        ranges = [{"from": float(first), "to": float(last)} for first, last in pairs]
        return {"range": {"field": self.inner, "ranges": ranges}}

    def values(self, buckets: list[dict[str, Any]]) -> Iterator[tuple[Value, dict[str, Any]]]:
        """Yield each value, as it sorts, with Tantivy's bucket."""
        for bucket in buckets:
            if not bucket["doc_count"]:
                continue
            value = bucket["key"]
            if self.interval is not None and not self.interval.fixed:
                value = bucket.get("from")
            if self.interval is not None and not isinstance(value, (int, float)):
                continue
            if isinstance(self.agg, tree.DateHistogramAgg) or self.field.type == "date":
                value = int(value)
            yield value, bucket

    def narrowed(self, value: Value) -> Any:
        """Return a query for the records with this value."""
        compiler = self.execution.compiler
        if value is None:
            return without(compiler.exists(self.inner))
        if self.interval is None:
            return compiler.term(self.inner, value)
        assert not isinstance(value, str)  # noqa: S101 - histograms are of numbers.
        end = self.interval.next(value)
        if self.field.type == "date":
            chosen = tree.Range(
                field=self.agg.field, gte=int(value), lt=int(end), format="epoch_millis"
            )
        else:
            chosen = tree.Range(field=self.agg.field, gte=value, lt=end)
        return compiler.query(chosen)

    def shown(self, value: Value) -> Any:
        """Return the value as an answer tells it."""
        if value is None or isinstance(value, str):
            return value
        if self.field.type == "boolean":
            return bool(value)
        if self.agg_format and self.field.type == "date":
            return format_date(value, self.agg_format, getattr(self.agg, "time_zone", None))
        return value

    @property
    def agg_format(self) -> str | None:
        """The format that dates are told in."""
        return getattr(self.agg, "format", None)

    def parse(self, value: Any, path: str) -> Value:
        """Return a value of ``after`` as it sorts."""
        if value is None:
            return None
        if self.field.is_keyword:
            return as_text(value)
        if self.field.type == "date":
            now = self.execution.compiler.now_ms
            zone = getattr(self.agg, "time_zone", None)
            return parse_date(value, path, format_=self.agg_format, time_zone=zone, now_ms=now)
        return query_number(self.field, value, path)


def composite_rows(
    execution: Execution, agg: tree.CompositeAgg, query: Any
) -> tuple[list[tuple[Any, dict[str, Any], int]], Callable[[dict[str, Any]], Callable[[], Any]]]:
    """Return one page of combinations, and what narrows the query to one of them.

    Returns:
        ``(sort key, key as told, count)`` in order; and a function from such a key to a function
        that makes the query.
    """
    sources = [_Source(execution, source) for source in agg.sources]
    rows = [
        (tuple(map(_order_key, values, agg.sources)), values, count)
        for values, count in _combinations(execution, sources, query, ())
    ]
    rows.sort(key=lambda row: row[0])
    if agg.after is not None:
        at = f"{agg.path}.after"
        after = [s.parse(v, at) for s, (_, v) in zip(sources, agg.after, strict=True)]
        start = tuple(map(_order_key, after, agg.sources))
        rows = [row for row in rows if row[0] > start]
    page = rows[: agg.size]
    told: dict[str, tuple[Value, ...]] = {}
    found = []
    for sort_key, values, count in page:
        key = {s.source.name: s.shown(v) for s, v in zip(sources, values, strict=True)}
        told[repr(key)] = values
        found.append((sort_key, key, count))

    def narrow(key: dict[str, Any]) -> Callable[[], Any]:
        values = told[repr(key)]
        return lambda: execution.narrowed(
            query, *(s.narrowed(v) for s, v in zip(sources, values, strict=True))
        )

    return found, narrow


class _Reversed:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(self.value == other.value)


def _order_key(value: Value, source: tree.CompositeSource) -> Any:
    # What is missing comes before all values, so last when the order is turned round.
    key = (value is not None, 0 if value is None else value)
    return _Reversed(key) if source.order == "desc" else key


def _combinations(
    execution: Execution, sources: list[_Source], query: Any, before: tuple[Value, ...]
) -> Iterator[tuple[tuple[Value, ...], int]]:
    """Yield each combination with its count, in no order."""
    here, *below = sources
    if here.source.missing_bucket:
        absent = execution.narrowed(query, here.narrowed(None))
        if below:
            yield from _combinations(execution, below, absent, (*before, None))
        elif count := execution.count(absent):
            yield (*before, None), count
    nested = _nested_request(sources, query)
    if nested is None:
        return
    raw = execution.aggregate(query, {"x": nested[0]})["x"]
    for values, bucket in _flattened(sources[: nested[1]], raw["buckets"], ()):
        if nested[1] == len(sources):
            yield (*before, *values), bucket["doc_count"]
            continue
        chosen = [s.narrowed(v) for s, v in zip(sources, values, strict=False)]
        narrowed = execution.narrowed(query, *chosen)
        yield from _combinations(execution, sources[nested[1] :], narrowed, (*before, *values))


def _nested_request(sources: list[_Source], query: Any) -> tuple[dict[str, Any], int] | None:
    """Return a request for the first sources, up to one that wants missing values; how many."""
    requests = []
    for number, source in enumerate(sources):
        if number and source.source.missing_bucket:
            break
        request = source.request(query)
        if request is None:
            return None
        requests.append(request)
    nested = requests[-1]
    for request in reversed(requests[:-1]):
        nested = {**request, "aggs": {"x": nested}}
    return nested, len(requests)


def _flattened(
    sources: list[_Source], buckets: list[dict[str, Any]], before: tuple[Value, ...]
) -> Iterator[tuple[tuple[Value, ...], dict[str, Any]]]:
    for value, bucket in sources[0].values(buckets):
        if len(sources) == 1:
            yield (*before, value), bucket
        else:
            yield from _flattened(sources[1:], bucket["x"]["buckets"], (*before, value))
