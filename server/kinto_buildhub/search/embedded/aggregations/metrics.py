"""Metrics over the values of a field: sums, extremes, averages, deviations."""

import math
from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import Answer, Evaluator, built
from kinto_buildhub.search.embedded.aggregations.unmapped import field_with_missing
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.queries.combine import excluding
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import parse_date
from kinto_buildhub.search.language.dates.timestamps import clamp
from kinto_buildhub.search.language.field_formats import check_field_format, format_value
from kinto_buildhub.search.language.json_values import read_integer
from kinto_buildhub.search.mapping import Field
from kinto_buildhub.search.values import query_number

_DEVIATIONS = ("std_deviation", "std_deviation_population", "std_deviation_sampling")
_SPREADS = ("variance", "variance_population", "variance_sampling", *_DEVIATIONS)

_BOUNDS = tuple(
    f"{end}{kind}" for kind in ("", "_population", "_sampling") for end in ("upper", "lower")
)

_TANTIVY = {"value_count": "value_count", "extended_stats": "extended_stats"}


def check_number(field: Field, kind: str, path: str) -> None:
    """Check that a field holds numbers or dates.

    Raises:
        BadQuery: it holds text.
    """
    if field.is_keyword or field.type == "text":
        raise BadQuery(
            f"Field [{field.name}] of type [{field.type}] is not supported for aggregation "
            f"[{kind}]; expected a number or date field",
            path,
            "illegal_argument_exception",
        )


def metric_request(evaluator: Evaluator, agg: tree.MetricAgg, query: Any) -> dict[str, Any] | None:
    """Return the request to Tantivy; None if the mapping does not have the field."""
    indexed = field_with_missing(evaluator.execution, agg)
    if indexed is None:
        return None
    field, name = indexed
    if agg.kind != "value_count":
        check_number(field, agg.kind, agg.path)
    elif field.type == "text":
        raise BadQuery(f"{agg.field!r} is text; use a keyword field", agg.path)
    check_field_format(field, agg.format, agg.path)
    body: dict[str, Any] = {"field": name}
    if agg.missing is not None:
        if field.is_keyword:
            # Tantivy counts values of text without it.
            return None
        body["missing"] = missing_number(evaluator.execution, field, agg)
    return {_TANTIVY.get(agg.kind, "stats"): body}


def missing_number(execution: Execution, field: Field, agg: Any) -> int | float:
    """Return ``missing`` of an aggregation as a field of numbers or dates holds it."""
    if field.type == "date":
        return missing_date(execution, agg)
    if field.type == "boolean" and isinstance(agg.missing, (int, float)):
        return int(agg.missing != 0)
    return query_number(field, agg.missing, f"{agg.path}.missing")


def missing_date(execution: Execution, agg: Any) -> int:
    """Return ``missing`` of an aggregation over dates: a text in its format, or milliseconds."""
    path = f"{agg.path}.missing"
    if not isinstance(agg.missing, str | bool):
        return clamp(read_integer(agg.missing, path))
    return parse_date(
        agg.missing,
        path,
        format_=getattr(agg, "format", None),
        time_zone=getattr(agg, "time_zone", None),
        now_ms=execution.compiler.now_ms,
    )


def metric_answer(evaluator: Evaluator, agg: tree.MetricAgg, raw: Any, query: Any) -> Answer:
    """Return the answer from Tantivy's."""
    if agg.kind == "value_count":
        return {"value": int(raw["value"])}
    indexed = field_with_missing(evaluator.execution, agg)
    assert indexed is not None  # noqa: S101 - otherwise Tantivy got no request.
    field = indexed.field
    if agg.kind in ("min", "max", "sum", "avg"):
        value = raw[agg.kind]
        if agg.kind == "sum":
            value = value or 0.0
        body = {"value": value}
        text = None if value is None else format_value(field, value, agg.format)
        return body if text is None else {**body, "value_as_string": text}
    found = {name: raw[name] for name in ("count", "min", "max", "avg", "sum")}
    found["sum"] = found["sum"] or 0.0
    if agg.kind == "extended_stats":
        found |= _extended(raw, agg.sigma)
    return found | _stats_texts(field, found, agg)


