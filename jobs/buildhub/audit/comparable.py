"""Which fields of a record are comparable, and how two records differ."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from buildhub_schema.fields import NOT_COMPARED

from buildhub.archive.listing import rounds_to
from buildhub.publish.server import ADDED

Record = dict[str, Any]
SelectComparable = Callable[[Record], Record]

Difference = tuple[Any, Any]
"""A field's value by the archive, and by the catalogue; None where it is absent."""

_DIGEST_BYTES = 16

_FIELDS_OF_PATHS = {
    "source": ("product",),
    "target": ("version", "locale", "platform", "os"),
    "download": ("url", "size", "mimetype", "date"),
}


def all_fields(record: Record) -> Record:
    """Return the record without fields that the server adds, or that only some sources know."""
    return {
        name: _without_not_compared(name, value)
        for name, value in record.items()
        if name not in ADDED
    }


def _without_not_compared(group: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if f"{group}.{name}" not in NOT_COMPARED}


def path_fields(record: Record) -> Record:
    """Return the fields that a list of files determines; metadata may correct the others."""
    fields: Record = {"id": record["id"]}
    for group, names in _FIELDS_OF_PATHS.items():
        found = record.get(group)
        values = found if isinstance(found, dict) else {}
        fields[group] = {name: values.get(name) for name in names}
    return fields


def with_rounded_size(record: Record, rounded: str | None) -> Record:
    """Return *record* with *rounded* as its size, such as ``53M``, where its size rounds to that.

    A page of the archive that shows rounded sizes is compared as exactly as it shows them.
    """
    download = record.get("download")
    size = download.get("size") if isinstance(download, dict) else None
    if rounded is None or not isinstance(size, int) or not rounds_to(size, rounded):
        return record
    return {**record, "download": {**record["download"], "size": rounded}}


def digest(comparable: Record) -> bytes:
    """Return bytes that are equal for equal fields, and for those alone."""
    packed = orjson.dumps(comparable, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(packed, digest_size=_DIGEST_BYTES).digest()


def find_differences(by_archive: Record, by_catalogue: Record) -> dict[str, Difference]:
    """Return the fields that differ, by dotted name."""
    left, right = dict(_iter_leaves(by_archive)), dict(_iter_leaves(by_catalogue))
    names = [*left, *(name for name in right if name not in left)]
    pairs = {name: (left.get(name), right.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _iter_leaves(value: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _iter_leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner
