"""A record in the tables and feeds of several pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from kinto_buildhub.catalog.pages.page import Entry


def field_value(record: Mapping[str, Any], field: str) -> Any:
    """Return the value of a field, such as ``target.version``; None if it has none."""
    value: Any = record
    for name in field.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def record_row(record: Mapping[str, Any], fields: Sequence[str]) -> tuple[Any, ...]:
    """Return the values of a record's fields, None for those that it lacks."""
    return tuple(field_value(record, field) for field in fields)


def record_entry(record: Mapping[str, Any]) -> Entry:
    """Return a record as an entry of a feed."""
    source, target = record["source"], record["target"]
    names = (source["product"], target["version"], target["platform"], target["locale"])
    return Entry(
        id=record["id"],
        title=" ".join(names),
        updated=record["download"]["date"],
        path=f"/catalog/records/{record['id']}",
        summary=record["download"]["url"],
    )
