"""The store's inventories of the sample: manifests, and gzipped CSV parts with a row a file."""

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
"""Folders too large to be one piece of work."""

_UNITS_PER_PART = 90
_FEWEST_PARTS = 3
_WRITTEN_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Inventory:
    """One of the two inventories: its name, and the store's bucket that it tells of."""

    name: str

    @property
    def bucket(self) -> str:
        """The bucket whose objects are listed."""
        return f"net-mozaws-prod-delivery-{self.name}"

    @property
    def prefix(self) -> str:
        """Where the inventory lies in its own bucket, without the ``public/`` in front."""
        return f"inventories/{self.bucket}/delivery-{self.name}/"

    def has(self, path: str) -> bool:
        """Tell whether the object at *path* is in this bucket."""
        if path.startswith(_CONTRIB):
            return False
        in_firefox = path.startswith("pub/firefox/") and not path.startswith(_NOT_IN_FIREFOX)
        return in_firefox == (self.name == "firefox")


INVENTORIES = {name: Inventory(name) for name in ("firefox", "archive")}


class Unit(NamedTuple):
    """A piece of work: a file or a folder, and the path of the folder that it is in."""

    path: str
    name: str
    content: File | MakeFolder


def parts_of(archive: SampleArchive, inventory: Inventory) -> list[list[Unit]]:
    """Cut an inventory into parts: each a run of neighbouring folders, all in key order."""
    units = [unit for unit in _units(archive.root, "") if inventory.has(unit.path + unit.name)]
    count = max(_FEWEST_PARTS, len(units) // _UNITS_PER_PART)
    bounds = [len(units) * part // count for part in range(count + 1)]
    return [units[start:end] for start, end in pairwise(bounds)]


def iter_rows(inventory: Inventory, units: Sequence[Unit]) -> Iterator[str]:
    """Yield the rows, ends included, of all files in *units*."""
    for unit in units:
        if isinstance(unit.content, File):
            yield from _rows(inventory.bucket, unit.path, [unit.content])
        else:
            for path, files in walk(unit.content(), unit.path + unit.name):
                yield from _rows(inventory.bucket, path, files)


def gzipped(rows: Iterator[str]) -> Iterator[bytes]:
    """Yield *rows* as a gzip file; without a time in it, so that it is the same on every run."""
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
        told_size = size if size % 1_000_000 or not size else _with_exponent(size)
        # Some objects were first listed under the bucket's older name.
        told_bucket = bucket if file.hour or etag[0] > "3" else bucket.replace("prod-", "")
        yield f'"{told_bucket}","{key}","{told_size}","{modified}.000Z","{etag}"\n'


@lru_cache(maxsize=4096)
def encoded(text: str) -> str:
    """Return part of a key as the inventories spell it: as in a form, a space is a plus."""
    return text if _PLAIN.fullmatch(text) else quote_plus(text, safe="/")


def _with_exponent(size: int) -> str:
    """Return a large round size as some writer on the way did, which took it for a float: 2E+10."""
    digits = str(size).rstrip("0")
    point = f"{digits[0]}.{digits[1:]}" if digits[1:] else digits
    return f"{point}E+{len(str(size)) - 1}"
