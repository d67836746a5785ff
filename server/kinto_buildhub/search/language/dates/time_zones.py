"""Time zones: offsets such as ``+02:00``, and names such as ``Europe/Berlin``."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from kinto_buildhub.search.errors import BadQuery

_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?", re.ASCII)
_MAX_OFFSET_MINUTES = 18 * 60  # Java's limit.


def parse_time_zone(text: str | None, path: str) -> tzinfo:
    """Return the time zone; None is UTC.

    Raises:
        BadQuery: it is neither an offset nor a known name.
    """
    if text is None or text in ("Z", "UTC", "utc"):
        return UTC
    if offset := _OFFSET.fullmatch(text):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes < _MAX_OFFSET_MINUTES:
            return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise BadQuery(
            f"expected a time zone such as '+02:00' or 'Europe/Berlin', got {text[:60]!r}", path
        ) from None
