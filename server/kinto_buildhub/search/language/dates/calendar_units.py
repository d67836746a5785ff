"""Calendar units: the start of a month, the same day a quarter later."""

import calendar
from datetime import UTC, datetime, timedelta

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def calendar_floor(moment: datetime, unit: str) -> datetime:
    """Return the start of the second, minute, hour, day, week, month, quarter or year."""
    if unit == "second":
        return moment.replace(microsecond=0)
    floor = moment.replace(microsecond=0, second=0)
    if unit == "minute":
        return floor
    floor = floor.replace(minute=0)
    if unit == "hour":
        return floor
    floor = floor.replace(hour=0, fold=0)
    if unit == "day":
        return floor
    if unit == "week":
        try:
            return floor - timedelta(days=floor.weekday())
        except OverflowError:
            return floor
    floor = floor.replace(day=1)
    if unit == "month":
        return floor
    return floor.replace(month=1 if unit == "year" else (floor.month - 1) // 3 * 3 + 1)


def calendar_add(moment: datetime, unit: str, count: int = 1) -> datetime:
    """Return the datetime *count* units later by the local clock; 31 becomes the month's last day.

    Raises:
        OverflowError: it lies outside the years 1 to 9999.
    """
    if unit in ("minute", "hour", "second"):
        step = timedelta(**{unit + "s": count})
        return (moment.astimezone(UTC) + step).astimezone(moment.tzinfo)
    if unit in ("day", "week"):
        return moment + timedelta(days=count * (7 if unit == "week" else 1))
    months = _MONTHS[unit] * count + moment.month - 1
    year, month = moment.year + months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError(f"year {year} is outside 1 to 9999")
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
