"""Composite aggregations: a bucket for each combination of values, page by page."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Bucket,
    Evaluator,
    all_terms,
    bucket_bodies,
    built,
)
from kinto_buildhub.search.embedded.aggregations.histograms import interval_request
from kinto_buildhub.search.embedded.aggregations.intervals import interval_of
from kinto_buildhub.search.embedded.aggregations.metrics import check_number
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import negated
from kinto_buildhub.search.embedded.schema import EMPTY_NUMBER_FIELD, EMPTY_TEXT_FIELD
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date, parse_date
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field
from kinto_buildhub.search.values import as_text, query_number

Value = str | int | float | None
"""A value of a source as it sorts; None is a missing one."""

Values = tuple[Value, ...]
"""A combination: a value of each source."""


def composite_answer(evaluator: Evaluator, agg: tree.CompositeAgg, query: Any) -> Answer:
    """Answer a ``composite``: one page of combinations."""
    execution, query = evaluator.execution, built(query)
    sources = [_ValuesSource(execution, source) for source in agg.sources]
    buckets = []
    for sort_key, values, count in _page(execution, agg, sources, query):
        key = {s.source.name: s.shown(v) for s, v in zip(sources, values, strict=True)}
        build_query = partial(_combination_query, execution, sources, values, query)
        buckets.append(Bucket(sort_key, {"key": key, "doc_count": count}, {}, build_query))
    bodies = bucket_bodies(evaluator, agg, buckets)
    return {"after_key": bodies[-1]["key"], "buckets": bodies} if bodies else {"buckets": bodies}


def _page(
    execution: Execution, agg: tree.CompositeAgg, sources: list["_ValuesSource"], query: Any
) -> list[tuple[Any, Values, int]]:
    """Return ``(sort key, values, count)`` of the combinations of the page, in order."""
    rows = [
        (tuple(map(_order_key, values, agg.sources)), values, count)
        for values, count in _combinations(execution, sources, query, ())
    ]
    rows.sort(key=lambda row: row[0])
    if agg.after is not None:
        path = f"{agg.path}.after"
        after = [s.parse(v, path) for s, (_, v) in zip(sources, agg.after, strict=True)]
        start = tuple(map(_order_key, after, agg.sources))
        rows = [row for row in rows if row[0] > start]
    return rows[: agg.size]


def _combination_query(
    execution: Execution, sources: list["_ValuesSource"], values: Values, query: Any
) -> Any:
    filters = (s.value_query(v) for s, v in zip(sources, values, strict=False))
    return execution.filtered(query, *filters)


class _ValuesSource:
    """One source of the key: its request to Tantivy, its values, and the queries for them."""

    def __init__(self, execution: Execution, source: tree.CompositeSource) -> None:
        self.execution, self.source, self.agg = execution, source, source.source
        indexed = execution.compiler.field(self.agg.field)
        if indexed is None:
            is_terms = isinstance(self.agg, tree.TermsAgg)
            indexed = EMPTY_TEXT_FIELD if is_terms else EMPTY_NUMBER_FIELD
        self.field: Field = indexed.field
        self.tantivy_name: str = indexed.tantivy_name
        if self.field.type == "text":
            raise BadQuery(f"{self.agg.field!r} is text; use a keyword field", self.agg.path)
        self.interval = None
        if not isinstance(self.agg, tree.TermsAgg):
            check_number(self.field, "composite", self.agg.path)
            self.interval = interval_of(self.agg)

    def request(self, query: Any) -> dict[str, Any] | None:
        """Return the request to Tantivy; None if there are no values."""
        if self.interval is None:
            return {"terms": all_terms(self.tantivy_name)}
        return interval_request(self.execution, self.interval, self.tantivy_name, query)

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
            elif self.field.type in FLOAT_TYPES:
                value = float(value)
            yield value, bucket

    def value_query(self, value: Value) -> Any:
        """Return a query for the records with this value."""
        compiler = self.execution.compiler
        if value is None:
            return negated(compiler.exists(self.tantivy_name))
        if self.interval is None:
            return compiler.term(self.tantivy_name, value)
        assert not isinstance(value, str)  # noqa: S101 - histograms are of numbers.
        end = self.interval.next(value)
        if self.field.type == "date":
            chosen = tree.Range(
                field=self.agg.field, gte=int(value), lt=int(end), format="epoch_millis"
            )
        else:
            chosen = tree.Range(field=self.agg.field, gte=value, lt=end)
        return compiler.compile(chosen)

    def shown(self, value: Value) -> Any:
        """Return the value as an answer shows it."""
        if value is None or isinstance(value, str):
            return value
        if self.field.type == "boolean":
            return bool(value)
        if self.format and self.field.type == "date":
            return format_date(value, self.format, getattr(self.agg, "time_zone", None))
        return value

    @property
    def format(self) -> str | None:
        """The format of dates in the key."""
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
            return parse_date(value, path, format_=self.format, time_zone=zone, now_ms=now)
        return query_number(self.field, value, path)


class _Reversed:
    """A value that sorts in reverse."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(self.value == other.value)


def _order_key(value: Value, source: tree.CompositeSource) -> Any:
    # A missing value comes before all others, so it is last in reverse.
    key = (value is not None, 0 if value is None else value)
    return _Reversed(key) if source.order == "desc" else key


def _combinations(
    execution: Execution, sources: list[_ValuesSource], query: Any, before: Values
) -> Iterator[tuple[Values, int]]:
    """Yield each combination with its count, in no particular order."""
    first, *rest = sources
    if first.source.missing_bucket:
        missing = execution.filtered(query, first.value_query(None))
        if rest:
            yield from _combinations(execution, rest, missing, (*before, None))
        elif count := execution.count(missing):
            yield (*before, None), count
    nested = _nested_request(sources, query)
    if nested is None:
        return
    request, depth = nested
    raw = execution.aggregate(query, {"x": request})["x"]
    for values, bucket in _flattened(sources[:depth], raw["buckets"], ()):
        if depth == len(sources):
            yield (*before, *values), bucket["doc_count"]
            continue
        filtered = _combination_query(execution, sources, values, query)
        yield from _combinations(execution, sources[depth:], filtered, (*before, *values))


def _nested_request(sources: list[_ValuesSource], query: Any) -> tuple[dict[str, Any], int] | None:
    """Return a request for the first sources, up to one with missing values, and their number."""
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
    sources: list[_ValuesSource], buckets: list[dict[str, Any]], before: Values
) -> Iterator[tuple[Values, dict[str, Any]]]:
    for value, bucket in sources[0].values(buckets):
        if len(sources) == 1:
            yield (*before, value), bucket
        else:
            yield from _flattened(sources[1:], bucket["x"]["buckets"], (*before, value))
