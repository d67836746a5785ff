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
from itertools import islice
from typing import BinaryIO
from urllib.parse import unquote_plus

from buildhub.archive.inventory import COLUMNS
from buildhub.errors import BadInventory

_EXPONENT_FORM = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]+")

# A few milliseconds of work.
_ROWS_AT_A_TIME = 2000

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


def iter_rows(file: BinaryIO, columns: Columns, *, name: str) -> Iterator[list[list[str]]]:
    """Yield the rows, some thousand at a time, each with as many columns as it should have.

    Rows of another width are left out, and told of at the end, so that one of them does not cost
    the others.

    Raises:
        BadInventory: the data ends early or is damaged, or rows are of another width. Names the
            part, the line, what was expected and what came. Comes after all that could be read.
    """
    width = columns.count
    odd_count, first_odd = 0, ""
    reader = open_rows(file)
    line = 0
    some: list[list[str]] = []
    damage: Exception | None = None
    while damage is None:
        some = []
        try:
            # What is read before the damage stays in the list.
            some.extend(islice(reader, _ROWS_AT_A_TIME))
        except (EOFError, zlib.error, gzip.BadGzipFile, csv.Error) as exc:
            damage = exc
        if not some:
            break
        odd = [place for place, row in enumerate(some) if len(row) != width]
        if odd:
            first = f"line {line + odd[0] + 1}: expected {width} columns, got {len(some[odd[0]])}"
            first_odd = first_odd or first
            odd_count += len(odd)
        line += len(some)
        yield [row for row in some if len(row) == width] if odd else some
    if damage is not None:
        message = f"inventory part {name}: damaged after line {line} ({damage})"
        raise BadInventory(message) from damage
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
