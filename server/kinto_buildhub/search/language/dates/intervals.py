"""Fixed intervals of time: ``90s``, ``12h``."""

import re

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.timestamps import MAX_MS

_INTERVAL = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*(ms|nanos|micros|[smhd])", re.ASCII)
_UNITS_MS = {
    "nanos": 1e-6,
    "micros": 1e-3,
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}


def parse_interval(text: str, path: str, *, least: int = 1) -> int:
    """Return the milliseconds of a fixed interval.

    Args:
        text: a number and its unit; ``0`` needs none if *least* is 0.
        path: for messages.
        least: the least that is allowed, in milliseconds.

    Raises:
        BadQuery: it is not an interval, or it is shorter than *least*.
    """
    found = _INTERVAL.fullmatch(text.strip())
    if found is None:
        if text.strip() == "0" and least == 0:
            return 0
        raise BadQuery(
            f"expected a number with ms, s, m, h or d, as '12h', got {text[:60]!r}", path
        )
    interval = int(float(found[1]) * _UNITS_MS[found[2]])
    if not least <= interval <= MAX_MS:
        raise BadQuery(
            f"expected an interval of at least {least} ms and at most 10,000 years, "
            f"got {text[:60]!r}",
            path,
        )
    return interval


def parse_keep_alive(text: str, path: str) -> float:
    """Return how many seconds a scroll or a point in time shall be kept: up to a day.

    Raises:
        BadQuery: it is longer, or not an interval.
    """
    interval = parse_interval(text, path)
    if interval > _UNITS_MS["d"]:
        raise BadQuery(f"expected at most 24h, got {text[:60]!r}", path)
    return interval / 1000


def parse_timeout(text: str, path: str) -> float | None:
    """Return the seconds of a time limit; None if there is none.

    Raises:
        BadQuery: it is not a number with a unit.
    """
    return None if text == "-1" else parse_interval(text, path) / 1000
