"""The moment in ``?before=``, which may be that of a build ID."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from kinto_buildhub.latest.errors import BadParameter

PARAMETER = "before"

_BUILD_ID = re.compile(r"[0-9]{14}")
_DAY_OR_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))?"
)
_EXPECTED = "a day as 2017-06-01, a moment as 2017-06-01T12:00:00Z, or a build ID of 14 digits"


def read_before(parameters: Mapping[str, str]) -> datetime | None:
    """Return the moment in a query string; None if there is none.

    Raises:
        BadParameter: the moment cannot be read, or there is another parameter.
    """
    for name in parameters:
        if name != PARAMETER:
            raise BadParameter(name, f"no such parameter; {PARAMETER} is the only one")
    return parse_before(parameters[PARAMETER]) if PARAMETER in parameters else None


def parse_before(text: str) -> datetime:
    """Return a moment, in UTC.

    Args:
        text: a day, which means its beginning in UTC, a moment of RFC 3339, or a build ID.

    Raises:
        BadParameter: it is none of them.
    """
    build_id = _BUILD_ID.fullmatch(text)
    if not build_id and not _DAY_OR_MOMENT.fullmatch(text):
        raise _bad(text)
    try:
        moment = datetime.fromisoformat(f"{text[:8]}T{text[8:]}" if build_id else text.upper())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise _bad(text) from exc


def _bad(text: str) -> BadParameter:
    return BadParameter(PARAMETER, f"expected {_EXPECTED}; got {text!r}")