def _stats_texts(field: Field, found: dict[str, Any], agg: tree.MetricAgg) -> dict[str, Any]:
    """Return the numbers of stats as texts; of flags, as Elasticsearch does, as flags."""
    names: tuple[str, ...] = ("min", "max", "avg", "sum") if found["count"] else ()
    has_texts = field.type in ("boolean", "date") or agg.format is not None
    if not has_texts or not names:
        return {}
    if agg.kind == "extended_stats":
        names = (*names, "sum_of_squares", *_SPREADS)
    texts = {f"{name}_as_string": _text(field, name, found[name], agg) for name in names}
    if agg.kind == "extended_stats":
        texts["std_deviation_bounds_as_string"] = {
            name: _text(field, "std_deviation", each, agg)
            for name, each in found["std_deviation_bounds"].items()
        }
    return texts


def _text(field: Field, name: str, value: float | str, agg: tree.MetricAgg) -> Any:
    if isinstance(value, str):
        return value
    if field.type == "boolean" and name not in _DEVIATIONS:
        return bool(value)
    return format_value(field, value, agg.format)


def _extended(raw: dict[str, Any], sigma: float) -> dict[str, Any]:
    """Return what extended_stats adds to stats."""
    count, total = raw["count"], raw["sum"] or 0.0
    squares = raw.get("sum_of_squares") or 0.0
    if not count:
        empty = dict.fromkeys(("sum_of_squares", *_SPREADS))
        return {**empty, "std_deviation_bounds": dict.fromkeys(_BOUNDS)}
    mean = total / count
    population = max(0.0, raw.get("variance_population", raw.get("variance")) or 0.0)
    deviation = math.sqrt(population)
    bounds: list[float | str] = [mean + sigma * deviation, mean - sigma * deviation] * 2
    # A single value has no sampling variance, for which Elasticsearch returns this.
    sampling: Any = "NaN"
    sampled: Any = "NaN"
    if count > 1:
        sampling = population * count / (count - 1)
        sampled = spread = math.sqrt(sampling)
        bounds += [mean + sigma * spread, mean - sigma * spread]
    else:
        bounds += ["NaN", "NaN"]
    return {
        "sum_of_squares": squares,
        "variance": population,
        "variance_population": population,
        "variance_sampling": sampling,
        "std_deviation": deviation,
        "std_deviation_population": deviation,
        "std_deviation_sampling": sampled,
        "std_deviation_bounds": dict(zip(_BOUNDS, bounds, strict=True)),
    }


def empty_metric_answer(evaluator: Evaluator, agg: tree.MetricAgg, query: Any) -> Answer:
    """Return the answer on a field that the mapping does not have, or to a count of texts."""
    if agg.kind == "value_count":
        return {"value": _count_with_missing(evaluator, agg, query)}
    if agg.kind == "sum":
        return {"value": 0.0}
    if agg.kind in ("min", "max", "avg"):
        return {"value": None}
    found = {"count": 0, "min": None, "max": None, "avg": None, "sum": 0.0}
    return found if agg.kind == "stats" else found | _extended({"count": 0, "sum": 0.0}, agg.sigma)


def _count_with_missing(evaluator: Evaluator, agg: tree.MetricAgg, query: Any) -> int:
    """Return the number of texts; a record without any counts as one."""
    indexed = field_with_missing(evaluator.execution, agg)
    if indexed is None:
        return 0
    execution, query = evaluator.execution, built(query)
    request = {"x": {"value_count": {"field": indexed.tantivy_name}}}
    count = int(execution.aggregate(query, request)["x"]["value"])
    without = excluding(query, execution.compiler.exists(indexed.tantivy_name))
    return count + execution.count(without)
