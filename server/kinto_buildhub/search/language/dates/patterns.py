"""Names and patterns of dates, as formats contain them.

A format is a name such as ``strict_date_optional_time`` or ``epoch_millis``, or a pattern of
letters such as ``yyyy-MM-dd HH:mm``; ``||`` separates alternatives.
"""

import re
from functools import lru_cache

from kinto_buildhub.search.errors import BadQuery

# The patterns of Elasticsearch's named formats; Java writes a zone such as `+02:00` as `XXX`.
NAMED = {
    "basic_date": "uuuuMMdd",
    "basic_date_time": "uuuuMMdd'T'HHmmss.SSSXXX",
    "basic_date_time_no_millis": "uuuuMMdd'T'HHmmssXXX",
    "date": "uuuu-MM-dd",
    "date_hour": "uuuu-MM-dd'T'HH",
    "date_hour_minute": "uuuu-MM-dd'T'HH:mm",
    "date_hour_minute_second": "uuuu-MM-dd'T'HH:mm:ss",
    "date_hour_minute_second_millis": "uuuu-MM-dd'T'HH:mm:ss.SSS",
    "date_time": "uuuu-MM-dd'T'HH:mm:ss.SSSXXX",
    "date_time_no_millis": "uuuu-MM-dd'T'HH:mm:ssXXX",
    "year": "uuuu",
    "year_month": "uuuu-MM",
    "year_month_day": "uuuu-MM-dd",
}
OPTIONAL_TIME = ("date_optional_time", "iso8601", "date_optional_time_nanos")
EPOCHS = ("epoch_millis", "epoch_second")
# Java's patterns reserve them, for optional parts and padding.
RESERVED = "[]{}#"
_RUN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']")
# What Java trims.
_BLANKS = "".join(map(chr, range(0x21)))


@lru_cache(maxsize=256)
def split_formats(text: str, path: str) -> tuple[str, ...]:
    """Return the alternatives of a format, without ``strict_``, and named ones as patterns.

    Raises:
        BadQuery: one of them is empty.
    """
    names = [each.strip(_BLANKS).removeprefix("strict_") for each in text.split("||")]
    if not all(names):
        found = "an empty alternative" if any(names) else "an empty text"
        raise BadQuery(
            f"expected a format of dates, got {found}", path, "illegal_argument_exception"
        )
    return tuple(NAMED.get(name, name) for name in names)


def runs_of(pattern: str) -> list[str]:
    """Split a pattern into runs of one letter, quoted texts, and single other characters."""
    return [found[0] for found in _RUN.finditer(pattern)]


def unquoted(run: str) -> str:
    """Return the text that a run stands for, which is no letter."""
    return run if not run.startswith("'") or run == "'" else (run[1:-1].replace("''", "'") or "'")
