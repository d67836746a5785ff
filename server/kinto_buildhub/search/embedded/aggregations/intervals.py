"""Intervals of histograms: where each bucket starts, and the empty buckets between others."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone
from typing import Any

from kinto_buildhub.search.embedded.execution import Execution, too_many_buckets
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import parse_date
from kinto_buildhub.search.language.dates.calendar_units import calendar_add, calendar_floor
from kinto_buildhub.search.language.dates.intervals import parse_interval
from kinto_buildhub.search.language.dates.time_zones import parse_time_zone
from kinto_buildhub.search.language.dates.timestamps import to_datetime, to_milliseconds
from kinto_buildhub.search.settings import Limits

_HOUR = 3_600_000
_DAY = 24 * _HOUR

# Calendar intervals that all have one length in time zones whose clocks never change. Weeks start
# on a Monday, and 1970 started on a Thursday.
_FIXED_LENGTH = {
    "minute": (60_000, 0),
    "hour": (_HOUR, 0),
    "day": (_DAY, 0),
    "week": (7 * _DAY, 4 * _DAY),
}

Row = tuple[Any, Any, dict[str, Any]]
"""``(start, end, Tantivy's bucket)``."""


@dataclass(frozen=True, slots=True)
class Interval:
    """How a histogram divides its values.

    Attributes:
        step: the length of all intervals; 0 if their lengths differ.
        offset: the start of one of them, below ``step``.
        unit: the calendar's unit, if the lengths differ.
        zone: the time zone of the calendar.
        shift: added to all starts, in milliseconds.
    """

    step: float
    offset: float = 0.0
    unit: str = ""
    zone: Any = UTC
    shift: int = 0

    @property
    def fixed(self) -> bool:
        """Whether all intervals have one length."""
        return self.step > 0

    def start(self, value: float) -> float:
        """Return the start of the interval that holds *value*."""
        if self.fixed:
            return math.floor((value - self.offset) / self.step) * self.step + self.offset
        local = to_datetime(int(value) - self.shift, self.zone)
        return to_milliseconds(calendar_floor(local, self.unit)) + self.shift

    def next(self, start: float) -> float:
        """Return the start of the interval after the one that starts there."""
        if self.fixed:
            return start + self.step
        local = to_datetime(int(start) - self.shift, self.zone)
        try:
            later = calendar_add(local, self.unit)
            return to_milliseconds(calendar_floor(later, self.unit)) + self.shift
        except OverflowError:
            return start + _DAY * 366

    def edges(self, least: int, most: int, limits: Limits) -> list[int]:
        """Return the starts of all intervals from *least* to *most*, and the end of the last.

        Raises:
            BadQuery: there are too many.
        """
        found = [int(self.start(least))]
        while found[-1] <= most:
            if len(found) > limits.buckets:
                raise too_many_buckets(limits)
            found.append(int(self.next(found[-1])))
        return found

    def completed(
        self, rows: list[Row], agg: tree.HistogramAgg | tree.DateHistogramAgg, execution: Execution
    ) -> list[Row]:
        """Return the rows within hard bounds; with empty ones between for a min_doc_count of 0.

        Raises:
            BadQuery: there are too many empty ones.
        """
        low, high = self._bounds(agg, agg.hard_bounds, execution)
        rows = [
            row
            for row in rows
            if (low is None or row[1] > low) and (high is None or row[0] <= high)
        ]
        if agg.min_doc_count:
            return rows
        starts = [row[0] for row in rows]
        starts += [
            self.start(bound)
            for bound in self._bounds(agg, agg.extended_bounds, execution)
            if bound is not None
        ]
        if not starts:
            return rows
        known = {round(row[0], 9): row for row in rows}
        whole = isinstance(agg, tree.DateHistogramAgg)
        found = []
        for start, end in self._all(min(starts), max(starts), execution.limits):
            first, last = (int(start), int(end)) if whole else (start, end)
            found.append(known.get(round(first, 9)) or (first, last, {"doc_count": 0}))
        return found

    def _all(self, first: float, last: float, limits: Limits) -> Iterator[tuple[float, float]]:
        if self.fixed and (last - first) / self.step > limits.buckets:
            raise too_many_buckets(limits)
        start, count = first, 0
        while start <= last + (self.step / 2 if self.fixed else 0):
            count += 1
            if count > limits.buckets:
                raise too_many_buckets(limits)
            # Counted from the first start, so that rounding errors do not add up.
            end = first + count * self.step if self.fixed else self.next(start)
            yield start, end
            start = end

    def _bounds(
        self, agg: Any, bounds: Any, execution: Execution
    ) -> tuple[float | None, float | None]:
        if bounds is None:
            return None, None
        if isinstance(agg, tree.HistogramAgg):
            return bounds[0], bounds[1]
        low, high = (
            None
            if bound is None
            else parse_date(
                bound,
                agg.path,
                format_=agg.format,
                time_zone=agg.time_zone,
                now_ms=execution.compiler.now_ms,
            )
            for bound in bounds
        )
        return low, high


def interval_of(agg: tree.HistogramAgg | tree.DateHistogramAgg) -> Interval:
    """Return how an aggregation divides its values.

    Raises:
        BadQuery: a fixed interval in a time zone whose clocks change.
    """
    if isinstance(agg, tree.HistogramAgg):
        return Interval(agg.interval, agg.offset % agg.interval)
    zone = parse_time_zone(agg.time_zone, agg.path)
    is_fixed_zone = isinstance(zone, timezone)
    utc_offset = zone.utcoffset(None) if is_fixed_zone else None
    utc_offset_ms = 0 if utc_offset is None else utc_offset // timedelta(milliseconds=1)
    shift = _shift(agg)
    if agg.fixed_interval is not None:
        if not is_fixed_zone:
            raise BadQuery(
                "a fixed_interval takes a time zone such as '+02:00'; use a calendar_interval "
                "where clocks change",
                agg.path,
            )
        step = parse_interval(agg.fixed_interval, agg.path)
        return Interval(step, (shift - utc_offset_ms) % step)
    unit = agg.calendar_interval or "day"
    if is_fixed_zone and unit in _FIXED_LENGTH:
        step, offset = _FIXED_LENGTH[unit]
        return Interval(step, (offset + shift - utc_offset_ms) % step)
    return Interval(0, unit=unit, zone=zone, shift=shift)


def _shift(agg: tree.DateHistogramAgg) -> int:
    if not agg.offset:
        return 0
    length = parse_interval(agg.offset.lstrip("+-"), agg.path, least=0)
    return -length if agg.offset.startswith("-") else length
