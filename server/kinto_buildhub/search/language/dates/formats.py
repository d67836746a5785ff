"""Formats of dates: how text is read."""

import calendar
import re
from datetime import datetime, tzinfo
from functools import lru_cache

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.patterns import (
    EPOCHS,
    OPTIONAL_TIME,
    RESERVED,
    runs_of,
    split_formats,
    unquoted,
)
from kinto_buildhub.search.language.dates.time_zones import parse_time_zone
from kinto_buildhub.search.language.dates.timestamps import (
    MAX_MS,
    MIN_MS,
    to_milliseconds,
)

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"

_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:[T ](?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?)?)?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,
)
# The letters of patterns: what each run of one letter reads.
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


def check_format(text: str, path: str) -> None:
    """Check a format.

    Raises:
        BadQuery: it is not a format, or not one that is supported.
    """
    for name in split_formats(text, path):
        if name not in (*OPTIONAL_TIME, *EPOCHS):
            _compile(name, path)


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
    for name in split_formats(formats, path):
        found = _parse_one(text, name, zone, round_up, path)
        if found is not None:
            return found
    raise BadQuery(
        f"failed to parse date {text[:60]!r} with format [{formats}]", path, "parse_exception"
    )


def _parse_one(text: str, name: str, zone: tzinfo, round_up: bool, path: str) -> int | None:
    if name in EPOCHS:
        return _parse_epoch(text, name)
    expression = _ISO if name in OPTIONAL_TIME else _compile(name, path)
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


@lru_cache(maxsize=256)
def _compile(pattern: str, path: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    runs = runs_of(pattern)
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
        elif run[0] in RESERVED:
            raise BadQuery(
                f"date format {pattern[:60]!r}: {run[0]!r} is not supported here, except in quotes",
                path,
                "parse_exception",
            )
        else:
            parts.append(re.escape(unquoted(run)))
    return re.compile("".join(parts), re.ASCII)
