"""The formats of an export. Each writes records one by one, in constant memory.

What a field is comes from the table of fields. Build IDs stay text, and the same records make the
same bytes.
"""

import csv
import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from buildhub_schema.fields import FIELDS, Field, Kind, iter_groups
from buildhub_schema.text.cells import safe_cell

from buildhub.errors import ConfigError
from buildhub.export.documents import Document, field_value

Write = Callable[[Document], None]

_GZIP_LEVEL = 6
# Records in a row group of Parquet: readers skip groups by their statistics, and a group is what is
# in memory.
_GROUP_RECORDS = 20_000

# Of the server, besides the fields.
_NUMBERS = ("last_modified", "schema")


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        name: on the command line.
        file_name: of the export.
        open: yields a function that writes a record; the context's end completes the file.
    """

    name: str
    file_name: str
    open: Callable[[Path], AbstractContextManager[Write]]


@contextmanager
def open_ndjson(path: Path) -> Iterator[Write]:
    """Write a record a line, as the server has it, gzipped."""
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as file:

        def write(document: Document) -> None:
            file.write(orjson.dumps(document) + b"\n")

        yield write


@contextmanager
def _open_csv(path: Path) -> Iterator[Write]:
    names = ["id", *(field.name for field in FIELDS), *_NUMBERS]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)

        def write(document: Document) -> None:
            writer.writerow(safe_cell(field_value(document, name)) for name in names)

        yield write


@contextmanager
def _open_parquet(path: Path) -> Iterator[Write]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as exc:
        raise ConfigError("Parquet needs PyArrow: install buildhub[export]") from exc
    schema = _arrow_schema(pyarrow)
    rows: list[Document] = []
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))
            rows.clear()

        def write(document: Document) -> None:
            rows.append(_with_times(document))
            if len(rows) == _GROUP_RECORDS:
                flush()

        yield write
        flush()


FORMATS = {
    each.name: each
    for each in (
        Format("ndjson", "builds.ndjson.gz", open_ndjson),
        Format("csv", "builds.csv", _open_csv),
        Format("parquet", "builds.parquet", _open_parquet),
    )
}


def _arrow_schema(pyarrow: Any) -> Any:
    types = {
        Kind.KEYWORD: pyarrow.string(),
        Kind.LONG: pyarrow.int64(),
        Kind.DATE: pyarrow.timestamp("s", tz="UTC"),
    }

    def struct(fields: Iterable[Field]) -> Any:
        return pyarrow.struct([(field.leaf, types[field.kind]) for field in fields])

    groups = [(name, struct(fields)) for name, fields in iter_groups()]
    numbers = [(name, pyarrow.int64()) for name in _NUMBERS]
    return pyarrow.schema([("id", pyarrow.string()), *groups, *numbers])


def _with_times(document: Document) -> Document:
    """Return a record with times in place of their texts."""
    changed = dict(document)
    for field in FIELDS:
        if field.kind is Kind.DATE and (text := field_value(document, field.name)) is not None:
            group = field.name.split(".", 1)[0]
            changed[group] = {**changed[group], field.leaf: datetime.fromisoformat(text)}
    return changed
