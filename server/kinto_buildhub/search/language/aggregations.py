"""The aggregations of a request: JSON in, tree out."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates.formats import check_format
from kinto_buildhub.search.language.dates.intervals import parse_interval
from kinto_buildhub.search.language.dates.time_zones import parse_time_zone
from kinto_buildhub.search.language.hits import parse_hits
from kinto_buildhub.search.language.json_values import (
    iter_list,
    read_number,
    read_scalar,
    read_text,
    shown,
    single,
)
from kinto_buildhub.search.language.lucene.regexp import check_regexp
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import Aggregation, BucketOrder

Named = tuple[tuple[str, Aggregation], ...]

_NAME = re.compile(r"[^\[\]>]+")
_BY_KEY = BucketOrder(by="_key", order="asc")

# What old programs call an order, and what it is called now.
_ORDER_NAMES = {"_term": "_key", "_time": "_key"}

_CALENDAR = {
    "minute": "minute",
    "1m": "minute",
    "hour": "hour",
    "1h": "hour",
    "day": "day",
    "1d": "day",
    "week": "week",
    "1w": "week",
    "month": "month",
    "1M": "month",
    "quarter": "quarter",
    "1q": "quarter",
    "year": "year",
    "1y": "year",
}

_METRICS = ("min", "max", "sum", "avg", "value_count", "stats", "extended_stats")
_SPREAD = ("variance", "variance_population", "variance_sampling")
_DEVIATIONS = ("std_deviation", "std_deviation_population", "std_deviation_sampling")
_STATS = ("min", "max", "sum", "avg", "count", "sum_of_squares", *_SPREAD, *_DEVIATIONS)

# How buckets are collected inside Elasticsearch: no effect on a right answer.
_TUNING = (
    "shard_size",
    "shard_min_doc_count",
    "collect_mode",
    "execution_hint",
    "show_term_doc_count_error",
    "value_type",
)


def parse_aggregations(body: Reader, depth: int = 1) -> Named:
    """Take ``aggs`` (or ``aggregations``) of an object.

    Raises:
        BadQuery: one is of a kind that is not supported; says which are.
    """
    name = "aggregations" if body.has("aggregations") else "aggs"
    body.ignore("aggs", "aggregations")
    return tuple(
        (key, _aggregation(key, value, path, body.budget, depth))
        for key, value, path in body.objects(name)
    )


def _aggregation(name: str, value: Any, path: str, budget: Budget, depth: int) -> Aggregation:
    if not _NAME.fullmatch(name):
        raise BadQuery("an aggregation's name holds no '[', ']' or '>'", path)
    budget.count_aggregation(path, depth)
    outer = Reader.of(value, path, f"aggregation {name!r}", budget, depth)
    inner = parse_aggregations(outer, depth + 1)
    meta = outer.raw("meta")
    if meta is not None and not isinstance(meta, dict):
        raise BadQuery(f"expected an object, got {shown(meta)}", outer.at("meta"))
    kinds = {key: item for key, item in outer.value.items() if key not in outer.taken}
    kind, body, at = single(kinds, path, f"aggregation {name!r}")
    at = f"{path}.{kind}"
    handler = _HANDLERS.get(kind)
    if handler is None:
        raise BadQuery(
            f"unknown aggregation {kind!r}; expected one of {', '.join(sorted(_HANDLERS))}", path
        )
    if kind in _FILTERS:
        aggregation = _FILTERS[kind](body, at, budget, depth)
    else:
        reader = Reader.of(body, at, f"aggregation {kind!r}", budget, depth)
        aggregation = handler(reader)
        reader.finish()
    if inner and not isinstance(aggregation, BUCKETS):
        raise BadQuery(f"aggregation {kind!r} has no buckets that could hold others", path)
    complete = dataclasses.replace(aggregation, aggs=inner, meta=meta, path=at)
    _check_order(complete)
    _check_composite(complete)
    return complete


def _field(reader: Reader) -> str:
    reader.refuse("script", why="no scripts run here")
    return reader.text("field")  # type: ignore[no-any-return]


def _format(reader: Reader) -> str | None:
    return reader.text("format", None)  # type: ignore[no-any-return]


def _date_format(reader: Reader) -> str | None:
    text = _format(reader)
    if text is not None:
        check_format(text, reader.at("format"))
    return text


def _time_zone(reader: Reader) -> str | None:
    zone = reader.text("time_zone", None)
    if zone is not None:
        parse_time_zone(zone, reader.at("time_zone"))
    return zone  # type: ignore[no-any-return]


def _order(reader: Reader, default: tuple[BucketOrder, ...]) -> tuple[BucketOrder, ...]:
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
        return default
    return tuple(found) if found[-1].by == "_key" else (*found, _BY_KEY)


def _check_order(aggregation: Aggregation) -> None:
    """See that what buckets are ordered by exists below them."""
    for order in getattr(aggregation, "order", ()):
        if order.by not in ("_key", "_count") and not _order_resolves(aggregation, order.by):
            raise BadQuery(
                f"cannot order by {order.by!r}: expected _key, _count, or the path of a metric "
                "below this aggregation, as 'name', 'name.max' or 'filter>name'",
                f"{aggregation.path}.order",
            )


def _check_composite(aggregation: Aggregation) -> None:
    """See that what is paged has one page to go on from: one bucket around it at most."""
    inner = [below for _, below in aggregation.aggs]
    if not isinstance(aggregation, tree.FilterAgg) and any(map(_is_paged, inner)):
        raise BadQuery(
            "a 'composite' aggregation stands at the top or below 'filter' only", aggregation.path
        )


def _is_paged(aggregation: Aggregation) -> bool:
    if isinstance(aggregation, tree.FilterAgg):
        return any(_is_paged(below) for _, below in aggregation.aggs)
    return isinstance(aggregation, tree.CompositeAgg)


def _order_resolves(aggregation: Aggregation, by: str) -> bool:
    return resolve_order(aggregation, by) is not None


def resolve_order(aggregation: Aggregation, by: str) -> tuple[tuple[str, ...], str] | None:
    """Return the names to go down by and the value to take there; None if there is no such.

    The value is ``value``, ``doc_count``, a member of the stats, or a percentile's number.
    """
    *steps, last = by.split(">")
    names: list[str] = []
    for step in steps:
        below = dict(aggregation.aggs).get(step)
        if not isinstance(below, (tree.FilterAgg, tree.MissingAgg, tree.GlobalAgg)):
            return None
        names.append(step)
        aggregation = below
    children = dict(aggregation.aggs)
    for name, member in _splits(last):
        metric = children.get(name)
        value = _ordered_value(metric, member)
        if value is not None:
            return (*names, name), value
    return None


def _splits(text: str) -> list[tuple[str, str]]:
    """All ways to read ``name.member``; names may hold dots themselves."""
    found = [(text, "")]
    found += [(text[: at.start()], text[at.end() :]) for at in re.finditer(r"\.", text)]
    bracket = re.fullmatch(r"(.+)\[(.+)\]", text)
    return [*found, (bracket[1], bracket[2])] if bracket else found


def _ordered_value(metric: Aggregation | None, member: str) -> str | None:
    match metric:
        case tree.MetricAgg(kind="stats" | "extended_stats"):
            return member if member in _STATS else None
        case tree.MetricAgg() | tree.CardinalityAgg():
            return "value" if member in ("", "value") else None
        case tree.PercentilesAgg():
            return (
                member
                if member in {f"{p:g}" for p in metric.percents} | {str(p) for p in metric.percents}
                else None
            )
        case tree.FilterAgg() | tree.MissingAgg() | tree.GlobalAgg():
            return "doc_count" if member in ("", "_count", "doc_count") else None
    return None


def _terms(reader: Reader) -> Aggregation:
    size = reader.integer("size", 10, least=1)
    limit = reader.budget.limits.terms_size
    if size > limit:
        raise BadQuery(
            f"at most {limit} buckets (kinto.search.max_terms_size), got {size}", reader.at("size")
        )
    reader.ignore(*_TUNING)
    return tree.TermsAgg(
        field=_field(reader),
        size=size,
        order=_order(reader, tree.TermsAgg(field="").order),
        min_doc_count=reader.integer("min_doc_count", 1),
        include=_values(reader, "include"),
        exclude=_values(reader, "exclude"),
        missing=reader.scalar("missing", None),
        format=_format(reader),
    )


def _values(reader: Reader, name: str) -> Any:
    """Take a regular expression, or a list of values."""
    value = reader.raw(name)
    path = reader.at(name)
    if isinstance(value, dict) and "pattern" in value:  # Elasticsearch 1's way.
        value = value["pattern"]
    if value is None:
        return None
    if isinstance(value, list):
        reader.budget.count_clauses(path, reader.depth, len(value))
        return tuple(read_scalar(item, at) for item, at in iter_list(value, path))
    if not isinstance(value, str):
        raise BadQuery(f"expected a regular expression or a list, got {shown(value)}", path)
    check_regexp(value, "ALL", path, reader.budget.limits)
    return value


def _filter(body: Any, path: str, budget: Budget, depth: int) -> Aggregation:
    if body == {}:  # Programs that filter by nothing send this.
        return tree.FilterAgg(filter=tree.MatchAll())
    return tree.FilterAgg(filter=parse_query(body, path, budget, depth + 1))


def _filters(reader: Reader) -> Aggregation:
    filters = reader.raw("filters")
    if filters is None:
        raise BadQuery(f"{reader.what}: 'filters' is missing", reader.path)
    at = reader.at("filters")
    keyed = isinstance(filters, dict)
    items = (
        [(key, value, f"{at}.{key}") for key, value in filters.items()]
        if keyed
        else [(str(number), value, where) for number, (value, where) in _enumerated(filters, at)]
    )
    other = reader.text("other_bucket_key", None)
    if reader.flag("other_bucket") and other is None:
        other = "_other_"
    return tree.FiltersAgg(
        filters=tuple(
            (key, parse_query(value, where, reader.budget, reader.depth + 1))
            for key, value, where in items
        ),
        keyed=keyed and reader.flag("keyed", True),
        other_bucket_key=other,
    )


def _enumerated(value: Any, path: str) -> list[tuple[int, tuple[Any, str]]]:
    return list(enumerate(iter_list(value, path)))


def _global(reader: Reader) -> Aggregation:
    if reader.depth > 1:
        raise BadQuery("a 'global' aggregation stands at the top only", reader.path)
    return tree.GlobalAgg()


def _missing(reader: Reader) -> Aggregation:
    return tree.MissingAgg(field=_field(reader))


def _ranges(reader: Reader, read: Callable[[Any, str], Any]) -> tuple[tree.RangeBucket, ...]:
    found: list[tree.RangeBucket] = []
    for value, path in reader.list("ranges"):
        inner = Reader.of(value, path, "range", reader.budget)
        bounds = [
            read(inner.raw(name), inner.at(name)) if inner.has(name) else None
            for name in ("from", "to")
        ]
        inner.ignore("from", "to")
        found.append(tree.RangeBucket(key=inner.text("key", None), from_=bounds[0], to=bounds[1]))
        inner.finish()
    if not found:
        raise BadQuery("no ranges", reader.at("ranges"))
    reader.budget.count_clauses(reader.path, reader.depth, len(found))
    return tuple(found)


def _range(reader: Reader) -> Aggregation:
    return tree.RangeAgg(
        field=_field(reader),
        ranges=_ranges(reader, read_number),
        keyed=reader.flag("keyed"),
        missing=reader.scalar("missing", None),
    )


def _date_range(reader: Reader) -> Aggregation:
    return tree.DateRangeAgg(
        field=_field(reader),
        ranges=_ranges(reader, read_scalar),
        format=_date_format(reader),
        time_zone=_time_zone(reader),
        keyed=reader.flag("keyed"),
        missing=reader.scalar("missing", None),
    )


def _bounds(reader: Reader, name: str, read: Callable[[Any, str], Any]) -> Any:
    value = reader.raw(name)
    if value is None:
        return None
    inner = Reader.of(value, reader.at(name), name, reader.budget)
    bounds = tuple(
        read(inner.raw(end), inner.at(end)) if inner.has(end) else None for end in ("min", "max")
    )
    inner.ignore("min", "max")
    inner.finish()
    return bounds


def _histogram(reader: Reader) -> Aggregation:
    interval = reader.number("interval")
    if not interval > 0:
        raise BadQuery(f"expected a number above 0, got {interval}", reader.at("interval"))
    return tree.HistogramAgg(
        field=_field(reader),
        interval=float(interval),
        offset=float(reader.number("offset", 0.0)),
        min_doc_count=reader.integer("min_doc_count", 0),
        keyed=reader.flag("keyed"),
        order=_order(reader, (_BY_KEY,)),
        missing=reader.scalar("missing", None),
        extended_bounds=_bounds(reader, "extended_bounds", read_number),
        hard_bounds=_bounds(reader, "hard_bounds", read_number),
    )


def _date_histogram(reader: Reader) -> Aggregation:
    given = [
        name for name in ("calendar_interval", "fixed_interval", "interval") if reader.has(name)
    ]
    if len(given) != 1:
        raise BadQuery("expected one of calendar_interval and fixed_interval", reader.path)
    text = read_text(reader.raw(given[0]), reader.at(given[0]))
    calendar = given[0] == "calendar_interval"
    if given[0] == "interval":  # Which of the two was meant is up to its value.
        calendar = text in _CALENDAR
    if calendar and text not in _CALENDAR:
        raise BadQuery(
            f"expected one of {', '.join(sorted(_CALENDAR))}, got {shown(text)}; "
            "for others use fixed_interval",
            reader.at(given[0]),
        )
    if not calendar:
        parse_interval(text, reader.at(given[0]))
    offset = reader.text("offset", None)
    if offset is not None:
        parse_interval(offset.lstrip("+-"), reader.at("offset"), least=0)
    reader.ignore("pre_zone", "post_zone", "pre_zone_adjust_large_interval")
    return tree.DateHistogramAgg(
        field=_field(reader),
        calendar_interval=_CALENDAR[text] if calendar else None,
        fixed_interval=None if calendar else text,
        time_zone=_time_zone(reader),
        offset=offset,
        format=_date_format(reader),
        min_doc_count=reader.integer("min_doc_count", 0),
        keyed=reader.flag("keyed"),
        order=_order(reader, (_BY_KEY,)),
        missing=reader.scalar("missing", None),
        extended_bounds=_bounds(reader, "extended_bounds", read_scalar),
        hard_bounds=_bounds(reader, "hard_bounds", read_scalar),
    )


_SOURCES: dict[str, Callable[[Reader], Any]] = {
    "terms": _terms,
    "histogram": _histogram,
    "date_histogram": _date_histogram,
}


def _composite(reader: Reader) -> Aggregation:
    size = reader.integer("size", 10, least=1)
    limit = reader.budget.limits.buckets
    if size > limit:
        raise BadQuery(
            f"at most {limit} buckets (kinto.search.max_buckets), got {size}", reader.at("size")
        )
    sources = []
    for value, path in reader.list("sources"):
        name, body, at = single(value, path, "composite source")
        sources.append(_source(name, body, at, reader.budget))
    names = [source.name for source in sources]
    if not sources or len(set(names)) < len(names):
        raise BadQuery("expected sources, each with a name of its own", reader.at("sources"))
    return tree.CompositeAgg(sources=tuple(sources), size=size, after=_after(reader, names))


def _source(name: str, value: Any, path: str, budget: Budget) -> tree.CompositeSource:
    kind, body, at = single(value, path, f"composite source {name!r}")
    if kind not in _SOURCES:
        raise BadQuery(
            f"unknown source {kind!r}; expected one of {', '.join(sorted(_SOURCES))}", path
        )
    reader = Reader.of(body, at, f"composite source {kind!r}", budget)
    order = reader.choice("order", ("asc", "desc"), "asc")
    missing_bucket = reader.flag("missing_bucket")
    reader.refuse("missing_order", why="missing values come first ascending, last descending")
    rest = {key: item for key, item in reader.value.items() if key != "order"}
    inner = Reader(rest, at, reader.what, budget)
    inner.ignore("missing_bucket")
    source = dataclasses.replace(_SOURCES[kind](inner), path=at)
    inner.finish()
    return tree.CompositeSource(
        name=name,
        source=source,
        order=order,
        missing_bucket=missing_bucket,
    )


def _after(reader: Reader, names: list[str]) -> Any:
    after = reader.raw("after")
    if after is None:
        return None
    at = reader.at("after")
    if not isinstance(after, dict) or set(after) != set(names):
        raise BadQuery(f"expected a value for each source: {', '.join(names)}", at)
    return tuple(
        (name, None if after[name] is None else read_scalar(after[name], f"{at}.{name}"))
        for name in names
    )


def _metric(kind: str) -> Callable[[Reader], Aggregation]:
    def read(reader: Reader) -> Aggregation:
        return tree.MetricAgg(
            kind=kind,  # type: ignore[arg-type]
            field=_field(reader),
            missing=reader.scalar("missing", None),
            sigma=float(reader.number("sigma", 2.0)) if kind == "extended_stats" else 2.0,
            format=_format(reader),
        )

    return read


def _cardinality(reader: Reader) -> Aggregation:
    reader.ignore("rehash", "execution_hint")
    return tree.CardinalityAgg(
        field=_field(reader),
        missing=reader.scalar("missing", None),
        precision_threshold=min(reader.integer("precision_threshold", 3000), 40000),
    )


def _percentiles(reader: Reader) -> Aggregation:
    reader.ignore("tdigest", "hdr", "compression")
    percents = tuple(float(read_number(value, at)) for value, at in reader.list("percents", None))
    if any(not 0 <= percent <= 100 for percent in percents):
        raise BadQuery("a percentage is between 0 and 100", reader.at("percents"))
    reader.budget.count_clauses(reader.path, reader.depth, len(percents))
    return tree.PercentilesAgg(
        field=_field(reader),
        percents=percents or tree.PercentilesAgg(field="").percents,
        keyed=reader.flag("keyed", True),
        missing=reader.scalar("missing", None),
    )


def _top_hits(reader: Reader) -> Aggregation:
    hits = parse_hits(reader, default_size=3)
    limit = reader.budget.limits.size_of_inner_hits
    if hits.size + hits.from_ > limit:
        raise BadQuery(
            f"from + size is at most {limit} here (kinto.search.max_inner_hits), "
            f"got {hits.size + hits.from_}",
            reader.path,
        )
    if hits.size + hits.from_ == 0:
        raise BadQuery("a 'top_hits' of size 0 has no hits to return", reader.at("size"))
    return tree.TopHitsAgg(hits=hits)


_FILTERS: dict[str, Callable[[Any, str, Budget, int], Aggregation]] = {"filter": _filter}
_HANDLERS: dict[str, Any] = {
    "cardinality": _cardinality,
    "composite": _composite,
    "date_histogram": _date_histogram,
    "date_range": _date_range,
    "filter": _filter,
    "filters": _filters,
    "global": _global,
    "histogram": _histogram,
    "missing": _missing,
    "percentiles": _percentiles,
    "range": _range,
    "terms": _terms,
    "top_hits": _top_hits,
} | {kind: _metric(kind) for kind in _METRICS}
AGGREGATION_NAMES = tuple(sorted(_HANDLERS))

BUCKETS = (
    tree.TermsAgg,
    tree.FilterAgg,
    tree.FiltersAgg,
    tree.GlobalAgg,
    tree.MissingAgg,
    tree.RangeAgg,
    tree.DateRangeAgg,
    tree.HistogramAgg,
    tree.DateHistogramAgg,
    tree.CompositeAgg,
)
