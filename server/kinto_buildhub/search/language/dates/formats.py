"""Formats of dates: how text is read, and how it is written.

A format is a name such as ``strict_date_optional_time`` or ``epoch_millis``, or a pattern of
letters such as ``yyyy-MM-dd HH:mm``; ``||`` separates alternatives.
"""

import calendar
import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import lru_cache

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.time_zones import offset_text, parse_time_zone
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
_NAMED = {
    "basic_date": "yyyyMMdd",
    "basic_date_time": "yyyyMMdd'T'HHmmss.SSSX",
    "basic_date_time_no_millis": "yyyyMMdd'T'HHmmssX",
    "date": "yyyy-MM-dd",
    "date_hour": "yyyy-MM-dd'T'HH",
    "date_hour_minute": "yyyy-MM-dd'T'HH:mm",
    "date_hour_minute_second": "yyyy-MM-dd'T'HH:mm:ss",
    "date_hour_minute_second_millis": "yyyy-MM-dd'T'HH:mm:ss.SSS",
    "date_time": "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "date_time_no_millis": "yyyy-MM-dd'T'HH:mm:ssX",
    "year": "yyyy",
    "year_month": "yyyy-MM",
    "year_month_day": "yyyy-MM-dd",
}
_OPTIONAL_TIME = ("date_optional_time", "iso8601", "date_optional_time_nanos")
_EPOCHS = ("epoch_millis", "epoch_second")
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
    """Return a date as text in the first of the formats."""
    name = formats.split("||")[0].removeprefix("strict_")
    if name == "epoch_millis":
        return str(int(milliseconds))
    if name == "epoch_second":
        return str(int(milliseconds // 1000))
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
            if not name or name in seen:
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
        else:
            parts.append(re.escape(_unquoted(run)))
    return re.compile("".join(parts), re.ASCII)


def _unquoted(run: str) -> str:
    return run if not run.startswith("'") or run == "'" else (run[1:-1].replace("''", "'") or "'")


_WRITERS: dict[str, Callable[[datetime, int], str]] = {
    "y": lambda moment, width: f"{moment.year % 100:02}" if width == 2 else f"{moment.year:04}",
    "u": lambda moment, width: f"{moment.year:04}",
    "M": lambda moment, width: f"{moment.month:0{width}}",
    "d": lambda moment, width: f"{moment.day:0{width}}",
    "H": lambda moment, width: f"{moment.hour:0{width}}",
    "m": lambda moment, width: f"{moment.minute:0{width}}",
    "s": lambda moment, width: f"{moment.second:0{width}}",
    "S": lambda moment, width: f"{moment.microsecond:06}".ljust(width, "0")[:width],
    "X": lambda moment, width: offset_text(moment, z=True),
    "x": lambda moment, width: offset_text(moment, z=False),
    "Z": lambda moment, width: offset_text(moment, z=True),
}


def _written(run: str, moment: datetime) -> str:
    writer = _WRITERS.get(run[0])
    return writer(moment, len(run)) if writer else _unquoted(run)
