"""Rows of an inventory: CSV without a header, one file of the archive a row.

The object store writes every value in quotes, and then values are what lies between two quotes.
Finding that is several times quicker than parsing CSV, and inventories are long; so a block of rows
that has this form, to the last quote, is cut up, and from the first that has not on it is parsed.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

from isal import igzip, isal_zlib

from buildhub.errors import BadInventory
from buildhub.inventory.manifest import COLUMNS

# A few milliseconds of work.
_BLOCK_BYTES = 2**18

_PARSED_AT_A_TIME = 1000

# A key has 1,024 bytes at most, three times that when it is encoded. Far beyond, and below what
# Python's parser takes for one value.
_LONGEST_LINE_BYTES = 2**16

_GZIP_MAGIC = b"\x1f\x8b"

_DAMAGE: tuple[Any, ...] = (  # The stubs take an exception's class for an exception.
    EOFError,
    csv.Error,
    igzip.BadGzipFile,
    isal_zlib.error,
)


class Rows(NamedTuple):
    """Some rows, column by column: what stands in one place of each is one row's.

    Attributes:
        md5s: in base64, "" where the store has none; empty where there is no such column.
    """

    keys: list[str]
    sizes: list[str]
    modified: list[str]
    md5s: Sequence[str] = ()


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


def iter_rows(file: BinaryIO, columns: Columns, *, name: str) -> Iterator[Rows]:
    """Yield the rows, about a thousand at a time.

    Rows with another number of columns are left out, and reported at the end, so that one of them
    does not cost the others.

    Args:
        file: CSV, gzipped or not.
        columns: how many there are.
        name: of the part, for messages.

    Raises:
        BadInventory: the data ends early or is damaged, or rows are of another width. Names the
            part, the line, what was expected and what came. Comes after all that could be read.
    """
    width = columns.count
    line, odd_count, first_odd = 0, 0, ""
    blocks = _iter_blocks(file)
    try:
        for block in blocks:
            rows = _cut(block, columns)
            if rows is None:
                blocks = chain([block], blocks)
                break
            line += len(rows.keys)
            yield rows
        for parsed in _iter_parsed(blocks):
            odd = [place for place, row in enumerate(parsed) if len(row) != width]
            if odd and not odd_count:
                got = len(parsed[odd[0]])
                first_odd = f"line {line + odd[0] + 1}: expected {width} columns, got {got}"
            odd_count += len(odd)
            line += len(parsed)
            yield _in_columns([row for row in parsed if len(row) == width], columns)
    except _DAMAGE as exc:
        message = f"inventory part {name}: damaged after line {line} ({exc})"
        raise BadInventory(message) from exc
    if odd_count:
        more = f" ({odd_count} such lines)" if odd_count > 1 else ""
        raise BadInventory(f"inventory part {name}, {first_odd}{more}")


def _iter_blocks(file: BinaryIO) -> Iterator[str]:
    """Yield the text in blocks that end with a line, but for the last one.

    What is not UTF-8 is no build; it must not cost the rows around it. And where the data breaks
    off, the line in which that happens is not to be trusted.
    """
    buffered = io.BufferedReader(file)  # type: ignore[type-var]
    packed = buffered.peek(2)[:2] == _GZIP_MAGIC
    stream = igzip.IGzipFile(fileobj=buffered) if packed else buffered
    rest = b""
    while data := stream.read(_BLOCK_BYTES):
        lines, newline, rest = (rest + data).rpartition(b"\n")
        if newline:
            yield str(_without_long_lines(lines) + newline, "utf-8", "replace")
        # As much of a line that never ends as shows that it is too long.
        rest = rest[: _LONGEST_LINE_BYTES + 1]
    if rest:
        yield str(_without_long_lines(rest) or b"\n", "utf-8", "replace")


def _without_long_lines(lines: bytes) -> bytes:
    """Empty the lines that are no rows for their length alone; the others keep their places."""
    start = 0
    # A jump from line to line, as far as one may reach.
    while len(lines) - start > _LONGEST_LINE_BYTES:
        start = lines.rfind(b"\n", start, start + _LONGEST_LINE_BYTES + 1) + 1
        if start == 0:
            kept = (
                line if len(line) <= _LONGEST_LINE_BYTES else b"" for line in lines.split(b"\n")
            )
            return b"\n".join(kept)
    return lines


def _cut(block: str, columns: Columns) -> Rows | None:
    """Cut up rows whose values are all in quotes and hold none; None if there is any other."""
    # Every second piece is a value; between two of them there is a comma, or the end of a line.
    pieces = block.split('"')
    step = 2 * columns.count
    count = len(pieces) // step
    regular = (
        len(pieces) == step * count + 1
        and pieces[0] == ""
        and pieces[step::step].count("\n") == count
        and pieces[2::2].count(",") == (columns.count - 1) * count
    )
    if not regular:
        return None
    key, size, modified = (2 * place + 1 for place in (columns.key, columns.size, columns.modified))
    return Rows(pieces[key::step], pieces[size::step], pieces[modified::step])


def _in_columns(rows: list[list[str]], columns: Columns) -> Rows:
    return Rows(
        [row[columns.key] for row in rows],
        [row[columns.size] for row in rows],
        [row[columns.modified] for row in rows],
    )


def _iter_parsed(blocks: Iterable[str]) -> Iterator[list[list[str]]]:
    lines = chain.from_iterable(io.StringIO(block, newline="") for block in blocks)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines):
            rows.append(row)
            if len(rows) >= _PARSED_AT_A_TIME:
                yield rows
                rows = []
    except _DAMAGE:
        yield rows
        raise
    if rows:
        yield rows
