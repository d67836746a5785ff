"""Histograms of numbers and of dates."""

from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.order import BY_KEY, read_order
from kinto_buildhub.search.language.aggregations.row import read_field, read_format
from kinto_buildhub.search.language.dates.intervals import parse_interval
from kinto_buildhub.search.language.dates.options import read_date_format, read_time_zone
from kinto_buildhub.search.language.json_values import (
    read_number,
    read_scalar,
    read_text,
    shown,
)
from kinto_buildhub.search.language.reader import Reader

_CALENDAR_UNITS = {
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


def read_histogram(reader: Reader) -> tree.HistogramAgg:
    """A bucket for each interval of numbers."""
    interval = reader.number("interval")
    if not interval > 0:
        raise BadQuery(f"expected a number above 0, got {interval}", reader.at("interval"))
    return tree.HistogramAgg(
        field=read_field(reader),
        interval=float(interval),
        format=read_format(reader),
        offset=float(reader.number("offset", 0.0)),
        min_doc_count=reader.integer("min_doc_count", 0),
        keyed=reader.flag("keyed"),
        order=read_order(reader, (BY_KEY,)),
        missing=reader.scalar("missing", None),
        extended_bounds=_bounds(reader, "extended_bounds", read_number),
        hard_bounds=_bounds(reader, "hard_bounds", read_number),
    )


def read_date_histogram(reader: Reader) -> tree.DateHistogramAgg:
    """A bucket for each interval of time."""
    calendar, fixed = _date_intervals(reader)
    offset = reader.text("offset", None)
    if offset is not None:
        parse_interval(offset.lstrip("+-"), reader.at("offset"), least=0)
    return tree.DateHistogramAgg(
        field=read_field(reader),
        calendar_interval=calendar,
        fixed_interval=fixed,
        time_zone=read_time_zone(reader),
        offset=offset,
        format=read_date_format(reader),
        min_doc_count=reader.integer("min_doc_count", 0),
        keyed=reader.flag("keyed"),
        order=read_order(reader, (BY_KEY,)),
        missing=reader.scalar("missing", None),
        extended_bounds=_bounds(reader, "extended_bounds", read_scalar),
        hard_bounds=_bounds(reader, "hard_bounds", read_scalar),
    )


def _date_intervals(reader: Reader) -> tuple[str | None, str | None]:
    """Take the interval; return the calendar's unit or the fixed interval, and None."""
    names = ("calendar_interval", "fixed_interval", "interval")
    given = [name for name in names if reader.has(name)]
    if len(given) != 1:
        found = " and ".join(given) or "neither"
        raise BadQuery(
            f"expected one of calendar_interval and fixed_interval, got {found}", reader.path
        )
    (name,) = given
    text = read_text(reader.raw(name), reader.at(name))
    # The former `interval` was either, depending on its value.
    if name == "fixed_interval" or (name == "interval" and text not in _CALENDAR_UNITS):
        parse_interval(text, reader.at(name))
        return None, text
    if text not in _CALENDAR_UNITS:
        raise BadQuery(
            f"expected one of {', '.join(sorted(_CALENDAR_UNITS))}, got {shown(text)}; "
            "for others use fixed_interval",
            reader.at(name),
        )
    return _CALENDAR_UNITS[text], None


def _bounds(reader: Reader, name: str, read: Callable[[Any, str], Any]) -> Any:
    value = reader.raw(name)
    if value is None:
        return None
    inner = Reader.of(value, reader.at(name), name, reader.budget)
    bounds = tuple(
        read(inner.raw(end), inner.at(end)) if inner.has(end) else None for end in ("min", "max")
    )
    inner.ignore("min", "max")
    inner.allow_null("min", "max")
    inner.finish()
    return bounds
