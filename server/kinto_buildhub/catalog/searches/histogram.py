"""The histogram: how many builds were published in each year, quarter, month, week or day."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple

from kinto_buildhub.catalog.search_state.meanings.dates import PUBLISHED
from kinto_buildhub.catalog.search_state.state import SearchState

NAME = "published"

MAX_BARS = 31
"""Above it the next larger unit is used. So many bars, each wide enough to be hit, fit a page."""


class Unit(NamedTuple):
    """A span of time that a bar may be of.

    Attributes:
        name: as people read it.
        begin: returns the first day of the unit that a day is in.
        days: of the longest one, which lead from the first day of any into the next one.
        label, tick: formats of its first day, in full and for the axis.
    """

    name: str
    begin: Callable[[date], date]
    days: int
    label: str
    tick: str


UNITS = (
    Unit("day", lambda day: day, 1, "%-d %B %Y", "%-d %b"),
    Unit("week", lambda day: day - timedelta(day.weekday()), 7, "week of %-d %B %Y", "%-d %b"),
    Unit("month", lambda day: day.replace(day=1), 31, "%B %Y", "%b %Y"),
    Unit(
        "quarter",
        lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        92,
        "quarter from %B %Y",
        "%b %Y",
    ),
    Unit("year", lambda day: day.replace(month=1, day=1), 366, "%Y", "%Y"),
)
_WEEK_DAYS = 7

# Days that no build can be of, as a record may claim them, are not drawn.
_FIRST_YEAR, _LAST_YEAR = 1994, 2099
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """What one bar is about: first and last day, and the builds published between them."""

    first: date
    last: date
    count: int
    label: str
    tick: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars without gaps, oldest first; none if nothing was found."""

    unit: str
    bars: tuple[Span, ...]

    @property
    def highest(self) -> int:
        """The builds of the highest bar."""
        return max((bar.count for bar in self.bars), default=0)


def histogram_aggregation(state: SearchState) -> dict[str, Any]:
    """Return the aggregation: by day if the chosen days are few, else by month."""
    return _aggregation(
        "day" if _is_short(state.published_from, state.published_until) else "month"
    )


def read_histogram(
    state: SearchState,
    aggregations: Mapping[str, Any],
    ask_again: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> Histogram:
    """Return the histogram that an answer contains.

    Args:
        ask_again: answers an aggregation over the same records; called if what was counted by
            month turns out to be of a few months.
    """
    counts = _counts(aggregations)
    is_by_month = not _is_short(state.published_from, state.published_until)
    if counts and is_by_month and _is_short(min(counts), max(counts)):
        counts = _counts(ask_again(_aggregation("day")))
    return build_histogram(state, counts)


def _is_short(first: date | None, last: date | None) -> bool:
    return first is not None and last is not None and (last - first).days < MAX_BARS * _WEEK_DAYS


def build_histogram(state: SearchState, counts: dict[date, int]) -> Histogram:
    """Return the bars of what was counted, in the smallest unit that needs few of them."""
    if not counts:
        return Histogram("", ())
    first, last = min(counts), max(counts)
    fitting = (unit for unit in UNITS if _count_units(unit, first, last) <= MAX_BARS)
    unit = next(fitting, UNITS[-1])
    sums = dict.fromkeys(_begins(unit, first, last), 0)
    for day, count in counts.items():
        sums[unit.begin(day)] += count
    return Histogram(unit.name, tuple(_span(state, unit, *each) for each in sums.items()))


def _span(state: SearchState, unit: Unit, first: date, count: int) -> Span:
    last = _next(unit, first) - timedelta(days=1)
    label, tick = first.strftime(unit.label), first.strftime(unit.tick)
    # A bar at the edge is only about the days that were asked for.
    first = max(first, state.published_from or first)
    last = min(last, state.published_until or last)
    return Span(first, last, count, label, tick)


def _count_units(unit: Unit, first: date, last: date) -> int:
    """Return how many bars there would be; any number above the limit if they are too many."""
    return sum(1 for _ in islice(_begins(unit, first, last), MAX_BARS + 1))


def _begins(unit: Unit, first: date, last: date) -> Iterable[date]:
    day = unit.begin(first)
    while day <= last:
        yield day
        day = _next(unit, day)


def _next(unit: Unit, begin: date) -> date:
    return unit.begin(begin + timedelta(unit.days))


def _aggregation(unit: str) -> dict[str, Any]:
    # The filter keeps buckets few: they are made from the first to the last of all dates.
    dates = {"gte": f"{_FIRST_YEAR}-01-01", "lt": f"{_LAST_YEAR + 1}-01-01"}
    by_date = {"field": PUBLISHED, "calendar_interval": unit, "min_doc_count": 1}
    return {
        NAME: {
            "filter": {"range": {PUBLISHED: dates}},
            "aggs": {NAME: {"date_histogram": by_date}},
        }
    }


def _counts(aggregations: Mapping[str, Any]) -> dict[date, int]:
    """Return the number of builds by the first day of each bucket."""
    buckets = aggregations[NAME][NAME]["buckets"]
    return {_EPOCH + timedelta(milliseconds=each["key"]): each["doc_count"] for each in buckets}
