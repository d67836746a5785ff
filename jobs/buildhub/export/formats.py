"""The formats of an export. Each writes records one by one, in constant memory.

What a field is comes from the table of fields. Build IDs stay text, and the same records make the
same bytes.
"""

import csv
import gzip
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from buildhub_schema.text.cells import safe_cell

from buildhub.export.documents import Document, Write, field_value
from buildhub.export.parquet import COLUMNS, open_parquet

_GZIP_LEVEL = 6


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
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)

        def write(document: Document) -> None:
            writer.writerow(safe_cell(field_value(document, name)) for name in COLUMNS)

        yield write


FORMATS = {
    each.name: each
    for each in (
        Format("ndjson", "builds.ndjson.gz", open_ndjson),
        Format("csv", "builds.csv", _open_csv),
        Format("parquet", "builds.parquet", open_parquet),
    )
}
