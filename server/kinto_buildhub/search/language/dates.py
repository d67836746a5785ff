"""Dates as Elasticsearch reads and writes them: formats, date math, rounding, time zones.

A date is whole milliseconds since 1970, UTC. Text is read by a *format*: names such as
``strict_date_optional_time`` and ``epoch_millis``, or patterns of letters such as
``yyyy-MM-dd HH:mm``; ``||`` separates alternatives.
"""

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from kinto_buildhub.search.errors import BadQuery

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"
MIN_MS, MAX_MS = -62_135_596_800_000, 253_402_300_799_999  # Years 1 to 9999.

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:[T ](?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?)?)?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,
)
# The form that nearly all records have. Newer Pythons take 24 o'clock for the next day's start.
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\dZ", re.ASCII)
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "H": 3_600_000, "d": 86_400_000}
_MATH = re.compile(r"([+-])(\d{1,9})?([yMwdhHms])|/([yMwdhHms])", re.ASCII)
_INTERVAL = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*(ms|nanos|micros|[smhd])", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?", re.ASCII)

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


def parse_date(
    value: str | float,
    path: str,
    *,
    format_: str | None = None,
    time_zone: str | None = None,
    round_up: bool = False,
    now_ms: int,
) -> int:
    """Return the milliseconds that a bound in a request means.

    Args:
        value: text in the format, perhaps with date math (``now-1d/d``, ``2017-01-01||+1M/d``),
            or milliseconds.
        path: for messages.
        format_: how the text is read; None: `DEFAULT_FORMAT`.
        time_zone: of texts that carry none, and of rounding.
        round_up: parts that are missing, or rounded off, are taken at their end.
        now_ms: what ``now`` means.

    Raises:
        BadQuery: the text is no date in that format.
    """
    zone = check_time_zone(time_zone, path)
    text = str(value)
    anchor, math = _split_math(text)
    if anchor == "now":
        moment = now_ms
    else:
        moment = _parse_any(anchor, format_ or DEFAULT_FORMAT, zone, round_up and not math, path)
    return _clamp(_apply_math(moment, math, zone, round_up, path, text))


