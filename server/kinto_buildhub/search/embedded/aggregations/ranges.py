"""Range aggregations, on numbers and on dates: a search for each range."""

from dataclasses import dataclass
from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Evaluator,
    built,
    single_bucket,
)
from kinto_buildhub.search.embedded.aggregations.metrics import (
    check_number,
    missing_date,
    missing_number,
)
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import any_of, negated
from kinto_buildhub.search.embedded.queries.ranges import date_bounds
from kinto_buildhub.search.embedded.schema import EMPTY_NUMBER_FIELD
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date
from kinto_buildhub.search.language.field_formats import check_field_format
from kinto_buildhub.search.language.json_values import read_number
from kinto_buildhub.search.language.number_formats import format_number
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
    """Answer a ``range``: of numbers, or of dates on a field of dates."""
    indexed = evaluator.execution.compiler.field(agg.field)
    if indexed is not None:
        check_number(indexed.field, "range", agg.path)
        check_field_format(indexed.field, agg.format, agg.path)
        if indexed.field.type == "boolean":
            raise BadQuery(f"{agg.field!r} holds no numbers; use filters", agg.path)
        if indexed.field.type == "date":
            now_ms = evaluator.execution.compiler.now_ms
            dates = tree.DateRangeAgg(
                field=agg.field, ranges=agg.ranges, format=agg.format, path=agg.path
            )
            ranges = [_date_range(dates, each, now_ms) for each in agg.ranges]
            return _answer(evaluator, agg, ranges, query)
    return _answer(evaluator, agg, [_number_range(agg, each) for each in agg.ranges], query)


def _number_range(agg: tree.RangeAgg, bucket: tree.RangeBucket) -> _Range:
    from_, to = (
        None if bound is None else read_number(bound, f"{agg.path}.ranges")
        for bound in (bucket.from_, bucket.to)
    )
    body: dict[str, Any] = {}
    texts = []
    for name, value in (("from", from_), ("to", to)):
        texts.append("*")
        if value is not None:
            body[name] = float(value)
            texts[-1] = double_text(value)
            if agg.format is not None:
                texts[-1] = body[f"{name}_as_string"] = format_number(value, agg.format)
    chosen = tree.Range(field=agg.field, gte=from_, lt=to, path=agg.path)
    return _Range(_order(from_, to), _key(bucket, texts), body, chosen)


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
    return _Range(_order(first, end), _key(bucket, texts), body, chosen)


def _key(bucket: tree.RangeBucket, texts: list[str]) -> str:
    return "-".join(texts) if bucket.key is None else bucket.key


def _order(from_: Any, to: Any) -> tuple[float, float]:
    return (
        float("-inf") if from_ is None else float(from_),
        float("inf") if to is None else float(to),
    )


def _answer(
    evaluator: Evaluator, agg: tree.RangeAgg | tree.DateRangeAgg, ranges: list[_Range], query: Any
) -> Answer:
    execution = evaluator.execution
    missing = None if agg.missing is None else _missing_value(execution, agg)
    buckets = []
    for each in sorted(ranges, key=lambda each: each.order):
        compiled = execution.compiler.compile(each.query)
        if missing is not None and each.order[0] <= missing < each.order[1]:
            exists = execution.compiler.compile(tree.Exists(field=agg.field))
            compiled = any_of([compiled, negated(exists)])
        bucket = single_bucket(evaluator, agg, execution.filtered(built(query), compiled))
        buckets.append({"key": each.key, **each.body, **bucket})
    if not agg.keyed:
        return {"buckets": buckets}
    return {"buckets": {bucket.pop("key"): bucket for bucket in buckets}}


def _missing_value(execution: Execution, agg: tree.RangeAgg | tree.DateRangeAgg) -> float:
    """Return the value that records without one count with."""
    if isinstance(agg, tree.DateRangeAgg):
        return missing_date(execution, agg)
    indexed = execution.compiler.field(agg.field)
    field = EMPTY_NUMBER_FIELD.field if indexed is None else indexed.field
    return missing_number(execution, field, agg)
