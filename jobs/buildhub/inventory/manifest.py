"""Inventories: the store's full lists of its objects, as a manifest and gzipped CSV parts."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import orjson

from buildhub.errors import BadData, BadInventory, BadManifest
from buildhub.inventory.reports import (
    SHARDS,
    is_report,
    newest_manifest,
    parse_count,
    parse_shards,
    parse_snapshot,
)
from buildhub.inventory.stores import Store
from buildhub.inventory.values import expect

MANIFEST_NAME = "manifest.json"

COLUMNS = ("Bucket", "Key", "Size", "LastModifiedDate", "ETag")
"""Columns of a part whose manifest is not at hand."""

_NEEDED = ("Key", "Size", "LastModifiedDate")

# A report does not say how large its shards are: a million rows of a few hundred bytes each.
_LARGEST_SHARD_BYTES = 2**32

_MD5 = re.compile(r"[0-9a-f]{32}")
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class InventoryPart:
    """One file of an inventory.

    Attributes:
        key: as the manifest has it.
        size: of the gzipped file, in bytes.
        md5: of the gzipped file, in hexadecimal digits; None where the manifest does not say, as
            for shards of reports. Then the size is 0.
    """

    key: str
    size: int
    md5: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one inventory consists of.

    Attributes:
        key: its own key in the store.
        columns: of its parts, in their order.
        bucket: that it lists; "" where it does not say so.
        created: when the store began to list its objects; None where it does not say.
        is_report: it is one of Google Cloud Storage, whose parts have columns of their own.
        row_count: of all parts together; None where it does not say.
    """

    key: str
    columns: tuple[str, ...]
    parts: tuple[InventoryPart, ...]
    bucket: str = ""
    created: datetime | None = None
    is_report: bool = False
    row_count: int | None = None


@dataclass(frozen=True, slots=True)
class InventorySource:
    """Where an inventory is asked for.

    Attributes:
        root: what :func:`buildhub.inventory.stores.open_store` takes.
        key: of a manifest, or of a folder (slash at its end) that holds one, or dated folders.
    """

    root: str
    key: str


def locate(address: str) -> InventorySource:
    """Cut what an operator wrote into a store and a key in it.

    The store begins above ``public/``, where the keys in a manifest start. Without such a folder
    it is the folder above the manifest's, so that ``data/`` beside it is in reach.
    """
    remote = urlsplit(address).scheme in ("http", "https", "s3", "gs")
    text = address if remote else str(Path(address).absolute())
    is_manifest = text.endswith(".json")
    text = text if is_manifest else text.rstrip("/") + "/"
    root, slash, key = text.partition("/public/")
    if slash:
        return InventorySource(root, f"public/{key}")
    if is_manifest:
        *above, folder, name = text.split("/")
        return InventorySource("/".join(above), f"{folder}/{name}")
    return InventorySource(text, "")


def inventory_address(root: str, name: str) -> str:
    """Return the folder of dated folders of the inventory *name*, in the delivery's own layout."""
    inventory = f"public/inventories/net-mozaws-prod-delivery-{name}/delivery-{name}/"
    return f"{root.rstrip('/')}/{inventory}"


def latest_dated(folder_names: list[str]) -> str | None:
    """Return the greatest name that is a date; ``data`` and ``hive`` stand beside them."""
    return max(filter(_DATED.fullmatch, folder_names), default=None)


async def read_manifest(store: Store, key: str) -> Manifest:
    """Read the manifest at *key*, in the folder *key*, or in its latest dated folder.

    Of reports in the folder it is that of the latest.

    Raises:
        BadManifest: there is none, or it cannot be understood; names it.
        Unavailable: the store does not answer.
    """
    where = ""
    if not key.endswith(".json"):
        dated = latest_dated(await store.list_folders(key))
        report = None if dated else newest_manifest(await store.list_files(key))
        where = "" if dated else ", and there are no folders named by a date beside it"
        key += f"{dated}/{MANIFEST_NAME}" if dated else report or MANIFEST_NAME
    body = await store.fetch_object(key)
    if body is None:
        raise BadManifest(f"manifest {store.name(key)}: not found{where}")
    return parse_manifest(body, key=key, name=store.name(key))


