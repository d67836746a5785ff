"""Histograms, of numbers and of dates.

Intervals of one length are a Tantivy ``histogram``; others, such as calendar months, are a Tantivy
``range`` for each interval between the lowest and the highest value.
"""

from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import tantivy

from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Bucket,
    Evaluator,
    bucket_bodies,
    built,
    order_buckets,
    requests_below,
)
from kinto_buildhub.search.embedded.aggregations.intervals import Interval, Row, interval_of
from kinto_buildhub.search.embedded.aggregations.metrics import (
    check_number,
    missing_date,
    missing_number,
)
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import any_of, excluding
from kinto_buildhub.search.embedded.schema import EMPTY_NUMBER_FIELD, IndexedField
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date
from kinto_buildhub.search.language.field_formats import check_field_format, format_value
from kinto_buildhub.search.mapping import FLOAT_TYPES
from kinto_buildhub.search.values import double_text

HistogramAgg = tree.HistogramAgg | tree.DateHistogramAgg


def histogram_request(evaluator: Evaluator, agg: HistogramAgg, query: Any) -> dict[str, Any] | None:
    """Return the request to Tantivy; None if there are no values."""
    indexed = evaluator.execution.compiler.field(agg.field)
    if indexed is None:
        return None
    is_date = isinstance(agg, tree.DateHistogramAgg)
    check_number(indexed.field, "date_histogram" if is_date else "histogram", agg.path)
    check_field_format(indexed.field, agg.format, agg.path)
    interval = interval_of(agg)
    request = interval_request(evaluator.execution, interval, indexed.tantivy_name, query)
    return None if request is None else request | requests_below(evaluator, agg, query)


def interval_request(
    execution: Execution, interval: Interval, tantivy_name: str, query: Any
) -> dict[str, Any] | None:
    """Return a request to Tantivy for a bucket per interval; None if there are no values."""
    if interval.fixed:
        body: dict[str, Any] = {
            "field": tantivy_name,
            "interval": interval.step,
            "offset": interval.offset,
            "min_doc_count": 1,
        }
        return {"histogram": body}
    stats = {"x": {"stats": {"field": tantivy_name}}}
    found = execution.aggregate(built(query), stats)["x"]
    if found["min"] is None:
        return None
    edges = interval.edges(int(found["min"]), int(found["max"]), execution.limits)
    ranges = [{"from": float(first), "to": float(last)} for first, last in pairwise(edges)]
    return {"range": {"field": tantivy_name, "ranges": ranges}}


def histogram_answer(evaluator: Evaluator, agg: HistogramAgg, raw: Any, query: Any) -> Answer:
    """Return the answer to a histogram from Tantivy's."""
    execution = evaluator.execution
    indexed = execution.compiler.field(agg.field) or EMPTY_NUMBER_FIELD
    interval = interval_of(agg)
    rows, missing = _rows(agg, interval, raw), None
    if agg.missing is not None:
        missing = _missing_records(execution, agg, indexed, query)
        rows = _with_missing(rows, interval, missing.value, execution.count(missing.query))
    buckets = []
    for start, end, raw_bucket in interval.completed(rows, agg, execution):
        count = raw_bucket["doc_count"]
        if count < agg.min_doc_count:
            continue
        body = {**_shown_start(agg, indexed, start), "doc_count": count}
        # Empty buckets between others were added here: Tantivy has no answers below them.
        below = raw_bucket if count else {}
        build_query = partial(_interval_query, execution, indexed, start, end, query, missing)
        buckets.append(Bucket(start, body, below, build_query))
    if agg.order[0].by != "_key" or agg.order[0].order == "desc":
        buckets = order_buckets(evaluator, agg, buckets)
    bodies = bucket_bodies(evaluator, agg, buckets)
    if not agg.keyed:
        return {"buckets": bodies}
    return {"buckets": {b.get("key_as_string") or double_text(b["key"]): b for b in bodies}}


def empty_histogram_answer(evaluator: Evaluator, agg: HistogramAgg, query: Any) -> Answer:
    """Return the answer to a histogram without values: there may be empty buckets."""
    is_unknown = evaluator.execution.compiler.field(agg.field) is None
    if is_unknown and agg.extended_bounds is None and agg.missing is None:
        return {"buckets": {} if agg.keyed else []}
    return histogram_answer(evaluator, agg, {"buckets": []}, built(query))


def _shown_start(agg: HistogramAgg, indexed: IndexedField, start: Any) -> dict[str, Any]:
    if isinstance(agg, tree.DateHistogramAgg):
        return {"key_as_string": format_date(start, agg.format, agg.time_zone), "key": start}
    text = format_value(indexed.field, start, agg.format)
    return {"key": start} if text is None else {"key_as_string": text, "key": start}


def _rows(agg: HistogramAgg, interval: Interval, raw: Any) -> list[Row]:
    """Return ``(start, end, raw bucket)`` of the buckets that are not empty, in order."""
    number = int if isinstance(agg, tree.DateHistogramAgg) else float
    rows = []
    for bucket in raw["buckets"]:
        if not bucket["doc_count"]:
            continue
        start = bucket.get("key") if interval.fixed else bucket.get("from")
        if not isinstance(start, (int, float)):
            continue
        start = number(start)
        end = start + interval.step if interval.fixed else bucket["to"]
        rows.append((start, int(end) if number is int else end, bucket))
    return sorted(rows, key=lambda row: row[0])


class _MissingRecords(NamedTuple):
    """The records without a value, and the value that they count with."""

    value: float
    query: Any


def _missing_records(
    execution: Execution, agg: HistogramAgg, indexed: IndexedField, query: Any
) -> _MissingRecords:
    value: float
    if isinstance(agg, tree.DateHistogramAgg):
        value = missing_date(execution, agg)
    else:
        value = missing_number(execution, indexed.field, agg)
    without = excluding(built(query), execution.compiler.exists(indexed.tantivy_name))
    return _MissingRecords(value, without)


def _with_missing(rows: list[Row], interval: Interval, value: float, count: int) -> list[Row]:
    """Count records more in the interval of *value*; what is below it has to be asked again."""
    if not count:
        return rows
    start = interval.start(value)
    others = [row for row in rows if round(row[0] - start, 9)]
    known = sum(row[2]["doc_count"] for row in rows) - sum(row[2]["doc_count"] for row in others)
    added = (start, interval.next(start), {"doc_count": known + count})
    return sorted([*others, added], key=lambda row: row[0])


def _interval_query(
    execution: Execution,
    indexed: IndexedField,
    start: Any,
    end: Any,
    query: Any,
    missing: _MissingRecords | None,
) -> Any:
    found = _interval_values(execution, indexed, start, end, query)
    if missing is not None and start <= missing.value < end:
        return any_of([found, missing.query])
    return found


def _interval_values(
    execution: Execution, indexed: IndexedField, start: Any, end: Any, query: Any
) -> Any:
    compiler, name = execution.compiler, indexed.tantivy_name
    if indexed.field.type in FLOAT_TYPES:
        kind, include = tantivy.FieldType.Float, (True, False)
        chosen = compiler.number_range(name, kind, float(start), float(end), include)
    else:
        low, high = -int(-start // 1), -int(-end // 1) - 1  # Rounded up.
        if low > high:
            return tantivy.Query.empty_query()
        kind = tantivy.FieldType.Integer
        chosen = compiler.number_range(name, kind, low, high, (True, True))
    return execution.filtered(built(query), chosen)
