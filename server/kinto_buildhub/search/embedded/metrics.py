"""Numbers over the values of a field: sums, extremes, how many different ones, percentiles."""

import math
from typing import Any

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import format_date, parse_date
from kinto_buildhub.search.mapping import Field
from kinto_buildhub.search.values import as_text, double_text, query_number

# Up to so many different values they are counted one by one; beyond, Tantivy's estimates stand,
# which are within about two percent.
EXACT_VALUES = 10_000
_SURELY_EXACT = 100
_EVERY = 100_000_000

_DEVIATIONS = ("std_deviation", "std_deviation_population", "std_deviation_sampling")
_SPREAD = ("variance", "variance_population", "variance_sampling", *_DEVIATIONS)

_BOUNDS = tuple(
    f"{end}{kind}" for kind in ("", "_population", "_sampling") for end in ("upper", "lower")
)

_TANTIVY = {"value_count": "value_count", "extended_stats": "extended_stats"}


def check_number(field: Field, kind: str, path: str) -> None:
    """See that a field holds numbers or dates.

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


def native(execution: Execution, agg: tree.MetricAgg) -> dict[str, Any] | None:
    """Return the request to Tantivy; None if the field is unknown."""
    known = execution.compiler.field(agg.field)
    if known is None:
        return None
    field, inner = known
    if agg.kind != "value_count":
        check_number(field, agg.kind, agg.path)
    elif field.type == "text":
        raise BadQuery(f"{agg.field!r} is text; use a keyword field", agg.path)
    body: dict[str, Any] = {"field": inner}
    if agg.missing is not None:
        if field.is_keyword:
            raise BadQuery("'missing' is not supported on text", agg.path)
        body["missing"] = _missing(execution, field, agg)
    return {_TANTIVY.get(agg.kind, "stats"): body}


def _missing(execution: Execution, field: Field, agg: Any) -> Any:
    if field.type == "date":
        return parse_date(agg.missing, f"{agg.path}.missing", now_ms=execution.compiler.now_ms)
    return query_number(field, agg.missing, f"{agg.path}.missing")


def shaped(execution: Execution, agg: tree.MetricAgg, raw: dict[str, Any]) -> dict[str, Any]:
    """Return Tantivy's answer in Elasticsearch's shape."""
    if agg.kind == "value_count":
        return {"value": int(raw["value"])}
    known = execution.compiler.field(agg.field)
    as_date = known is not None and known[0].type == "date"
    if agg.kind in ("min", "max", "sum", "avg"):
        value = raw[agg.kind]
        if agg.kind == "sum":
            value = value or 0.0
        body = {"value": value}
        if as_date and value is not None:
            body["value_as_string"] = format_date(value, agg.format)
        return body
    found = {name: raw[name] for name in ("count", "min", "max", "avg", "sum")}
    found["sum"] = found["sum"] or 0.0
    if agg.kind == "extended_stats":
        found |= _extended(raw, agg.sigma)
    if as_date:
        for name in ("min", "max", "avg", "sum"):
            if found[name] is not None:
                found[f"{name}_as_string"] = format_date(found[name], agg.format)
    return found


def _extended(raw: dict[str, Any], sigma: float) -> dict[str, Any]:
    """Return what extended_stats adds to stats."""
    count, total = raw["count"], raw["sum"] or 0.0
    squares = raw.get("sum_of_squares") or 0.0
    if not count:
        empty = dict.fromkeys(("sum_of_squares", *_SPREAD))
        return {**empty, "std_deviation_bounds": dict.fromkeys(_BOUNDS)}
    mean = total / count
    population = max(0.0, raw.get("variance_population", raw.get("variance")) or 0.0)
    deviation = math.sqrt(population)
    bounds: list[float | str] = [mean + sigma * deviation, mean - sigma * deviation] * 2
    # Of a single value there is no sampling variance; Elasticsearch says so in this way.
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


def empty(agg: tree.MetricAgg) -> dict[str, Any]:
    """Return the answer over no values at all."""
    if agg.kind == "value_count":
        return {"value": 0}
    if agg.kind == "sum":
        return {"value": 0.0}
    if agg.kind in ("min", "max", "avg"):
        return {"value": None}
    found = {"count": 0, "min": None, "max": None, "avg": None, "sum": 0.0}
    return found if agg.kind == "stats" else found | _extended({"count": 0, "sum": 0.0}, agg.sigma)


def native_cardinality(execution: Execution, agg: tree.CardinalityAgg) -> dict[str, Any] | None:
    """Return the request to Tantivy; None if the field is unknown."""
    known = execution.compiler.field(agg.field)
    if known is None:
        return None
    field, inner = known
    if field.type == "text":
        raise BadQuery(f"{agg.field!r} is text; use a keyword field", agg.path)
    body: dict[str, Any] = {"field": inner}
    if agg.missing is not None:
        body["missing"] = (
            as_text(agg.missing) if field.is_keyword else _missing(execution, field, agg)
        )
    return {"cardinality": body}


def cardinality(
    execution: Execution, agg: tree.CardinalityAgg, raw: dict[str, Any], query: Any
) -> dict[str, Any]:
    """Return how many different values there are, exactly as long as they are not too many."""
    estimate = int(raw["value"] or 0)
    if not _SURELY_EXACT < estimate < EXACT_VALUES * 0.9:
        return {"value": estimate}
    known = execution.compiler.field(agg.field)
    assert known is not None  # noqa: S101 - it was asked for.
    body: dict[str, Any] = {"field": known[1], "size": _EVERY, "segment_size": _EVERY}
    if agg.missing is not None:
        body["missing"] = (
            as_text(agg.missing) if known[0].is_keyword else _missing(execution, known[0], agg)
        )
    asked = query() if callable(query) else query
    found = execution.aggregate(asked, {"x": {"terms": body}})["x"]["buckets"]
    return {"value": len(found)}


def percentiles(execution: Execution, agg: tree.PercentilesAgg, query: Any) -> dict[str, Any]:
    """Return the percentiles, exactly as long as there are not too many different values."""
    known = execution.compiler.field(agg.field)
    values: list[float | None] = [None] * len(agg.percents)
    if known is not None:
        check_number(known[0], "percentiles", agg.path)
        values = _percentile_values(execution, agg, known, query)
    texts = [double_text(percent) for percent in agg.percents]
    if agg.keyed:
        return {"values": dict(zip(texts, values, strict=True))}
    pairs = zip(agg.percents, values, strict=True)
    return {"values": [{"key": percent, "value": value} for percent, value in pairs]}


def _percentile_values(
    execution: Execution, agg: tree.PercentilesAgg, known: tuple[Field, str], query: Any
) -> list[float | None]:
    field, inner = known
    body: dict[str, Any] = {"field": inner}
    if agg.missing is not None:
        body["missing"] = _missing(execution, field, agg)
    estimate = execution.aggregate(query, {"x": {"cardinality": body}})["x"]["value"]
    if estimate and estimate < EXACT_VALUES:
        terms = {**body, "size": _EVERY, "segment_size": _EVERY}
        buckets = execution.aggregate(query, {"x": {"terms": terms}})["x"]["buckets"]
        counted = sorted((float(each["key"]), each["doc_count"]) for each in buckets)
        return [_percentile(counted, percent) for percent in agg.percents]
    asked = {**body, "percents": list(agg.percents), "keyed": False}
    found = execution.aggregate(query, {"x": {"percentiles": asked}})["x"]["values"]
    by_percent = {float(each["key"]): each["value"] for each in found}
    return [
        None if (value := by_percent.get(percent)) is None or math.isnan(value) else value
        for percent in agg.percents
    ]


def _percentile(counted: list[tuple[float, int]], percent: float) -> float:
    """Return a percentile of ``(value, how often)``, between two values in proportion."""
    total = sum(count for _, count in counted)
    place = percent / 100 * (total - 1)
    below = math.floor(place)
    low, high = _at(counted, below), _at(counted, min(below + 1, total - 1))
    return low + (place - below) * (high - low)


def _at(counted: list[tuple[float, int]], place: int) -> float:
    for value, count in counted:
        if place < count:
            return value
        place -= count
    return counted[-1][0]
