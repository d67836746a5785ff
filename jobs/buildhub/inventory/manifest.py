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
from buildhub.inventory.stores import Store

MANIFEST_NAME = "manifest.json"

COLUMNS = ("Bucket", "Key", "Size", "LastModifiedDate", "ETag")
"""Columns of a part whose manifest is not at hand."""

_NEEDED = ("Key", "Size", "LastModifiedDate")
_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}
_MD5 = re.compile(r"[0-9a-f]{32}")
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class InventoryPart:
    """One file of an inventory.

    Attributes:
        key: as the manifest has it.
        size: of the gzipped file, in bytes.
        md5: of the gzipped file, in hexadecimal digits.
    """

    key: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one inventory consists of.

    Attributes:
        key: its own key in the store.
        columns: of its parts, in their order.
        bucket: that it lists; "" where it does not say so.
        created: when the store began to list its objects; None where it does not say.
    """

    key: str
    columns: tuple[str, ...]
    parts: tuple[InventoryPart, ...]
    bucket: str = ""
    created: datetime | None = None


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
    remote = urlsplit(address).scheme in ("http", "https", "s3")
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

    Raises:
        BadManifest: there is none, or it cannot be understood; names it.
        Unavailable: the store does not answer.
    """
    where = ""
    if not key.endswith(".json"):
        dated = latest_dated(await store.list_folders(key))
        where = "" if dated else ", and there are no folders named by a date beside it"
        key = f"{key}{dated}/{MANIFEST_NAME}" if dated else key + MANIFEST_NAME
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
        _expect(document, dict, "the manifest")
        file_format = document.get("fileFormat", "CSV")
        schema = _expect(document.get("fileSchema", ", ".join(COLUMNS)), str, "fileSchema")
        parts = tuple(_parse_part(each) for each in _expect(document["files"], list, "files"))
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


def _parse_part(value: Any) -> InventoryPart:
    found = _expect(value, dict, "an element of files")
    md5 = _expect(found["MD5checksum"], str, "MD5checksum").lower()
    # It becomes the name of a file.
    if not _MD5.fullmatch(md5):
        raise ValueError(f"MD5checksum: expected 32 hexadecimal digits, got {md5[:40]!r}")
    return InventoryPart(
        key=_expect(found["key"], str, "key"), size=_expect(found["size"], int, "size"), md5=md5
    )


def _expect(value: Any, kind: type, name: str) -> Any:
    """Return *value*; ValueError where it is of another kind than JSON should have there."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}: expected {_KINDS[kind]}, got {str(value)[:40]!r}")
    return value


async def fetch_part(store: Store, manifest: Manifest, part: InventoryPart, folder: Path) -> Path:
    """Return a file with the part's bytes, downloaded to *folder* where it is not at hand.

    Raises:
        BadInventory: the part is not there, or is not the file that the manifest means.
        Unavailable: the store does not answer.
    """
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
