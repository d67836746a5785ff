"""Range aggregations, on numbers and on dates: a search for each range."""

from dataclasses import dataclass
from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Evaluator,
    built,
    single_bucket,
)
from kinto_buildhub.search.embedded.aggregations.metrics import check_number
from kinto_buildhub.search.embedded.queries.ranges import date_bounds
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date
from kinto_buildhub.search.values import double_text


@dataclass(frozen=True, slots=True)
class _Range:
    """One range.

    Attributes:
        order: what ranges are sorted by: their bounds.
        body: its bounds as in the answer.
        query: for its records.
    """

    order: tuple[float, float]
    key: str
    body: dict[str, Any]
    query: tree.Range


def range_answer(evaluator: Evaluator, agg: tree.RangeAgg, query: Any) -> Answer:
    """Answer a ``range``."""
    indexed = evaluator.execution.compiler.field(agg.field)
    if indexed is not None:
        check_number(indexed.field, "range", agg.path)
    return _answer(evaluator, agg, [_number_range(agg, each) for each in agg.ranges], query)


def _number_range(agg: tree.RangeAgg, bucket: tree.RangeBucket) -> _Range:
    bounds: tuple[tuple[str, Any], ...] = ("from", bucket.from_), ("to", bucket.to)
    body = {name: float(value) for name, value in bounds if value is not None}
    texts = ("*" if value is None else double_text(value) for _, value in bounds)
    chosen = tree.Range(field=agg.field, gte=bucket.from_, lt=bucket.to, path=agg.path)
    return _Range(_order(bucket.from_, bucket.to), bucket.key or "-".join(texts), body, chosen)


def date_range_answer(evaluator: Evaluator, agg: tree.DateRangeAgg, query: Any) -> Answer:
    """Answer a ``date_range``."""
    now_ms = evaluator.execution.compiler.now_ms
    return _answer(evaluator, agg, [_date_range(agg, each, now_ms) for each in agg.ranges], query)


def _date_range(agg: tree.DateRangeAgg, bucket: tree.RangeBucket, now_ms: int) -> _Range:
    chosen = tree.Range(
        field=agg.field,
        gte=bucket.from_,
        lt=bucket.to,
        format=agg.format,
        time_zone=agg.time_zone,
        path=agg.path,
    )
    first, last = date_bounds(chosen, now_ms)
    end = None if last is None else last + 1
    body: dict[str, Any] = {}
    texts = []
    for name, moment in (("from", first), ("to", end)):
        texts.append("*")
        if moment is not None:
            texts[-1] = format_date(moment, agg.format, agg.time_zone)
            body |= {name: float(moment), f"{name}_as_string": texts[-1]}
    return _Range(_order(first, end), bucket.key or "-".join(texts), body, chosen)


def _order(from_: Any, to: Any) -> tuple[float, float]:
    return (
        float("-inf") if from_ is None else float(from_),
        float("inf") if to is None else float(to),
    )


def _answer(
    evaluator: Evaluator, agg: tree.RangeAgg | tree.DateRangeAgg, ranges: list[_Range], query: Any
) -> Answer:
    if agg.missing is not None:
        raise BadQuery("'missing' is not supported here; use a 'missing' aggregation", agg.path)
    execution = evaluator.execution
    buckets = []
    for each in sorted(ranges, key=lambda each: each.order):
        compiled = execution.compiler.compile(each.query)
        bucket = single_bucket(evaluator, agg, execution.filtered(built(query), compiled))
        buckets.append({"key": each.key, **each.body, **bucket})
    if not agg.keyed:
        return {"buckets": buckets}
    return {"buckets": {bucket.pop("key"): bucket for bucket in buckets}}
