"""A record in the tables and feeds of several pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from kinto_buildhub.catalog.pages.page import Entry
from kinto_buildhub.catalog.paths import record_path

_NAMES = ("source.product", "target.version", "target.platform", "target.locale")


def field_value(record: Mapping[str, Any], field: str) -> Any:
    """Return the value of a field, such as ``target.version``; None if it has none."""
    value: Any = record
    for name in field.split("."):
        if not isinstance(value, dict):  # A check for any mapping takes five times as long.
            return None
        value = value.get(name)
    return value


def field_text(record: Mapping[str, Any], field: str) -> str:
    """Return the value of a field as text; "" if it has none."""
    value = field_value(record, field)
    return "" if value is None else str(value)


def record_row(record: Mapping[str, Any], fields: Sequence[str]) -> tuple[Any, ...]:
    """Return the values of a record's fields, None for those that it lacks."""
    return tuple(field_value(record, field) for field in fields)


def record_title(record: Mapping[str, Any]) -> str:
    """Return what a record is of, in a line; the ID of one that does not say."""
    product, *others = (field_text(record, field) for field in _NAMES)
    names = [name for name in (product.capitalize(), *others) if name]
    return " ".join(names) or str(record.get("id"))


def is_candidate(record: Mapping[str, Any]) -> bool:
    """Return whether a build was only staged for a release; old records say so by their address."""
    if field_value(record, "target.candidate") is not None:
        return True
    return "-candidates/" in field_text(record, "download.url")


def record_entry(record: Mapping[str, Any]) -> Entry:
    """Return a record as an entry of a feed."""
    return Entry(
        title=record_title(record),
        updated=field_text(record, "download.date"),
        path=record_path(str(record.get("id"))),
        summary=field_text(record, "download.url"),
    )
