"""Rows of an inventory: CSV without a header, one file of the archive a row."""

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import unquote_plus

from buildhub.archive.inventory import COLUMNS
from buildhub.errors import BadInventory

_EXPONENT_FORM = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]+")
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row the interesting values stand."""

    count: int
    key: int
    size: int
    modified: int


def find_columns(names: tuple[str, ...] = COLUMNS) -> Columns:
    """Return the places of the columns that we read."""
    return Columns(
        len(names), names.index("Key"), names.index("Size"), names.index("LastModifiedDate")
    )


def open_rows(file: BinaryIO) -> Iterator[list[str]]:
    """Read CSV, gzipped or not, as it comes."""
    peekable = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)  # type: ignore[type-var]
    packed = peekable.peek(2)[:2] == _GZIP_MAGIC
    stream = gzip.GzipFile(fileobj=peekable) if packed else peekable
    # What is not UTF-8 is no build; it must not cost the rows around it.
    return csv.reader(io.TextIOWrapper(stream, "utf-8", errors="replace", newline=""))


def iter_rows(file: BinaryIO, columns: Columns, *, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield key, size and modified time of each row, as text.

    Rows of another width are left out, and told of at the end, so that one of them does not cost
    the others.

    Raises:
        BadInventory: the data ends early or is damaged, or rows are of another width. Names the
            part, the line, what was expected and what came. Comes after all that could be read.
    """
    width, key, size, modified = columns.count, columns.key, columns.size, columns.modified
    odd_count, first_odd = 0, ""
    rows = open_rows(file)
    line = 0
    try:
        for line, row in enumerate(rows, start=1):
            if len(row) != width:
                odd_count += 1
                first_odd = first_odd or f"line {line}: expected {width} columns, got {len(row)}"
                continue
            yield row[key], row[size], row[modified]
    except (EOFError, zlib.error, gzip.BadGzipFile, csv.Error) as exc:
        raise BadInventory(f"inventory part {name}: damaged after line {line} ({exc})") from exc
    if odd_count:
        more = f" ({odd_count} such lines)" if odd_count > 1 else ""
        raise BadInventory(f"inventory part {name}, {first_odd}{more}")


def decode_key(key: str) -> str:
    """Decode a key once, as a form's value: ``+`` is a space, then ``%XX``.

    Some inventories have keys as they are. Those with a space cannot be encoded, and are left.
    """
    return key if " " in key else unquote_plus(key)


def parse_size(text: str) -> int:
    """Read a size in bytes, also one that a spreadsheet wrote as ``2E+10``.

    Raises:
        ValueError: it is no such number.
    """
    if text.isdecimal():
        return int(text)
    size = float(text) if _EXPONENT_FORM.fullmatch(text) else math.inf
    if size == math.inf:
        raise ValueError(f"size {text!r}: expected a number of bytes")
    return int(size)


def parse_modified(text: str) -> datetime:
    """Read a moment in UTC, as ``2018-08-08T09:31:05.000Z``.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
