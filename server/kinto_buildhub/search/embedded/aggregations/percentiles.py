"""Percentiles: exact where there are few different values, else Tantivy's estimate."""

import math
from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Evaluator,
    all_terms,
    built,
)
from kinto_buildhub.search.embedded.aggregations.cardinality import MAX_EXACT_VALUES
from kinto_buildhub.search.embedded.aggregations.metrics import check_number, missing_number
from kinto_buildhub.search.embedded.aggregations.unmapped import field_with_missing
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import IndexedField
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.field_formats import check_field_format, format_value
from kinto_buildhub.search.values import double_text


def percentiles_answer(evaluator: Evaluator, agg: tree.PercentilesAgg, query: Any) -> Answer:
    """Answer a ``percentiles``."""
    execution = evaluator.execution
    indexed = field_with_missing(execution, agg)
    values: list[float | None] = [None] * len(agg.percents)
    if indexed is not None:
        check_number(indexed.field, "percentiles", agg.path)
        check_field_format(indexed.field, agg.format, agg.path)
        values = _percentile_values(execution, agg, indexed, built(query))
    pairs = list(zip(agg.percents, values, strict=True))
    if not agg.keyed:
        return {"values": [{"key": key, **_shown(agg, indexed, value)} for key, value in pairs]}
    found: dict[str, Any] = {}
    for percent, value in pairs:
        key = double_text(percent)
        shown = _shown(agg, indexed, value)
        found |= {name.replace("value", key): each for name, each in shown.items()}
    return {"values": found}


def _shown(
    agg: tree.PercentilesAgg, indexed: IndexedField | None, value: float | None
) -> dict[str, Any]:
    """Return a percentile, and as text where the field or the request has a format."""
    text = None
    if indexed is not None and value is not None:
        text = format_value(indexed.field, value, agg.format)
    return {"value": value} if text is None else {"value": value, "value_as_string": text}


def _percentile_values(
    execution: Execution, agg: tree.PercentilesAgg, indexed: IndexedField, query: Any
) -> list[float | None]:
    missing: dict[str, Any] = {}
    if agg.missing is not None:
        missing["missing"] = missing_number(execution, indexed.field, agg)
    body = {"field": indexed.tantivy_name, **missing}
    estimate = execution.aggregate(query, {"x": {"cardinality": body}})["x"]["value"]
    if estimate and estimate < MAX_EXACT_VALUES:
        terms = all_terms(indexed.tantivy_name, **missing)
        buckets = execution.aggregate(query, {"x": {"terms": terms}})["x"]["buckets"]
        counted = sorted((float(each["key"]), each["doc_count"]) for each in buckets)
        return [_percentile(counted, percent) for percent in agg.percents]
    request = {**body, "percents": list(agg.percents), "keyed": False}
    found = execution.aggregate(query, {"x": {"percentiles": request}})["x"]["values"]
    by_percent = {float(each["key"]): each["value"] for each in found}
    return [
        None if (value := by_percent.get(percent)) is None or math.isnan(value) else value
        for percent in agg.percents
    ]


def _percentile(counted: list[tuple[float, int]], percent: float) -> float:
    """Return a percentile of ``(value, count)`` in order, interpolated between two values."""
    total = sum(count for _, count in counted)
    position = percent / 100 * (total - 1)
    below = math.floor(position)
    low, high = _at(counted, below), _at(counted, min(below + 1, total - 1))
    return low + (position - below) * (high - low)


def _at(counted: list[tuple[float, int]], position: int) -> float:
    for value, count in counted:
        if position < count:
            return value
        position -= count
    return counted[-1][0]
