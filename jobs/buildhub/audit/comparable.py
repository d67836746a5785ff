"""What of a record is compared, and how two records differ."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from buildhub.archive.listing import rounds_to
from buildhub.publish.server import ADDED

Record = dict[str, Any]
Facts = Callable[[Record], Record]

Difference = tuple[Any, Any]
"""A field's value by the archive, and by the catalogue; None where it is absent."""

_DIGEST_BYTES = 16

_PATH_FACTS = {
    "source": ("product",),
    "target": ("version", "locale", "platform", "os"),
    "download": ("url", "size", "mimetype", "date"),
}


def all_facts(record: Record) -> Record:
    """Return the record without what the server adds."""
    return {name: value for name, value in record.items() if name not in ADDED}


def path_facts(record: Record) -> Record:
    """Return what a listing of files alone tells; metadata may know the rest better."""
    facts: Record = {"id": record["id"]}
    for group, names in _PATH_FACTS.items():
        found = record.get(group)
        known = found if isinstance(found, dict) else {}
        facts[group] = {name: known.get(name) for name in names}
    return facts


def with_size_as_told(facts: Record, rounded: str | None) -> Record:
    """Return *facts* with the size as a page of the archive tells it, ``53M``, where that fits.

    So records are compared as far as the archive tells.
    """
    download = facts.get("download")
    size = download.get("size") if isinstance(download, dict) else None
    if rounded is None or not isinstance(size, int) or not rounds_to(size, rounded):
        return facts
    return {**facts, "download": {**facts["download"], "size": rounded}}


def digest(facts: Record) -> bytes:
    """Return what is equal for equal facts, and for those alone."""
    packed = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(packed, digest_size=_DIGEST_BYTES).digest()


def differences(ours: Record, theirs: Record) -> dict[str, Difference]:
    """Return the fields that differ, by dotted name."""
    left, right = dict(_leaves(ours)), dict(_leaves(theirs))
    names = [*left, *(name for name in right if name not in left)]
    pairs = {name: (left.get(name), right.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _leaves(value: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner
