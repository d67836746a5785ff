"""The bucket of the inventories: a folder for each day, the parts, and other objects."""

import asyncio
import json
import tempfile
import threading
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any

from buildhub_sample_archive.archive import SampleArchive
from buildhub_sample_archive.builds.nightly_eras import END
from buildhub_sample_archive.inventories.inventory import INVENTORIES, INVENTORY_BUCKET, Inventory
from buildhub_sample_archive.inventories.parts import Part, make_stop, part_keys, write_parts

PUBLIC = "public/"
"""Start of every key in the bucket; the keys in manifests do not have it."""

DAYS = 1_100
"""Number of dated folders: more than one page of ListObjects has."""

_NEWEST = datetime(END.year, END.month, END.day, 0, 9, tzinfo=UTC) + timedelta(days=1)
_FORM = "%Y-%m-%dT%H-%MZ"
_HIVE = "hive/dt=2018-02-01-00-00/symlink.txt"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of the bucket, with its content or the path of the file with it."""

    size: int
    etag: str
    content: bytes | Path


class InventoryStore:
    """The objects of the inventories' bucket; the parts are written on first use.

    Args:
        archive: that the inventories list.
        folder: keeps the parts; by default a temporary folder, which `close` removes.
    """

    def __init__(self, archive: SampleArchive, folder: Path | None = None) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="sample-archive-")
            folder = Path(self._temporary.name)
        self._archive = archive
        self._folder = folder
        self._parts: dict[str, list[Part]] = {}
        self._lock = asyncio.Lock()
        self._stop = make_stop()
        self._writing = threading.Lock()
        self.keys: list[str] = sorted(
            key for inventory in INVENTORIES.values() for key in self._keys_of(inventory)
        )

    def close(self) -> None:
        """Stop writing parts, wait for the current ones, and remove the temporary folder."""
        self._stop.set()
        with self._writing:
            if self._temporary is not None:
                self._temporary.cleanup()

    def has(self, key: str) -> bool:
        """Return whether the bucket has the object *key*."""
        place = bisect_left(self.keys, key)
        return place < len(self.keys) and self.keys[place] == key

    async def get(self, key: str) -> StoredObject:
        """Return the object *key*, which must exist. The first call writes all parts."""
        inventory = next(i for i in INVENTORIES.values() if key.startswith(PUBLIC + i.prefix))
        parts = await self._parts_of(inventory)
        rest = key.removeprefix(PUBLIC + inventory.prefix)
        return _object_of(inventory, parts, rest)

    async def _parts_of(self, inventory: Inventory) -> list[Part]:
        async with self._lock:
            if inventory.name not in self._parts:
                self._parts[inventory.name] = await asyncio.to_thread(self._write, inventory)
        return self._parts[inventory.name]

    def _write(self, inventory: Inventory) -> list[Part]:
        with self._writing:
            size = self._archive.size.name
            return write_parts(size, inventory.name, self._folder, stop=self._stop)

    def _keys_of(self, inventory: Inventory) -> list[str]:
        start = PUBLIC + inventory.prefix
        dated = [
            f"{start}{day}/{name}"
            for day in inventory_days()
            for name in ("manifest.checksum", "manifest.json")
        ]
        parts = [PUBLIC + key for key in part_keys(self._archive, inventory)]
        return [*dated, *parts, start + _HIVE]


@cache
def inventory_days() -> tuple[str, ...]:
    """Return the names of the dated folders, oldest first."""
    days = (_NEWEST - timedelta(days=age, minutes=age % 5) for age in reversed(range(DAYS)))
    return tuple(day.strftime(_FORM) for day in days)


def newest_manifest_key(inventory: Inventory) -> str:
    """Return the key of the newest manifest, the only complete one."""
    return f"{PUBLIC}{inventory.prefix}{inventory_days()[-1]}/manifest.json"


def build_manifest(inventory: Inventory, parts: list[Part], day: str) -> bytes:
    """Return the manifest of *day*. All but the newest list only one part."""
    if day != inventory_days()[-1]:
        parts = parts[:1]
    created = datetime.strptime(day, _FORM).replace(tzinfo=UTC)
    document: dict[str, Any] = {
        "sourceBucket": inventory.bucket,
        "destinationBucket": f"arn:aws:s3:::{INVENTORY_BUCKET}",
        "version": "2016-11-30",
        "creationTimestamp": str(int(created.timestamp() * 1000)),
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size, LastModifiedDate, ETag",
        "files": [{"key": part.key, "size": part.size, "MD5checksum": part.md5} for part in parts],
    }
    return json.dumps(document, indent=2).encode()


def write_inventories(archive: SampleArchive, folder: Path) -> list[Path]:
    """Write the newest day of both inventories to *folder*, by key; return the manifests."""
    manifests = []
    for inventory in INVENTORIES.values():
        parts = write_parts(archive.size.name, inventory.name, folder / PUBLIC)
        path = folder / newest_manifest_key(inventory)
        path.parent.mkdir(parents=True, exist_ok=True)
        manifest = build_manifest(inventory, parts, inventory_days()[-1])
        path.write_bytes(manifest)
        path.with_suffix(".checksum").write_text(_hexdigest(manifest))
        manifests.append(path)
    return manifests


def _object_of(inventory: Inventory, parts: list[Part], rest: str) -> StoredObject:
    folder, _, name = rest.partition("/")
    makers: dict[str, Callable[[], bytes]] = {
        "manifest.json": lambda: build_manifest(inventory, parts, folder),
        "manifest.checksum": lambda: _hexdigest(build_manifest(inventory, parts, folder)).encode(),
    }
    if folder == "data":
        part = next(part for part in parts if part.key.endswith(f"/{rest}"))
        return StoredObject(part.size, part.md5, part.path)
    content = makers[name]() if name in makers else _symlinks(parts)
    return StoredObject(len(content), _hexdigest(content), content)


def _symlinks(parts: list[Part]) -> bytes:
    return "".join(f"s3://{INVENTORY_BUCKET}/{part.key}\n" for part in parts).encode()


def _hexdigest(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()
