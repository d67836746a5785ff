"""Formats of dates: how text is read, and how it is written.

A format is a name such as ``strict_date_optional_time`` or ``epoch_millis``, or a pattern of
letters such as ``yyyy-MM-dd HH:mm``; ``||`` separates alternatives.
"""

import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.time_zones import parse_time_zone
from kinto_buildhub.search.language.dates.timestamps import (
    MAX_MS,
    MIN_MS,
    to_datetime,
    to_milliseconds,
)

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"

_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:[T ](?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?)?)?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,
)
# The letters of patterns: what each run of one letter reads, and how it is written.
_LETTERS = {
    "y": ("year", r"\d{4}"),
    "u": ("year", r"\d{4}"),
    "M": ("month", r"\d{1,2}"),
    "d": ("day", r"\d{1,2}"),
    "H": ("hour", r"\d{1,2}"),
    "m": ("minute", r"\d{1,2}"),
    "s": ("second", r"\d{1,2}"),
    "S": ("fraction", r"\d{1,9}"),
    "X": ("zone", r"Z|[+-]\d{2}(?::?\d{2})?"),
    "x": ("zone", r"[+-]\d{2}(?::?\d{2})?"),
    "Z": ("zone", r"Z|[+-]\d{2}(?::?\d{2})?"),
}
# The patterns of Elasticsearch's named formats; Java writes a zone such as `+02:00` as `XXX`.
_NAMED = {
    "basic_date": "yyyyMMdd",
    "basic_date_time": "yyyyMMdd'T'HHmmss.SSSXXX",
    "basic_date_time_no_millis": "yyyyMMdd'T'HHmmssXXX",
    "date": "yyyy-MM-dd",
    "date_hour": "yyyy-MM-dd'T'HH",
    "date_hour_minute": "yyyy-MM-dd'T'HH:mm",
    "date_hour_minute_second": "yyyy-MM-dd'T'HH:mm:ss",
    "date_hour_minute_second_millis": "yyyy-MM-dd'T'HH:mm:ss.SSS",
    "date_time": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "date_time_no_millis": "yyyy-MM-dd'T'HH:mm:ssXXX",
    "year": "yyyy",
    "year_month": "yyyy-MM",
    "year_month_day": "yyyy-MM-dd",
}
_OPTIONAL_TIME = ("date_optional_time", "iso8601", "date_optional_time_nanos")
_EPOCHS = ("epoch_millis", "epoch_second")
# Java's patterns reserve them, for optional parts and padding.
_RESERVED = "[]{}#"
_RUN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']")


def check_format(text: str, path: str) -> None:
    """Check a format.

    Raises:
        BadQuery: it is not a format, or not one that is supported.
    """
    for name in text.split("||"):
        bare = name.removeprefix("strict_")
        if bare not in (*_OPTIONAL_TIME, *_EPOCHS):
            _compile(_NAMED.get(bare, bare), path)


def parse_formatted(text: str, formats: str, zone: tzinfo, *, round_up: bool, path: str) -> int:
    """Return the milliseconds of a date in one of several formats.

    Args:
        text: the date.
        formats: separated by ``||``; the first that fits counts.
        zone: of text without an offset.
        round_up: missing parts are taken at their end, so ``2017`` is its last millisecond.
        path: for messages.

    Raises:
        BadQuery: no format fits.
    """
    for name in formats.split("||"):
        found = _parse_one(text, name.removeprefix("strict_"), zone, round_up, path)
        if found is not None:
            return found
    raise BadQuery(
        f"failed to parse date {text[:60]!r} with format [{formats}]", path, "parse_exception"
    )


