"""Inventory reports of Google Cloud Storage (Storage Insights): a manifest and its shards.

The manifest is written when all shards are, beside them, and named by the report's moment:
``<UUID>_2026-09-12T00:00_manifest.json``.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from buildhub.archive.values import parse_modified
from buildhub.inventory.values import expect

SHARDS = "report_shards_file_names"

_MANIFEST = re.compile(r".*_([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})_manifest\.json")
_SHARD = re.compile(r"[^/\0]+\.(csv|parquet)")


def newest_manifest(names: Iterable[str]) -> str | None:
    """Return the manifest of the latest report among the files *names*; None without any.

    By its moment: the names begin with the configuration, which sorts before it.
    """
    found = [(match[1], name) for name in names if (match := _MANIFEST.fullmatch(name))]
    return max(found)[1] if found else None


def is_report(document: dict[str, Any]) -> bool:
    """Return whether a manifest is that of a report."""
    return SHARDS in document or "report_config" in document


def parse_shards(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the shards, which are beside the manifest.

    Raises:
        KeyError, ValueError: they are missing, or another number than the manifest says.
    """
    shards = tuple(_parse_shard(name) for name in expect(document[SHARDS], list, SHARDS))
    count = parse_count(document.get("shard_count"), "shard_count")
    if count is not None and count != len(shards):
        raise ValueError(f"shard_count {count}: {SHARDS} has {len(shards)}")
    return shards


def parse_count(value: Any, name: str) -> int | None:
    """Read a number, or a text of digits; None where there is none.

    Raises:
        ValueError: it is neither; says *name*.
    """
    if value is None:
        return None
    if not str(value).isdecimal():
        raise ValueError(f"{name}: expected a number, got {str(value)[:40]!r}")
    return int(value)


def parse_snapshot(document: dict[str, Any]) -> datetime | None:
    """Return when the report was begun; None where the manifest does not say."""
    text = document.get("snapshot_time")
    return None if text is None else parse_modified(expect(text, str, "snapshot_time"))


def _parse_shard(value: Any) -> str:
    name: str = expect(value, str, f"an element of {SHARDS}")
    if not _SHARD.fullmatch(name):
        raise ValueError(f"{SHARDS}: expected names of CSV or Parquet files, got {name[:80]!r}")
    return name
