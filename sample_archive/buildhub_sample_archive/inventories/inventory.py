"""The S3 inventories of the archive: gzipped CSV parts, with a row for each file."""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote_plus

from buildhub_sample_archive.archive import SampleArchive
from buildhub_sample_archive.objects import File, Folder, MakeFolder, describe, in_key_order, walk
from buildhub_sample_archive.quirks.quirk_table import UNENCODED_KEYS

INVENTORY_BUCKET = "net-mozaws-prod-delivery-inventory-us-east-1"

_PLAIN = re.compile(r"[\w./~-]*", re.ASCII)
_NOT_IN_FIREFOX = ("pub/firefox/bundles/", "pub/firefox/try-builds/")
_CONTRIB = ("pub/labs/", "pub/opus/", "pub/webtools/", "pub/nspr/", "pub/security/")
_PREFIXES_OPENED = re.compile(r"(pub/([^/]+/((releases|candidates)/|nightly/(\d{4}/)?)?)?)?")
"""Folders that are too large to be one unit."""

_UNITS_PER_PART = 90
_FEWEST_PARTS = 3
_WRITTEN_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Inventory:
    """One of the two inventories."""

    name: str

    @property
    def bucket(self) -> str:
        """The bucket whose objects it lists."""
        return f"net-mozaws-prod-delivery-{self.name}"

    @property
    def prefix(self) -> str:
        """Its prefix in the inventories' bucket, without the ``public/`` at the start."""
        return f"inventories/{self.bucket}/delivery-{self.name}/"

    def has(self, path: str) -> bool:
        """Return whether the object at *path* is in its bucket."""
        if path.startswith(_CONTRIB):
            return False
        in_firefox = path.startswith("pub/firefox/") and not path.startswith(_NOT_IN_FIREFOX)
        return in_firefox == (self.name == "firefox")


INVENTORIES = {name: Inventory(name) for name in ("firefox", "archive")}


class Unit(NamedTuple):
    """A file or a folder, and the path of the folder that it is in."""

    path: str
    name: str
    content: File | MakeFolder


def parts_of(archive: SampleArchive, inventory: Inventory) -> list[list[Unit]]:
    """Divide an inventory into parts, each with consecutive folders, all in key order."""
    units = [unit for unit in _units(archive.root, "") if inventory.has(unit.path + unit.name)]
    count = max(_FEWEST_PARTS, len(units) // _UNITS_PER_PART)
    bounds = [len(units) * part // count for part in range(count + 1)]
    return [units[start:end] for start, end in pairwise(bounds)]


def iter_rows(inventory: Inventory, units: Sequence[Unit]) -> Iterator[str]:
    """Yield the rows of all files in *units*, each with its line end."""
    for unit in units:
        if isinstance(unit.content, File):
            yield from _rows(inventory.bucket, unit.path, [unit.content])
        else:
            for path, files in walk(unit.content(), unit.path + unit.name):
                yield from _rows(inventory.bucket, path, files)


def gzipped(rows: Iterator[str]) -> Iterator[bytes]:
    """Yield *rows* as a gzip file, without a timestamp, so that it is the same on every run."""
    packer = zlib.compressobj(level=1, wbits=31)
    waiting: list[str] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == _WRITTEN_AT_ONCE:
            yield packer.compress("".join(waiting).encode())
            waiting.clear()
    yield packer.compress("".join(waiting).encode())
    yield packer.flush()


def _units(folder: Folder, path: str) -> Iterator[Unit]:
    for name, content in in_key_order(folder):
        if not isinstance(content, File) and _PREFIXES_OPENED.fullmatch(path + name):
            yield from _units(content(), path + name)
        else:
            yield Unit(path, name, content)


def _rows(bucket: str, prefix: str, files: Sequence[File]) -> Iterator[str]:
    start = encoded(prefix)
    for file in files:
        path = prefix + file.name
        size, modified, etag = describe(path, file)
        key = path if path in UNENCODED_KEYS else start + encoded(file.name)
        listed_size = size if size % 1_000_000 or not size else _with_exponent(size)
        # Some objects are listed with the bucket's older name.
        listed_bucket = bucket if file.hour or etag[0] > "3" else bucket.replace("prod-", "")
        yield f'"{listed_bucket}","{key}","{listed_size}","{modified}.000Z","{etag}"\n'


@lru_cache(maxsize=4096)
def encoded(text: str) -> str:
    """Return part of a key, encoded as in inventories: a space is a plus, as in a form."""
    return text if _PLAIN.fullmatch(text) else quote_plus(text, safe="/")


def _with_exponent(size: int) -> str:
    """Return a large round size as inventories have it, written as a float: 2E+10."""
    digits = str(size).rstrip("0")
    point = f"{digits[0]}.{digits[1:]}" if digits[1:] else digits
    return f"{point}E+{len(str(size)) - 1}"
