"""What only some sources of files know, and no other source undoes.

Folder pages tell no hash, and the bucket does. If each replaced what the other one has written, a
record would change with every second run, and all who follow the changes would hear of it.
"""

from typing import Any

from buildhub_schema.fields import NOT_COMPARED

KEPT = tuple(sorted(NOT_COMPARED - {"download.expired"}))
"""Fields that stay as they are stored while the rest of their group is the same.

Whoever lists an expired file again has seen that it is there, so that field does not stay.
"""


def with_kept(record: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """Return *record* with those of the KEPT fields that it lacks and *stored* has.

    The server does the same for records in bulk; see ``keep`` in the API.
    """
    kept = record
    for group in ("source", "download"):
        ours, theirs = record.get(group), stored.get(group)
        if not isinstance(ours, dict) or not isinstance(theirs, dict):
            continue
        names = [name for name in theirs if name not in ours and _is_kept(group, name)]
        if names and _rest(group, ours) == _rest(group, theirs):
            kept = kept | {group: ours | {name: theirs[name] for name in names}}
    return kept


def _is_kept(group: str, name: str) -> bool:
    return f"{group}.{name}" in KEPT


def _rest(group: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not _is_kept(group, name)}
