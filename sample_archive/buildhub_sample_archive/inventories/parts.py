"""Writes the parts of inventories to a folder, in several processes if there are many."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import file_digest
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import UUID

from buildhub_sample_archive import made_up
from buildhub_sample_archive.archive import SampleArchive
from buildhub_sample_archive.inventories.inventory import (
    INVENTORIES,
    Inventory,
    Unit,
    gzipped,
    iter_rows,
    parts_of,
)

_CONTEXT = multiprocessing.get_context("spawn")
"""Forking is unsafe in a server with threads."""

_PARTS_WORTH_A_POOL = 12
"""Starting a process takes as long as writing a few parts."""


class Stopped(Exception):
    """The parts are no longer wanted."""


@dataclass(frozen=True, slots=True)
class Part:
    """One gzipped CSV file, as listed in the manifest.

    Attributes:
        key: in the inventories' bucket, without the ``public/`` at the start.
        size: of the gzipped file, in bytes.
        md5: of the gzipped file, in hexadecimal.
    """

    key: str
    path: Path
    size: int
    md5: str


def part_keys(archive: SampleArchive, inventory: Inventory) -> list[str]:
    """Return the keys of all parts, in the order of their rows, without writing them."""
    count = len(parts_of(archive, inventory))
    return [_part_key(inventory, archive.size.name, number) for number in range(count)]


def make_stop() -> Event:
    """Return an event that stops `write_parts` in all of its processes when set."""
    return _CONTEXT.Event()


def write_parts(
    size: str,
    inventory_name: str,
    folder: Path,
    *,
    most_workers: int | None = None,
    stop: Event | None = None,
) -> list[Part]:
    """Write every part of an inventory into *folder*, and return them in the order of their rows.

    Existing parts are kept. Parts are written under another name first, so existing ones are
    complete.

    Args:
        most_workers: maximum number of processes; by default the number of processors.
        stop: from `make_stop`.

    Raises:
        Stopped: *stop* was set before the last part was written.
    """
    stop = stop or make_stop()
    count = len(parts_of(_archive(size), INVENTORIES[inventory_name]))
    jobs = [(size, inventory_name, number, folder) for number in range(count)]
    most_workers = most_workers or os.cpu_count() or 1
    if count < _PARTS_WORTH_A_POOL or most_workers == 1:
        return [_write_part(job, stop) for job in jobs]
    with ProcessPoolExecutor(
        most_workers, _CONTEXT, initializer=_start_worker, initargs=(stop,)
    ) as workers:
        return list(workers.map(_write_part, jobs))


_worker_stop: Event | None = None


def _start_worker(stop: Event) -> None:
    """Initialize a process of the pool; the event can only be passed when it starts."""
    global _worker_stop
    _worker_stop = stop
    # Ctrl-C reaches every process of a terminal, but the server stops its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@lru_cache(maxsize=2)
def _archive(size: str) -> SampleArchive:
    return SampleArchive(size)


@lru_cache(maxsize=4)
def _units_by_part(size: str, inventory_name: str) -> list[list[Unit]]:
    return parts_of(_archive(size), INVENTORIES[inventory_name])


def _write_part(job: tuple[str, str, int, Path], stop: Event | None = None) -> Part:
    size, inventory_name, number, folder = job
    inventory = INVENTORIES[inventory_name]
    key = _part_key(inventory, size, number)
    path = folder / key
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = iter_rows(inventory, _units_by_part(size, inventory_name)[number])
        _write_whole(path, gzipped(rows), stop or _worker_stop)
    return Part(key, path, path.stat().st_size, _md5_of(path))


def _write_whole(path: Path, blocks: Iterator[bytes], stop: Event | None) -> None:
    """Write *blocks* to *path* atomically."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            for block in blocks:
                if stop is not None and stop.is_set():
                    raise Stopped(f"{path.name} is no longer wanted")
                file.write(block)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _part_key(inventory: Inventory, size: str, number: int) -> str:
    name = UUID(int=made_up.number(inventory.name, size, number) << 64 | number)
    return f"{inventory.prefix}data/{name}.csv.gz"


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "md5").hexdigest()
