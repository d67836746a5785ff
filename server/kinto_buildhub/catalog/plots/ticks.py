"""Round numbers and dates for the axes of a plot."""

import math
from collections.abc import Iterator
from datetime import date

_STEPS = (1, 2, 5, 10)
# Up to all years of the calendar.
_MONTH_STEPS = (
    1,
    2,
    3,
    6,
    *(12 * years * ten for ten in (1, 10, 100, 1000) for years in (1, 2, 5)),
)


def round_ticks(most: float, count: int = 3) -> tuple[float, ...]:
    """Return round numbers from 0 to the first one that is not below *most*.

    Args:
        most: the greatest value; 0 gives the ticks 0 and 1.
        count: how many steps there may be, at most.
    """
    if most <= 0:
        return (0, 1)
    least_step = most / count
    power = 10.0 ** math.floor(math.log10(least_step))
    step = next(power * each for each in _STEPS if power * each >= least_step * (1 - 1e-9))
    return tuple(step * number for number in range(math.ceil(most / step * (1 - 1e-9)) + 1))


def tick_text(value: float) -> str:
    """Return a number of an axis, such as ``1,500`` or ``2.5``."""
    return f"{value:,.10g}"


def date_ticks(first: date, last: date, count: int = 6) -> tuple[tuple[date, str], ...]:
    """Return first days of months or years, with their names, from *first* to *last*.

    Args:
        count: how many steps there may be, at most. If no month begins in between, the first and
            the last day are the ticks.
    """
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((each for each in _MONTH_STEPS if months / each <= count), _MONTH_STEPS[-1])
    ticks = tuple(
        (day, str(day.year) if step >= 12 else f"{day:%b %Y}")
        for day in _first_days(first, last, step)
    )
    return ticks or tuple((day, f"{day:%-d %b %Y}") for day in sorted({first, last}))


def time_share(day: date, first: date, last: date) -> float:
    """Return where a day lies between two others, from 0 to 1; 0 if they are the same."""
    return (day - first).days / ((last - first).days or 1)


def _first_days(first: date, last: date, step: int) -> Iterator[date]:
    """Yield the first days of every *step* months, counted from the year 0."""
    month = -(-(first.year * 12 + first.month - 1) // step) * step
    while month <= last.year * 12 + last.month - 1:
        day = date(month // 12, month % 12 + 1, 1)
        if day >= first:
            yield day
        month += step
