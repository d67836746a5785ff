"""Values that the database or Kinto's answers cannot hold are refused before they are written."""

from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions

# The IDs of a bucket, a collection and a record together are part of index entries, which have at
# most 2,704 bytes in PostgreSQL. Kinto's IDs are ASCII.
MAX_ID_LENGTH = 512

# From the year 1: a Last-Modified header holds no earlier one. The last year that it could hold,
# 9999, is left out: each change comes after the list's latest one, and needs room.
MIN_TIMESTAMP_MS = -62_135_596_800_000
MAX_TIMESTAMP_MS = 253_370_764_799_999


class CheckedWrites:
    """Mixin for Kinto's storage: what it cannot hold is answered with status 400, not 500."""

    def create(self, resource_name: str, parent_id: str, *args: Any, **kw: Any) -> Any:
        """See Kinto's storage."""
        obj = kw["obj"] if "obj" in kw else args[0]
        _check(obj)
        _require(find_id_error(obj.get("id")))
        return super().create(resource_name, parent_id, *args, **kw)  # type: ignore[misc]

    def update(self, resource_name: str, parent_id: str, *args: Any, **kw: Any) -> Any:
        """See Kinto's storage."""
        _check(kw["obj"] if "obj" in kw else args[1])
        return super().update(resource_name, parent_id, *args, **kw)  # type: ignore[misc]

    def delete(self, resource_name: str, parent_id: str, *args: Any, **kw: Any) -> Any:
        """See Kinto's storage."""
        _require(find_timestamp_error(kw.get("last_modified")))
        return super().delete(resource_name, parent_id, *args, **kw)  # type: ignore[misc]


def find_timestamp_error(last_modified: Any) -> str | None:
    """Return what is wrong with a given timestamp; None if it, or its absence, is fine."""
    if last_modified is None:
        return None
    is_whole = isinstance(last_modified, int) and not isinstance(last_modified, bool)
    if is_whole and MIN_TIMESTAMP_MS <= last_modified <= MAX_TIMESTAMP_MS:
        return None
    return (
        f"last_modified: expected whole milliseconds of the years 1 to 9998, got {last_modified!r}"
    )


def find_id_error(object_id: Any) -> str | None:
    """Return what is wrong with the ID of a new object; None if nothing is."""
    if isinstance(object_id, str) and len(object_id) > MAX_ID_LENGTH:
        return f"id: expected at most {MAX_ID_LENGTH} characters, got {len(object_id)}"
    return None


def _check(obj: Any) -> None:
    _require(find_timestamp_error(obj.get("last_modified")))
    if _holds_null_character(obj):
        _require("Invalid character 0x00: no text may hold it.")


def _holds_null_character(obj: Any) -> bool:
    """As Kinto's own function, which calls itself too often for a deep object."""
    waiting = [obj]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "\x00" in value:
                return True
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value
    return False


def _require(error: str | None) -> None:
    if error is not None:
        raise http_error(
            httpexceptions.HTTPBadRequest(),
            errno=ERRORS.INVALID_PARAMETERS,
            message=error,
        )