def record_date(value: object) -> int | None:
    """Return the milliseconds of a record's value in a date field; None if it is no date."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if MIN_MS <= value <= MAX_MS else None
    return _record_text(value) if isinstance(value, str) else None


@lru_cache(maxsize=65536)
def _record_text(text: str) -> int | None:
    if _USUAL.fullmatch(text):
        try:
            return to_milliseconds(datetime.fromisoformat(text))  # In a third of the time.
        except ValueError:
            return None
    try:
        return _parse_any(text, DEFAULT_FORMAT, UTC, False, "")
    except BadQuery:
        return None


def format_date(
    milliseconds: float, format_: str | None = None, time_zone: str | None = None
) -> str:
    """Return a date as text; the first of several formats counts."""
    name = (format_ or DEFAULT_FORMAT).split("||")[0].removeprefix("strict_")
    if name == "epoch_millis":
        return str(int(milliseconds))
    if name == "epoch_second":
        return str(int(milliseconds // 1000))
    zone = check_time_zone(time_zone, "")
    moment = to_datetime(int(milliseconds), zone)
    pattern = "date_time" if name in _OPTIONAL_TIME else name
    return "".join(_written(run, moment) for run in _runs(_NAMED.get(pattern, pattern)) if run)


def to_datetime(milliseconds: int, zone: tzinfo = UTC) -> datetime:
    """Return the moment; what lies outside the years 1 to 9999 becomes their end."""
    moment = _EPOCH + timedelta(milliseconds=_clamp(milliseconds))
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.replace(tzinfo=zone)


def to_milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def check_format(text: str, path: str) -> None:
    """Refuse a format that is none."""
    for name in text.split("||"):
        bare = name.removeprefix("strict_")
        if bare not in (*_OPTIONAL_TIME, "epoch_millis", "epoch_second"):
            _compile(_NAMED.get(bare, bare), path)


def check_time_zone(text: str | None, path: str) -> tzinfo:
    """Return the zone of an offset (``+02:00``) or a name (``Europe/Berlin``)."""
    if text is None or text in ("Z", "UTC", "utc"):
        return UTC
    if offset := _OFFSET.fullmatch(text):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes < 18 * 60:
            return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise BadQuery(
            f"expected a time zone such as '+02:00' or 'Europe/Berlin', got {text[:60]!r}", path
        ) from None


def parse_interval(text: str, path: str, *, least: int = 1) -> int:
    """Return the milliseconds of a fixed interval, as ``90s`` or ``12h``.

    Raises:
        BadQuery: it is none, or shorter than *least*.
    """
    found = _INTERVAL.fullmatch(text.strip())
    if found is None:
        if text.strip() == "0" and least == 0:
            return 0
        raise BadQuery(
            f"expected a number with ms, s, m, h or d, as '12h'; got {text[:60]!r}", path
        )
    unit = {"nanos": 1e-6, "micros": 1e-3}.get(found[2]) or _UNITS_MS[found[2]]
    interval = int(float(found[1]) * unit)
    if not least <= interval <= MAX_MS:
        raise BadQuery(f"expected at least {least} ms and at most 10,000 years", path)
    return interval


def calendar_floor(moment: datetime, unit: str) -> datetime:
    """Return the start of the minute, hour, day, week, month, quarter or year that holds it."""
    floor = moment.replace(microsecond=0, second=0)
    if unit == "second":
        return moment.replace(microsecond=0)
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
    """Return the moment so many units later, by the local clock; days are cut to the month's.

    Raises:
        OverflowError: beyond the years that there are.
    """
    if unit in ("minute", "hour", "second"):
        step = timedelta(**{unit + "s": count})
        return (moment.astimezone(UTC) + step).astimezone(moment.tzinfo)
    if unit in ("day", "week"):
        return moment + timedelta(days=count * (7 if unit == "week" else 1))
    months = {"month": 1, "quarter": 3, "year": 12}[unit] * count + moment.month - 1
    year, month = moment.year + months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError("no such year")
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


_MATH_UNITS = {
    "y": "year",
    "M": "month",
    "w": "week",
    "d": "day",
    "h": "hour",
    "H": "hour",
    "m": "minute",
    "s": "second",
}


def _split_math(text: str) -> tuple[str, str]:
    if text.startswith("now"):
        return "now", text[3:]
    anchor, _, math = text.partition("||")
    return anchor, math


def _apply_math(moment: int, math: str, zone: tzinfo, round_up: bool, path: str, text: str) -> int:
    place = 0
    while place < len(math):
        step = _MATH.match(math, place)
        if step is None:
            raise BadQuery(
                f"no date math: {math[place:][:40]!r} in {text[:60]!r}; expected '+1d', '-2M', "
                "'/d' and the like",
                path,
                "parse_exception",
            )
        place = step.end()
        local = to_datetime(_clamp(moment), zone)
        try:
            if step[4]:
                unit = _MATH_UNITS[step[4]]
                local = calendar_floor(local, unit)
                moment = to_milliseconds(local)
                if round_up:
                    moment = to_milliseconds(calendar_add(local, unit)) - 1
            else:
                count = int(step[2] or 1) * (-1 if step[1] == "-" else 1)
                moment = to_milliseconds(calendar_add(local, _MATH_UNITS[step[3]], count))
        except (OverflowError, ValueError):
            moment = MAX_MS if step[1] != "-" else MIN_MS
    return moment


def _clamp(milliseconds: int) -> int:
    return max(MIN_MS, min(MAX_MS, milliseconds))


def _parse_any(text: str, formats: str, zone: tzinfo, round_up: bool, path: str) -> int:
    for name in formats.split("||"):
        found = _parse_one(text, name.removeprefix("strict_"), zone, round_up, path)
        if found is not None:
            return found
    raise BadQuery(
        f"failed to parse date {text[:60]!r} with format [{formats}]", path, "parse_exception"
    )


def _parse_one(text: str, name: str, zone: tzinfo, round_up: bool, path: str) -> int | None:
    if name in ("epoch_millis", "epoch_second"):
        if not re.fullmatch(r"-?\d{1,16}(\.\d{1,9})?", text, re.ASCII):
            return None
        number = float(text) * (1000 if name == "epoch_second" else 1)
        return int(number) if MIN_MS <= number <= MAX_MS else None
    expression = _ISO if name in _OPTIONAL_TIME else _compile(_NAMED.get(name, name), path)
    found = expression.fullmatch(text)
    if found is None:
        return None
    return _assemble({key: part for key, part in found.groupdict().items() if part}, zone, round_up)


def _assemble(parts: dict[str, str], zone: tzinfo, round_up: bool) -> int | None:
    fraction = parts.get("fraction")
    if "zone" in parts:
        zone = check_time_zone(_colon(parts["zone"]), "")
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
    """Split a pattern in runs of one letter, quoted texts, and single other characters."""
    return re.findall(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']", pattern) and [
        found[0] for found in re.finditer(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']", pattern)
    ]


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
    "X": lambda moment, width: _zone_text(moment, z=True),
    "x": lambda moment, width: _zone_text(moment, z=False),
    "Z": lambda moment, width: _zone_text(moment, z=True),
}


def _written(run: str, moment: datetime) -> str:
    writer = _WRITERS.get(run[0])
    return writer(moment, len(run)) if writer else _unquoted(run)


def _zone_text(moment: datetime, *, z: bool) -> str:
    text = moment.strftime("%z")
    return "Z" if z and text in ("+0000", "") else f"{text[:3]}:{text[3:5]}"
