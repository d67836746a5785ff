"""Parquet files: a column a group of fields, with times as times and build IDs as text.

Records are turned into Arrow's columns a few at a time, as they take ten times the memory as Python
objects.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from buildhub_schema.fields import FIELDS, Kind

from buildhub.errors import ConfigError
from buildhub.export.documents import Document, Write, field_value

NUMBERS = ("last_modified", "schema")
"""Of the server, besides the fields."""

COLUMNS = ("id", *(field.name for field in FIELDS), *NUMBERS)

_KINDS = {field.name: field.kind for field in FIELDS} | dict.fromkeys(NUMBERS, Kind.LONG)

_BATCH_RECORDS = 1_000
# Records in a row group: readers skip groups by their statistics.
_GROUP_RECORDS = 20_000


@contextmanager
def open_parquet(path: Path, names: Sequence[str] = COLUMNS) -> Iterator[Write]:
    """Yield a function that writes a record.

    Args:
        names: of the fields that are written, those of a group together.

    Raises:
        ConfigError: PyArrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as exc:
        raise ConfigError("Parquet needs PyArrow: install buildhub[export]") from exc
    schema = _arrow_schema(pyarrow, names)
    rows: list[Document] = []
    batches: list[Any] = []
    with (
        _small_pool(pyarrow),
        pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer,
    ):

        def end_batch() -> None:
            batches.append(pyarrow.RecordBatch.from_pylist(rows, schema))
            rows.clear()

        def end_group() -> None:
            writer.write_table(pyarrow.Table.from_batches(batches, schema))
            batches.clear()

        def write(document: Document) -> None:
            rows.append(_with_times(document))
            if len(rows) == _BATCH_RECORDS:
                end_batch()
            if len(batches) * _BATCH_RECORDS == _GROUP_RECORDS:
                end_group()

        yield write
        end_batch()
        end_group()


@contextmanager
def _small_pool(pyarrow: Any) -> Iterator[None]:
    """Let Arrow take its memory from the system, as its own pool keeps 20 MB more at no gain."""
    before = pyarrow.default_memory_pool()
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    try:
        yield
    finally:
        pyarrow.set_memory_pool(before)


def _arrow_schema(pyarrow: Any, names: Sequence[str]) -> Any:
    types = {
        Kind.KEYWORD: pyarrow.string(),
        Kind.LONG: pyarrow.int64(),
        Kind.DATE: pyarrow.timestamp("s", tz="UTC"),
    }
    columns: dict[str, list[Any]] = {}
    for name in names:
        group, _, leaf = name.partition(".")
        columns.setdefault(group, []).append((leaf, types[_KINDS.get(name, Kind.KEYWORD)]))
    return pyarrow.schema(
        [
            (group, fields[0][1] if not fields[0][0] else pyarrow.struct(fields))
            for group, fields in columns.items()
        ]
    )


_TIMES = tuple((*field.name.split("."), field.name) for field in FIELDS if field.kind is Kind.DATE)


def _with_times(document: Mapping[str, Any]) -> Document:
    """Return a record with times in place of their texts."""
    changed = dict(document)
    for group, leaf, name in _TIMES:
        if (text := field_value(document, name)) is not None:
            changed[group] = {**changed[group], leaf: datetime.fromisoformat(text)}
    return changed
