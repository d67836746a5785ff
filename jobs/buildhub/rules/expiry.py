"""What the archive deletes by itself: candidates, a year after they were written."""

from datetime import datetime, timedelta
from typing import Any

KEPT_FOR = timedelta(days=365)

_CANDIDATES = "/candidates/"


def may_have_expired(record: dict[str, Any], now: datetime) -> bool:
    """Whether the archive may have deleted the file of a record because its time was over.

    Args:
        record: as it is stored.
        now: with a time zone.
    """
    download = record.get("download")
    if not isinstance(download, dict) or _CANDIDATES not in str(download.get("url")):
        return False
    expires = _moment(download.get("expires"))
    if expires is None:
        written = _moment(download.get("date"))
        expires = None if written is None else written + KEPT_FOR
    return expires is not None and expires <= now


def expiry_change(now: datetime) -> dict[str, Any]:
    """Return what to change of a record whose file was found gone: a JSON merge patch."""
    return {"download": {"expired": f"{now:%Y-%m-%dT%H:%M:%SZ}"}}


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
