"""Rows of an inventory report's shard: CSV in any of its dialects, or Parquet."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from buildhub.errors import BadInventory, ConfigError
from buildhub.inventory.rows import Rows

FIELDS = (
    *("project", "bucket", "name", "location", "size", "timeCreated", "timeDeleted", "updated"),
    *("storageClass", "etag", "retentionExpirationTime", "crc32c", "md5Hash", "generation"),
    *("metageneration", "contentType", "contentEncoding", "timeStorageClassUpdated"),
)
"""Of a report that names no others, in their order; CSV without a header has these."""

_NEEDED = ("name", "size", "updated")
_WANTED = (*_NEEDED, "md5Hash", "timeDeleted")
_DELIMITERS = ",;|\t"
_ROWS_AT_A_TIME = 1000
_PARQUET_MAGIC = b"PAR1"


def iter_report_rows(path: Path, *, name: str) -> Iterator[Rows]:
    """Yield the rows, about a thousand at a time; those of deleted objects have no key.

    Args:
        path: of the shard.
        name: where it came from, for messages.

    Raises:
        BadInventory: it is damaged, or lacks columns. Comes after all that could be read.
        ConfigError: it is Parquet, and the library for that is not installed.
    """
    with path.open("rb") as file:
        is_parquet = file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
    pieces = _iter_parquet(path, name) if is_parquet else _iter_csv(path, name)
    for piece in pieces:
        yield _rows(piece)


def _iter_csv(path: Path, name: str) -> Iterator[dict[str, Sequence[str]]]:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        first = file.readline(2**16)
        columns, delimiter, has_header = _find_columns(first, name)
        rest = file if has_header else _Chained(first, file)
        rows = csv.reader(rest, delimiter=delimiter)
        width, line = len(columns), int(has_header)
        places = {column: columns.index(column) for column in _WANTED if column in columns}
        try:
            while some := list(islice(rows, _ROWS_AT_A_TIME)):
                odd = next((n for n, row in enumerate(some) if len(row) != width), None)
                whole = some if odd is None else some[:odd]
                yield {column: [row[place] for row in whole] for column, place in places.items()}
                if odd is not None:
                    got = f"expected {width} columns, got {len(some[odd])}"
                    raise BadInventory(f"inventory part {name}, line {line + odd + 1}: {got}")
                line += len(some)
        except csv.Error as exc:
            raise BadInventory(f"inventory part {name}: damaged after line {line} ({exc})") from exc


class _Chained(Iterator[str]):
    """The first line again, and the rest of a file."""

    def __init__(self, first: str, file: io.TextIOBase | Any) -> None:
        self._first: str | None = first
        self._file = file

    def __next__(self) -> str:
        line, self._first = self._first, None
        return next(self._file) if line is None else line


def _find_columns(first: str, name: str) -> tuple[Sequence[str], str, bool]:
    """Return the columns, the delimiter, and whether *first*, the first line, is a header."""
    for delimiter in _DELIMITERS:
        values = next(csv.reader([first], delimiter=delimiter), [])
        if set(_NEEDED) <= set(values):
            return values, delimiter, True
        if len(values) == len(FIELDS):
            return FIELDS, delimiter, False
    raise BadInventory(
        f"inventory part {name}: expected a header with {', '.join(_NEEDED)}, or the "
        f"{len(FIELDS)} columns of a report that names none, got {first[:80]!r}"
    )


def _iter_parquet(path: Path, name: str) -> Iterator[dict[str, Sequence[Any]]]:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as exc:
        raise ConfigError(f"{name}: reading Parquet needs `pip install buildhub[export]`") from exc
    try:
        with ParquetFile(path) as file:
            columns = file.schema_arrow.names
            missing = [column for column in _NEEDED if column not in columns]
            if missing:
                raise BadInventory(f"inventory part {name}: lacks {', '.join(missing)}")
            wanted = [column for column in _WANTED if column in columns]
            for batch in file.iter_batches(_ROWS_AT_A_TIME, columns=wanted):
                yield batch.to_pydict()
    except (pyarrow.ArrowException, OSError) as exc:
        raise BadInventory(f"inventory part {name}: damaged ({exc})") from exc


def _rows(columns: Mapping[str, Sequence[Any]]) -> Rows:
    """Return rows as those of S3's inventories have them: names encoded, values as text."""
    nothing: Sequence[Any] = [None] * len(columns["name"])
    md5s, deleted = columns.get("md5Hash", nothing), columns.get("timeDeleted", nothing)
    found = zip(columns["name"], columns["size"], columns["updated"], md5s, deleted, strict=True)
    rows = Rows([], [], [], hashes := [])
    for name, size, updated, md5, gone in found:
        rows.keys.append("" if gone else _encoded(str(name)))
        rows.sizes.append(str(size))
        rows.modified.append(str(updated))
        hashes.append(md5 or "")
    return rows


def _encoded(name: str) -> str:
    """Return a name as it is decoded later: only these characters are taken for something else."""
    return quote_plus(name, safe="/") if "+" in name or "%" in name else name
