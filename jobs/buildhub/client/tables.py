"""Records as a table of PyArrow, pandas or Polars: a column a field, with its type.

Columns are called as fields are in filters and in CSV: ``target.version``. Texts are texts, build
IDs too; times are timestamps in UTC, sizes and other numbers 64-bit integers. What a record does
not say is null. The libraries are loaded when a table is made.
"""

import importlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from buildhub_schema.fields import FIELDS, Kind

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Document = Mapping[str, Any]
"""A record as the server has it."""

# Of the server, besides the fields.
_NUMBERS = ("last_modified", "schema")

# So many records are in memory as Python's values.
_RECORDS_PER_BATCH = 10_000

_EXTRAS = {"pyarrow": "arrow", "pandas": "pandas", "polars": "polars"}


class TableBuilder:
    """Makes a table of records that come one by one.

    Raises:
        ImportError: PyArrow is not installed.
    """

    def __init__(self) -> None:
        self._arrow = load("pyarrow")
        types = {
            Kind.KEYWORD: self._arrow.string(),
            Kind.LONG: self._arrow.int64(),
            Kind.DATE: self._arrow.timestamp("ms", tz="UTC"),
        }
        self._schema = self._arrow.schema(
            [
                ("id", self._arrow.string()),
                *((field.name, types[field.kind]) for field in FIELDS),
                *((name, self._arrow.int64()) for name in _NUMBERS),
            ]
        )
        self._documents: list[Document] = []
        self._batches: list[Any] = []

    def add(self, document: Document) -> None:
        """Add a record."""
        self._documents.append(document)
        if len(self._documents) == _RECORDS_PER_BATCH:
            self._flush()

    def finish(self) -> "pyarrow.Table":
        """Return the table of all."""
        self._flush()
        return self._arrow.Table.from_batches(self._batches, self._schema)

    def _flush(self) -> None:
        columns = [
            [each["id"] for each in self._documents],
            *(
                [_value(each, field.name, field.kind) for each in self._documents]
                for field in FIELDS
            ),
            *([each.get(name) for each in self._documents] for name in _NUMBERS),
        ]
        arrays = [
            self._arrow.array(values, field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        self._batches.append(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._documents.clear()


def to_arrow(documents: Iterable[Document]) -> "pyarrow.Table":
    """Return records as a table of PyArrow; `ImportError` without it."""
    builder = TableBuilder()
    for document in documents:
        builder.add(document)
    return builder.finish()


def to_pandas(table: "pyarrow.Table") -> "pandas.DataFrame":
    """Return a table as a data frame of pandas, with Arrow's types, which know null."""
    return table.to_pandas(types_mapper=load("pandas").ArrowDtype)


def to_polars(table: "pyarrow.Table") -> "polars.DataFrame":
    """Return a table as a data frame of Polars."""
    frame: polars.DataFrame = load("polars").from_arrow(table)
    return frame


def load(package: str) -> Any:
    """Return a library.

    Raises:
        ImportError: it is not installed; the message says what to install.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as exc:
        raise ImportError(
            f"a table needs {package}: install buildhub[{_EXTRAS[package]}]", name=package
        ) from exc


def _value(document: Document, name: str, kind: Kind) -> Any:
    """Return the value of a field by its dotted name; None if there is none."""
    group, _, leaf = name.partition(".")
    value = document.get(group, {}).get(leaf)
    return datetime.fromisoformat(value) if kind is Kind.DATE and value is not None else value
