"""Whole milliseconds since 1970, UTC, and the datetimes that they mean."""

from datetime import UTC, datetime, timedelta, tzinfo

# The first and the last millisecond of the years 1 to 9999.
MIN_MS, MAX_MS = -62_135_596_800_000, 253_402_300_799_999

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(milliseconds: int, zone: tzinfo = UTC) -> datetime:
    """Return the datetime; what lies outside the years 1 to 9999 becomes their first or last."""
    moment = _EPOCH + timedelta(milliseconds=clamp(milliseconds))
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.replace(tzinfo=zone)


def to_milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def clamp(milliseconds: int) -> int:
    """Return the nearest timestamp within the years 1 to 9999."""
    return max(MIN_MS, min(MAX_MS, milliseconds))