def parse_manifest(body: bytes, *, key: str, name: str) -> Manifest:
    """Read a manifest; *name* is for messages.

    Raises:
        BadManifest: not JSON, something is missing or of another kind, or the parts are not CSV.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadManifest(f"manifest {name}: expected JSON, got {body[:40]!r}") from exc
    try:
        expect(document, dict, "the manifest")
        if is_report(document):
            return _parse_report(document, key)
        file_format = document.get("fileFormat", "CSV")
        schema = expect(document.get("fileSchema", ", ".join(COLUMNS)), str, "fileSchema")
        parts = tuple(_parse_part(each) for each in expect(document["files"], list, "files"))
        created = _parse_created(document.get("creationTimestamp"))
    except KeyError as exc:
        raise BadManifest(f"manifest {name}: lacks {exc}") from exc
    except ValueError as exc:
        raise BadManifest(f"manifest {name}: {exc}") from exc
    columns = tuple(schema.replace(" ", "").split(","))
    if file_format != "CSV":
        raise BadManifest(f"manifest {name}: expected parts in CSV, got {str(file_format)[:40]}")
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        raise BadManifest(f"manifest {name}: fileSchema lacks {', '.join(missing)}")
    if not parts:
        # An archive without any file is none; what is empty here went wrong elsewhere.
        raise BadManifest(f"manifest {name}: expected parts in files, got none")
    bucket = str(document.get("sourceBucket", ""))
    return Manifest(key, columns, parts, bucket, created)


def _parse_report(document: dict[str, Any], key: str) -> Manifest:
    """Read the manifest of a report; see :mod:`buildhub.inventory.reports`."""
    parts = tuple(InventoryPart(name, 0, None) for name in parse_shards(document))
    if not parts:
        raise ValueError(f"expected parts in {SHARDS}, got none")
    rows = parse_count(document.get("records_processed"), "records_processed")
    created = parse_snapshot(document)
    return Manifest(key, (), parts, created=created, is_report=True, row_count=rows)


def _parse_part(value: Any) -> InventoryPart:
    found = expect(value, dict, "an element of files")
    md5 = expect(found["MD5checksum"], str, "MD5checksum").lower()
    # It becomes the name of a file.
    if not _MD5.fullmatch(md5):
        raise ValueError(f"MD5checksum: expected 32 hexadecimal digits, got {md5[:40]!r}")
    return InventoryPart(
        key=expect(found["key"], str, "key"), size=expect(found["size"], int, "size"), md5=md5
    )


async def fetch_part(store: Store, manifest: Manifest, part: InventoryPart, folder: Path) -> Path:
    """Return a file with the part's bytes, downloaded to *folder* where it is not at hand.

    Raises:
        BadInventory: the part is not there, or is not the file that the manifest means.
        Unavailable: the store does not answer.
    """
    if part.md5 is None:
        return await _fetch_shard(store, manifest, part, folder)
    kept = folder / f"{part.md5}.csv.gz"
    if kept.is_file() and _md5(kept) == part.md5:
        return kept
    scratch = folder / f"{part.md5}.partial"
    for key in _possible_keys(manifest, part):
        try:
            found = await store.fetch_file(key, scratch, largest_bytes=part.size)
        except BadData as exc:
            raise BadInventory(f"inventory part {exc}") from exc
        if found is None:
            continue
        _check(found, part, store.name(key))
        return scratch.replace(kept) if found == scratch else found
    raise BadInventory(f"inventory part {store.name(part.key)}: not found")


async def _fetch_shard(store: Store, manifest: Manifest, part: InventoryPart, folder: Path) -> Path:
    """Return a file with a report's shard, whose name is its own, as its report's is."""
    kept, scratch = folder / part.key, folder / f"{part.key}.partial"
    if kept.is_file():
        return kept
    key = str(PurePosixPath(manifest.key).with_name(part.key))
    try:
        found = await store.fetch_file(key, scratch, largest_bytes=_LARGEST_SHARD_BYTES)
    except BadData as exc:
        raise BadInventory(f"inventory part {exc}") from exc
    if found is None:
        raise BadInventory(f"inventory part {store.name(key)}: not found")
    return scratch.replace(kept) if found == scratch else found


def _parse_created(milliseconds: object) -> datetime | None:
    """Read a moment, in milliseconds since 1970 as text or number; what is none is left out."""
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _possible_keys(manifest: Manifest, part: InventoryPart) -> list[str]:
    """Keys in a manifest lack the ``public/`` of the bucket; copies have the parts near by."""
    name = PurePosixPath(part.key).name
    dated = PurePosixPath(manifest.key).parent
    return [f"public/{part.key}", part.key, f"{dated.parent}/data/{name}", f"{dated}/{name}"]


def _check(path: Path, part: InventoryPart, name: str) -> None:
    size = path.stat().st_size
    if size != part.size:
        raise BadInventory(f"inventory part {name}: expected {part.size} bytes, got {size}")
    md5 = _md5(path)
    if md5 != part.md5:
        raise BadInventory(f"inventory part {name}: expected MD5 {part.md5}, got {md5}")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
