"""The parts of the inventories as files in a folder, made once, on all processors when it pays."""

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
"""The server's threads make forking unsafe."""

_PARTS_WORTH_A_POOL = 12
"""Starting a worker takes as long as making a few parts."""


class Stopped(Exception):
    """Somebody no longer wants the parts that are being made."""


@dataclass(frozen=True, slots=True)
class Part:
    """One gzipped CSV file, as the manifest tells of it.

    Attributes:
        key: in the inventories' bucket, without the ``public/`` in front.
        size: in bytes, packed.
        md5: of the packed bytes, in hexadecimal.
    """

    key: str
    path: Path
    size: int
    md5: str


def part_keys(archive: SampleArchive, inventory: Inventory) -> list[str]:
    """Return the keys of all parts, in the order of their rows, without making them."""
    count = len(parts_of(archive, inventory))
    return [_part_key(inventory, archive.size.name, number) for number in range(count)]


def make_stop() -> Event:
    """Return what makes `write_parts` stop, in all of its processes, when set."""
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

    Parts that are there already are taken as they are: they are written under another name first,
    so that one which is there is whole.

    Args:
        most_workers: how many processes may work at once; as many as processors by default.
        stop: from `make_stop`.

    Raises:
        Stopped: *stop* was set before the last part was there.
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
    """Prepare a process of the pool. Events reach it at its start, and in no other way."""
    global _worker_stop
    _worker_stop = stop
    # Ctrl-C reaches every process of a terminal; it is the server that stops its workers.
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
    """Write *blocks* so that nobody ever finds half of them at *path*."""
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
