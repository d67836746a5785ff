"""A record in the tables and feeds of several pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from buildhub_schema.products import product_title

from kinto_buildhub.catalog.columns import COLUMNS
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.pages.texts import web_address
from kinto_buildhub.catalog.paths import record_path

URL = "download.url"
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
    fields = ("id", *(column.field for column in COLUMNS))
    rows = [
        (*(field_value(record, field) for field in fields), download_address(record))
        for record in records
    ]
    return Table((*fields, URL), rows)


def record_title(record: Mapping[str, Any]) -> str:
    """Return what a record is of, in a line; the ID of one that does not say."""
    product, *others = (field_text(record, field) for field in _NAMES)
    names = [name for name in (product_title(product), *others) if name]
    return " ".join(names) or str(record.get("id"))


def download_address(record: Mapping[str, Any]) -> str:
    """Return the address of a record's file as HTTP clients take it; what is none, as it is."""
    url = field_text(record, URL)
    return web_address(url) or url


def is_candidate(record: Mapping[str, Any]) -> bool:
    """Return whether a build was only staged for a release; old records say so by their address."""
    if field_value(record, "target.candidate") is not None:
        return True
    return "-candidates/" in field_text(record, URL)


def record_entry(record: Mapping[str, Any]) -> Entry:
    """Return a record as an entry of a feed."""
    return Entry(
        title=record_title(record),
        updated=field_text(record, "download.date"),
        path=record_path(str(record.get("id"))),
        summary=download_address(record),
    )