def write_formatted(milliseconds: float, formats: str, zone: tzinfo) -> str:
    """Return a date as text in the first of the formats.

    Raises:
        BadQuery: the format is not supported.
    """
    name = formats.split("||")[0].removeprefix("strict_")
    if name == "epoch_millis":
        return str(int(milliseconds))
    if name == "epoch_second":
        return str(int(milliseconds // 1000))
    check_written_format(name, "format")
    moment = to_datetime(int(milliseconds), zone)
    pattern = "date_time" if name in _OPTIONAL_TIME else name
    return "".join(_written(run, moment) for run in _runs(_NAMED.get(pattern, pattern)))


def _parse_one(text: str, name: str, zone: tzinfo, round_up: bool, path: str) -> int | None:
    if name in _EPOCHS:
        return _parse_epoch(text, name)
    expression = _ISO if name in _OPTIONAL_TIME else _compile(_NAMED.get(name, name), path)
    found = expression.fullmatch(text)
    if found is None:
        return None
    return _assemble({key: part for key, part in found.groupdict().items() if part}, zone, round_up)


def _parse_epoch(text: str, name: str) -> int | None:
    if not re.fullmatch(r"-?\d{1,16}(\.\d{1,9})?", text, re.ASCII):
        return None
    number = float(text) * (1000 if name == "epoch_second" else 1)
    return int(number) if MIN_MS <= number <= MAX_MS else None


def _assemble(parts: dict[str, str], zone: tzinfo, round_up: bool) -> int | None:
    fraction = parts.get("fraction")
    if "zone" in parts:
        zone = parse_time_zone(_colon(parts["zone"]), "")
    year, month = int(parts.get("year", 1970)), int(parts.get("month", 12 if round_up else 1))
    try:
        last_day = calendar.monthrange(year, month)[1]
        moment = datetime(
            year,
            month,
            int(parts.get("day", last_day if round_up else 1)),
            int(parts.get("hour", 23 if round_up else 0)),
            int(parts.get("minute", 59 if round_up else 0)),
            int(parts.get("second", 59 if round_up else 0)),
            int(fraction.ljust(6, "0")[:6]) if fraction else (999_000 if round_up else 0),
            tzinfo=zone,
        )
        return to_milliseconds(moment)
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        return None


def _colon(zone: str) -> str:
    return zone if len(zone) <= 3 or ":" in zone else f"{zone[:3]}:{zone[3:]}"


def _runs(pattern: str) -> list[str]:
    """Split a pattern into runs of one letter, quoted texts, and single other characters."""
    return [found[0] for found in _RUN.finditer(pattern)]


@lru_cache(maxsize=256)
def _compile(pattern: str, path: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    runs = _runs(pattern)
    if "".join(runs) != pattern or len(pattern) > 100:
        raise BadQuery(f"not a date format: {pattern[:60]!r}", path, "parse_exception")
    for run in runs:
        if run[0].isascii() and run[0].isalpha():
            name, expression = _LETTERS.get(run[0], ("", ""))
            if not name or name in seen or (name == "month" and len(run) > 2):
                raise BadQuery(
                    f"date format {pattern[:60]!r}: letter {run[0]!r} is not supported here; "
                    f"expected {' '.join(sorted(_LETTERS))}, or text in quotes",
                    path,
                    "parse_exception",
                )
            seen.add(name)
            if name not in ("year", "zone") and len(run) > 1:
                expression = rf"\d{{{len(run)}}}"
            parts.append(f"(?P<{name}>{expression})")
        elif run[0] in _RESERVED:
            raise BadQuery(
                f"date format {pattern[:60]!r}: {run[0]!r} is not supported here, except in quotes",
                path,
                "parse_exception",
            )
        else:
            parts.append(re.escape(_unquoted(run)))
    return re.compile("".join(parts), re.ASCII)


def _unquoted(run: str) -> str:
    return run if not run.startswith("'") or run == "'" else (run[1:-1].replace("''", "'") or "'")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# How each letter is written, and the longest runs of it that Java's formatter takes.
_WRITERS: dict[str, tuple[int, Callable[[datetime, int], str]]] = {
    "y": (4, lambda moment, width: _year(moment, width)),
    "u": (4, lambda moment, width: _year(moment, width)),
    "M": (4, lambda moment, width: _month(moment, width)),
    "d": (2, lambda moment, width: f"{moment.day:0{width}}"),
    "D": (3, lambda moment, width: f"{moment.timetuple().tm_yday:0{width}}"),
    "E": (4, lambda moment, width: _DAYS[moment.weekday()][: 3 if width < 4 else None]),
    "a": (1, lambda moment, width: "AM" if moment.hour < 12 else "PM"),
    "H": (2, lambda moment, width: f"{moment.hour:0{width}}"),
    "h": (2, lambda moment, width: f"{moment.hour % 12 or 12:0{width}}"),
    "m": (2, lambda moment, width: f"{moment.minute:0{width}}"),
    "s": (2, lambda moment, width: f"{moment.second:0{width}}"),
    "S": (9, lambda moment, width: f"{moment.microsecond:06}".ljust(width, "0")[:width]),
    "X": (3, lambda moment, width: _offset(moment, width, z=True)),
    "x": (3, lambda moment, width: _offset(moment, width, z=False)),
    "Z": (3, lambda moment, width: _offset(moment, 2, z=False)),
}


def _year(moment: datetime, width: int) -> str:
    return f"{moment.year % 100:02}" if width == 2 else f"{moment.year:04}"


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


def check_written_format(text: str, path: str) -> None:
    """Check a format that dates are written in: the first of several.

    Raises:
        BadQuery: it is not a format, or not one that is supported.
    """
    name = text.split("||")[0].removeprefix("strict_")
    if name not in (*_OPTIONAL_TIME, *_EPOCHS):
        _check_written(_NAMED.get(name, name), path)


@lru_cache(maxsize=256)
def _check_written(pattern: str, path: str) -> None:
    runs = _runs(pattern)
    if "".join(runs) != pattern or len(pattern) > 100 or not pattern:
        raise BadQuery(f"not a date format: {pattern[:60]!r}", path, "parse_exception")
    for run in runs:
        if run[0] in _RESERVED:
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


def _written(run: str, moment: datetime) -> str:
    found = _WRITERS.get(run[0])
    return _unquoted(run) if found is None else found[1](moment, len(run))
