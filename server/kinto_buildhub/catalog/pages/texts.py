"""Values as people read them."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from buildhub_schema.text.addresses import encode_address

# Without both slashes, browsers see a path, or the name of another host.
_WEB = re.compile(r"https?://", re.IGNORECASE)

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def readable_size(size_bytes: object) -> str:
    """Return a number of bytes with three digits: ``86.2 MB``; "" if it is none."""
    if not isinstance(size_bytes, int) or isinstance(size_bytes, bool) or size_bytes < 0:
        return ""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    size = float(size_bytes)
    for unit in _UNITS[1:]:
        size /= 1000
        # 999.5 would be shown as 1000.
        if size < 999.5 or unit == _UNITS[-1]:
            break
    digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{size:,.{digits}f} {unit}"


def readable_day(moment: object) -> str:
    """Return the day of an RFC 3339 moment in UTC: ``28 Oct 2016``; what is none as it is."""
    parsed = _parse(moment)
    return f"{parsed:%-d %b %Y}" if parsed else _text(moment)


def readable_moment(moment: object) -> str:
    """Return an RFC 3339 moment to the second: ``2016-10-28 00:56:42 UTC``."""
    parsed = _parse(moment)
    if parsed is None:
        return _text(moment)
    return parsed.replace(tzinfo=None).isoformat(" ", "seconds") + " UTC"


def readable_number(number: object) -> str:
    """Return a number with its thousands grouped: ``24,473``; what is none as it is."""
    return f"{number:,}" if isinstance(number, int) else _text(number)


def web_address(url: object) -> str:
    """Return an address that a page may link to: one of http or https; "" for all others.

    It is percent-encoded: records have spaces, as the archive's listings do, which curl and urllib
    refuse. What is encoded already stays, so doing it twice changes nothing.
    """
    text = _text(url)
    # Python leaves out spaces and control characters in front, which encoding keeps.
    if not _WEB.match(text):
        return ""
    try:
        host = urlsplit(text).hostname
    except ValueError:  # Brackets that are no IPv6 address.
        return ""
    return encode_address(text) if host else ""


def _parse(moment: object) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(_text(moment))
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
