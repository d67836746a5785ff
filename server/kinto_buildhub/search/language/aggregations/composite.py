"""The composite aggregation: combinations of values, a page at a time."""

import dataclasses
from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.bucket import read_terms
from kinto_buildhub.search.language.aggregations.histogram import (
    read_date_histogram,
    read_histogram,
)
from kinto_buildhub.search.language.json_values import read_scalar, single
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import Aggregation

_SOURCES: dict[str, Callable[[Reader], Any]] = {
    "terms": read_terms,
    "histogram": read_histogram,
    "date_histogram": read_date_histogram,
}
_OPTIONS = {"field", "missing_bucket", "script"}
_SOURCE_OPTIONS = {
    "terms": _OPTIONS,
    "histogram": _OPTIONS | {"interval"},
    "date_histogram": _OPTIONS
    | {"calendar_interval", "fixed_interval", "interval", "time_zone", "offset", "format"},
}


def read_composite(reader: Reader) -> Aggregation:
    """A bucket for each combination of the sources' values."""
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
        found = ", ".join(names) or "none"
        raise BadQuery(
            f"expected sources, each with its own name, got {found}", reader.at("sources")
        )
    after = _after(reader, names)
    for source, (name, value) in zip(sources, after or (), strict=False):
        if value is None and not source.missing_bucket:
            raise BadQuery(
                "null is possible for a source with missing_bucket only",
                f"{reader.path}.after.{name}",
            )
    return tree.CompositeAgg(sources=tuple(sources), size=size, after=after)


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
    # A source's order is a direction, and what reads the rest expects an order of buckets.
    reader.ignore(*reader.value)
    reader.finish()
    rest = {key: item for key, item in reader.value.items() if key != "order"}
    inner = Reader(rest, at, reader.what, budget)
    inner.ignore("missing_bucket")
    for option in sorted(rest.keys() - _SOURCE_OPTIONS[kind]):
        known = ", ".join(sorted(_SOURCE_OPTIONS[kind]))
        raise BadQuery(f"{reader.what}: unknown option {option!r}; expected one of {known}", at)
    source = dataclasses.replace(_SOURCES[kind](inner), path=at)
    inner.finish()
    return tree.CompositeSource(
        name=name, source=source, order=order, missing_bucket=missing_bucket
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


def check_composite(aggregation: Aggregation) -> None:
    """Check that a composite aggregation below is inside one bucket at most.

    Its ``after_key`` continues one page, so there must be a single one.

    Raises:
        BadQuery: it is inside several.
    """
    inner = [below for _, below in aggregation.aggs]
    if not isinstance(aggregation, tree.FilterAgg) and any(map(_holds_composite, inner)):
        raise BadQuery(
            "a 'composite' aggregation is possible at the top or in a 'filter' only",
            aggregation.path,
        )


def _holds_composite(aggregation: Aggregation) -> bool:
    if isinstance(aggregation, tree.FilterAgg):
        return any(_holds_composite(below) for _, below in aggregation.aggs)
    return isinstance(aggregation, tree.CompositeAgg)
