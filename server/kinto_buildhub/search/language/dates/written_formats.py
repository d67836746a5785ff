"""Dates as text: each letter of a pattern as Java writes it.

Sums of dates lie far outside of the years that Python knows. The calendar repeats itself every 400
years, so such a date is moved by that many, and gets its own year back when it is written.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple, Self

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.patterns import (
    EPOCHS,
    NAMED,
    OPTIONAL_TIME,
    RESERVED,
    runs_of,
    split_formats,
    unquoted,
)
from kinto_buildhub.search.language.dates.timestamps import MAX_MS, MIN_MS, to_datetime

_CYCLE_YEARS, _CYCLE_MS = 400, 146_097 * 86_400_000
# Java's milliseconds are whole numbers of 64 bits.
_FIRST_MS, _LAST_MS = -(2**63), 2**63 - 1


class _Local(NamedTuple):
    """A date in its time zone: its time in a year that Python knows, and its own year."""

    time: datetime
    year: int

    @classmethod
    def of(cls, milliseconds: int, zone: tzinfo) -> Self:
        """Take the milliseconds since 1970, UTC."""
        if MIN_MS <= milliseconds <= MAX_MS:
            time = to_datetime(milliseconds, zone)
            return cls(time, time.year)
        # From 1970 on, so that the zone's rules are those of today.
        cycles, rest = divmod(milliseconds, _CYCLE_MS)
        time = to_datetime(rest, zone)
        return cls(time, time.year + cycles * _CYCLE_YEARS)


def write_formatted(milliseconds: float, formats: str, zone: tzinfo) -> str:
    """Return a date as text in the first of the formats.

    Raises:
        BadQuery: the format is not supported.
    """
    name = split_formats(formats, "format")[0]
    moment = max(_FIRST_MS, min(_LAST_MS, int(milliseconds)))
    if name == "epoch_millis":
        return str(moment)
    if name == "epoch_second":
        return _seconds(moment)
    check_written_format(name, "format")
    local = _Local.of(moment, zone)
    pattern = NAMED["date_time"] if name in OPTIONAL_TIME else name
    return "".join(_written(run, local) for run in runs_of(pattern))


def _seconds(milliseconds: int) -> str:
    seconds, rest = divmod(abs(milliseconds), 1000)
    fraction = f".{rest:03}".rstrip("0") if rest else ""
    return f"{'-' if milliseconds < 0 else ''}{seconds}{fraction}"


def check_written_format(text: str, path: str) -> None:
    """Check a format that dates are written in: the first of several.

    Raises:
        BadQuery: it is not a format, or not one that is supported.
    """
    name = split_formats(text, path)[0]
    if name not in (*OPTIONAL_TIME, *EPOCHS):
        _check_written(name, path)


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# How each letter is written, and the longest runs of it that Java's formatter takes.
_WRITERS: dict[str, tuple[int, Callable[[_Local, int], str]]] = {
    "y": (4, lambda local, width: _year(max(local.year, 1 - local.year), width)),
    "u": (4, lambda local, width: _year(local.year, width)),
    "M": (4, lambda local, width: _month(local.time, width)),
    "d": (2, lambda local, width: f"{local.time.day:0{width}}"),
    "D": (3, lambda local, width: f"{local.time.timetuple().tm_yday:0{width}}"),
    "E": (4, lambda local, width: _DAYS[local.time.weekday()][: 3 if width < 4 else None]),
    "a": (1, lambda local, width: "AM" if local.time.hour < 12 else "PM"),
    "H": (2, lambda local, width: f"{local.time.hour:0{width}}"),
    "h": (2, lambda local, width: f"{local.time.hour % 12 or 12:0{width}}"),
    "m": (2, lambda local, width: f"{local.time.minute:0{width}}"),
    "s": (2, lambda local, width: f"{local.time.second:0{width}}"),
    "S": (9, lambda local, width: f"{local.time.microsecond:06}".ljust(width, "0")[:width]),
    "X": (3, lambda local, width: _offset(local.time, width, z=True)),
    "x": (3, lambda local, width: _offset(local.time, width, z=False)),
    "Z": (3, lambda local, width: _offset(local.time, 2, z=False)),
}


def _year(year: int, width: int) -> str:
    if width == 2:
        return f"{abs(year) % 100:02}"
    sign = "-" if year < 0 else "+" if width == 4 and year > 9999 else ""
    return f"{sign}{abs(year):0{width}}"


def _month(moment: datetime, width: int) -> str:
    if width < 3:
        return f"{moment.month:0{width}}"
    name = _MONTHS[moment.month - 1]
    return name if width == 4 else name[:3]


def _offset(moment: datetime, width: int, *, z: bool) -> str:
    offset = moment.utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    if z and not minutes:
        return "Z"
    hours, rest = divmod(abs(minutes), 60)
    text = f"{'-' if minutes < 0 else '+'}{hours:02}"
    if width == 1:
        return f"{text}{rest:02}" if rest else text
    return f"{text}{':' if width == 3 else ''}{rest:02}"


@lru_cache(maxsize=256)
def _check_written(pattern: str, path: str) -> None:
    runs = runs_of(pattern)
    if "".join(runs) != pattern or len(pattern) > 100:
        raise BadQuery(f"not a date format: {pattern[:60]!r}", path, "parse_exception")
    for run in runs:
        if run[0] in RESERVED:
            raise BadQuery(
                f"date format {pattern[:60]!r}: {run[0]!r} is not supported here, except in quotes",
                path,
                "parse_exception",
            )
        if not (run[0].isascii() and run[0].isalpha()):
            continue
        longest, _ = _WRITERS.get(run[0], (0, None))
        if len(run) > longest:
            raise BadQuery(
                f"date format {pattern[:60]!r}: {run!r} is not supported here; "
                f"expected {' '.join(sorted(_WRITERS))}, or text in quotes",
                path,
                "parse_exception",
            )


def _written(run: str, local: _Local) -> str:
    found = _WRITERS.get(run[0])
    return unquoted(run) if found is None else found[1](local, len(run))
