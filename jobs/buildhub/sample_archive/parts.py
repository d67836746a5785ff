"""The parts of the inventories as files in a folder, made once, on all processors when it pays."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from uuid import UUID

from . import made_up
from .archive import SampleArchive
from .inventory import INVENTORIES, Inventory, Unit, gzipped, iter_rows, parts_of

_PARTS_WORTH_A_POOL = 12
"""Starting a worker takes as long as making a few parts."""


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


def write_parts(
    size: str, inventory_name: str, folder: Path, *, most_workers: int | None = None
) -> list[Part]:
    """Write every part of an inventory into *folder*, and return them in the order of their rows.

    Parts that are there already are taken as they are: they are written under another name first,
    so that one which is there is whole.

    Args:
        most_workers: how many processes may work at once; as many as processors by default.
    """
    count = len(parts_of(_archive(size), INVENTORIES[inventory_name]))
    jobs = [(size, inventory_name, number, folder) for number in range(count)]
    most_workers = most_workers or os.cpu_count() or 1
    if count < _PARTS_WORTH_A_POOL or most_workers == 1:
        return [_write_part(job) for job in jobs]
    workers = ProcessPoolExecutor(most_workers, multiprocessing.get_context("spawn"))
    with workers:
        return list(workers.map(_write_part, jobs))


@lru_cache(maxsize=2)
def _archive(size: str) -> SampleArchive:
    return SampleArchive(size)


@lru_cache(maxsize=4)
def _units_by_part(size: str, inventory_name: str) -> list[list[Unit]]:
    return parts_of(_archive(size), INVENTORIES[inventory_name])


def _write_part(job: tuple[str, str, int, Path]) -> Part:
    size, inventory_name, number, folder = job
    inventory = INVENTORIES[inventory_name]
    key = _part_key(inventory, size, number)
    path = folder / key
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        units = _units_by_part(size, inventory_name)[number]
        with unfinished.open("wb") as file:
            for packed in gzipped(iter_rows(inventory, units)):
                file.write(packed)
        unfinished.replace(path)
    return Part(key, path, path.stat().st_size, _md5_of(path))


def _part_key(inventory: Inventory, size: str, number: int) -> str:
    name = UUID(int=made_up.number(inventory.name, size, number) << 64 | number)
    return f"{inventory.prefix}data/{name}.csv.gz"


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "md5").hexdigest()
