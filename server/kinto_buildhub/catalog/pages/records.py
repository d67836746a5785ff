"""A record in the tables and feeds of several pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from kinto_buildhub.catalog.columns import COLUMNS
from kinto_buildhub.catalog.pages.page import Entry, Table
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


def records_table(records: Iterable[Mapping[str, Any]]) -> Table:
    """Return records as rows: their ID, the columns of the search page, and the address."""
    fields = ("id", *(column.field for column in COLUMNS), "download.url")
    return Table(
        fields, [tuple(field_value(record, field) for field in fields) for record in records]
    )


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
