"""Date math: ``now-1d/d``, ``2017-01-01||+1M/d``."""

import re
from datetime import tzinfo

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.calendar_units import calendar_add, calendar_floor
from kinto_buildhub.search.language.dates.timestamps import (
    MAX_MS,
    MIN_MS,
    clamp,
    to_datetime,
    to_milliseconds,
)

_STEP = re.compile(r"([+-])(\d{1,9})?([yMwdhHms])|/([yMwdhHms])", re.ASCII)
_UNITS = {
    "y": "year",
    "M": "month",
    "w": "week",
    "d": "day",
    "h": "hour",
    "H": "hour",
    "m": "minute",
    "s": "second",
}


def split_math(text: str) -> tuple[str, str]:
    """Return the date that a text starts with, or ``now``, and the math after it."""
    if text.startswith("now"):
        return "now", text[3:]
    anchor, _, math = text.partition("||")
    return anchor, math


def apply_math(
    moment: int, math: str, zone: tzinfo, *, round_up: bool, path: str, text: str
) -> int:
    """Return the timestamp after each step of the math.

    Args:
        moment: the timestamp to start from, in milliseconds.
        math: steps such as ``+1d`` and ``/M``; may be empty.
        zone: where days and months start.
        round_up: ``/d`` is the last millisecond of the day.
        path: for messages.
        text: the whole text, for messages.

    Raises:
        BadQuery: it is not date math.
    """
    place = 0
    while place < len(math):
        step = _STEP.match(math, place)
        if step is None:
            raise BadQuery(
                f"{math[place:][:40]!r} in {text[:60]!r} is not date math; expected '+1d', '-2M', "
                "'/d' and the like",
                path,
                "parse_exception",
            )
        place = step.end()
        try:
            moment = _apply_step(step, moment, zone, round_up)
        except (OverflowError, ValueError):
            moment = MAX_MS if step[1] != "-" else MIN_MS
    return moment


def _apply_step(step: re.Match[str], moment: int, zone: tzinfo, round_up: bool) -> int:
    local = to_datetime(clamp(moment), zone)
    if not step[4]:
        count = int(step[2] or 1) * (-1 if step[1] == "-" else 1)
        return to_milliseconds(calendar_add(local, _UNITS[step[3]], count))
    unit = _UNITS[step[4]]
    floor = calendar_floor(local, unit)
    if round_up:
        return to_milliseconds(calendar_add(floor, unit)) - 1
    return to_milliseconds(floor)
