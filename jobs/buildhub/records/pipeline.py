"""Inventories, part after part, from their bytes to records."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import BinaryIO, Protocol, TypeVar

import structlog

from buildhub.aio.streams import map_ordered
from buildhub.counts.read import ReadCounts
from buildhub.errors import BadInventory
from buildhub.inventory.manifest import Manifest
from buildhub.inventory.parts import Inventories, PartFile
from buildhub.inventory.report_rows import iter_report_rows
from buildhub.inventory.rows import Columns, Rows, iter_rows
from buildhub.records.recognise import Recogniser
from buildhub.rules.build_file import BuildFile

log = structlog.get_logger(__name__)

DAMAGED = "damaged-inventory-part"

# Builds whose metadata is looked for one after another: about a folder's, which share it. So the
# number of such pieces under way is about the number of folders that are asked about.
_BUILDS_PER_PIECE = 100

Made = TypeVar("Made")


class Derives(Protocol[Made]):
    """Makes something of each build, as :class:`buildhub.records.derive.Deriver` makes records."""

    async def derive(self, builds: list[BuildFile], read_counts: ReadCounts) -> list[Made]:
        """Return what becomes of *builds*, in their order."""


async def derive_inventories(
    inventories: Inventories,
    recogniser: Recogniser,
    deriver: Derives[Made],
    read_counts: ReadCounts,
    *,
    parallel: int,
) -> AsyncGenerator[list[Made], None]:
    """Do as :func:`derive_part`, for all parts of *inventories*."""
    row_counts: Counter[str] = Counter()
    async with aclosing(inventories.iter_files(read_counts)) as files:
        async for part in files:
            before = read_counts.rows
            with part.path.open("rb", buffering=0) as file:
                rows = _open_rows(part, file, read_counts)
                pieces = _derive_rows(
                    rows, recogniser, deriver, read_counts, name=part.name, parallel=parallel
                )
                async with aclosing(pieces):
                    async for made in pieces:
                        yield made
            row_counts[part.manifest.key] += read_counts.rows - before
    for manifest in inventories.manifests:
        _check_row_count(manifest, row_counts[manifest.key], read_counts)


async def derive_part(
    file: BinaryIO,
    columns: Columns,
    recogniser: Recogniser,
    deriver: Derives[Made],
    read_counts: ReadCounts,
    *,
    name: str,
    parallel: int,
) -> AsyncGenerator[list[Made], None]:
    """Yield what *deriver* makes of one part's builds, in the order of its rows.

    What is damaged is logged and counted into *read_counts*; what could be read of it is yielded.

    Args:
        file: CSV, gzipped or not.
        columns: where in a row the values stand.
        recogniser: which builds are wanted.
        deriver: makes their records, or what else is wanted of them.
        read_counts: is filled while rows are read.
        name: of the part, for messages.
        parallel: how many folders' metadata may be looked for at a time.

    Raises:
        ArchiveDown: metadata cannot be had any more.
    """

    rows = _csv_rows(file, columns, read_counts, name)
    pieces = _derive_rows(rows, recogniser, deriver, read_counts, name=name, parallel=parallel)
    async with aclosing(pieces):
        async for made in pieces:
            yield made


async def _derive_rows(
    rows: Iterator[Rows],
    recogniser: Recogniser,
    deriver: Derives[Made],
    read_counts: ReadCounts,
    *,
    name: str,
    parallel: int,
) -> AsyncGenerator[list[Made], None]:
    async def derive(builds: list[BuildFile]) -> list[Made]:
        return await deriver.derive(builds, read_counts)

    rows = _as_far_as_readable(rows, read_counts, name)
    builds = (recogniser.recognise(some, read_counts, name=name) for some in rows)
    pieces = _iter_pieces(builds)
    async with aclosing(map_ordered(derive, pieces, limit=parallel)) as pieces_derived:
        async for derived in pieces_derived:
            yield derived


def _open_rows(part: PartFile, file: BinaryIO, read_counts: ReadCounts) -> Iterator[Rows]:
    if part.columns is None:
        return iter_report_rows(part.path, name=part.name)
    return _csv_rows(file, part.columns, read_counts, part.name)


def _csv_rows(
    file: BinaryIO, columns: Columns, read_counts: ReadCounts, name: str
) -> Iterator[Rows]:
    counted = io.BufferedReader(_Counted(file, read_counts), 2**17)
    return iter_rows(counted, columns, name=name)


def _check_row_count(manifest: Manifest, row_count: int, read_counts: ReadCounts) -> None:
    """Count and log a report with another number of rows than its manifest says.

    It has no checksums, so nothing else shows that the end of a shard is missing.
    """
    if manifest.row_count is not None and row_count < manifest.row_count:
        read_counts.note_unsettled(manifest.key, DAMAGED)
        missing = f"{manifest.row_count} rows, got {row_count}"
        log.error("inventory_rows_missing", manifest=manifest.key, expected=missing)


async def _iter_pieces(builds: Iterator[list[BuildFile]]) -> AsyncIterator[list[BuildFile]]:
    waiting: list[BuildFile] = []
    for some in builds:
        waiting += some
        while len(waiting) >= _BUILDS_PER_PIECE:
            yield waiting[:_BUILDS_PER_PIECE]
            waiting = waiting[_BUILDS_PER_PIECE:]
        # Where no build is in sight for long, requests get their turn all the same.
        await asyncio.sleep(0)
    if waiting:
        yield waiting


def _as_far_as_readable(rows: Iterator[Rows], read_counts: ReadCounts, name: str) -> Iterator[Rows]:
    try:
        yield from rows
    except BadInventory as exc:
        read_counts.note_unsettled(name, DAMAGED)
        log.error("inventory_part_damaged", error=str(exc))


class _Counted(io.RawIOBase):
    """A file that counts how much of it was read."""

    def __init__(self, file: BinaryIO, read_counts: ReadCounts) -> None:
        self._file = file
        self._tally = read_counts

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._tally.bytes_read += len(data)
        return len(data)
