"""Fields that stay as they are stored where a record does not have them: ``?keep=…``.

Of one thing, some sources tell more than others. Without this, each of them would undo what
another one has written, and every reader of changes would hear of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

PARAMETER = "keep"

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")

# More than any record has; each costs time for every record.
_MOST_FIELDS = 50


class BadField(ValueError):
    """What is no field that can be kept; the message names it."""


class KeptFields:
    """Names of fields, each in an object of the record: ``download.md5``.

    Args:
        names: dotted.

    Raises:
        BadField: one of them is none, or there are too many.
    """

    def __init__(self, names: Iterable[str]) -> None:
        groups: dict[str, set[str]] = defaultdict(set)
        for name in names:
            if not _FIELD.fullmatch(name):
                raise BadField(f"{name[:80]!r} is no field in an object, as download.md5 is")
            group, _, leaf = name.partition(".")
            groups[group].add(leaf)
        if sum(map(len, groups.values())) > _MOST_FIELDS:
            raise BadField(f"more than {_MOST_FIELDS} fields")
        self._groups = {group: frozenset(leaves) for group, leaves in groups.items()}

    def keep(self, record: dict[str, Any], stored: Mapping[str, Any]) -> None:
        """Put into *record* what it lacks of the fields, where it is about the same thing.

        It is where everything else that stands beside the field is as stored: the MD5 of a file
        is kept with its address, size and date, and not that of the file that was there before.
        """
        for group, leaves in self._groups.items():
            ours, theirs = record.get(group), stored.get(group)
            if not isinstance(ours, dict) or not isinstance(theirs, dict):
                continue
            missing = {leaf: theirs[leaf] for leaf in leaves & theirs.keys() - ours.keys()}
            if missing and _without(ours, leaves) == _without(theirs, leaves):
                record[group] = ours | missing


def parse_keep(values: Iterable[str]) -> KeptFields:
    """Read the values of the parameter: names that are separated by commas.

    Raises:
        BadField: one of them is none.
    """
    return KeptFields(name for value in values for name in value.split(",") if name)


def _without(group: dict[str, Any], leaves: frozenset[str]) -> bytes:
    """Return the rest of a group as comparable JSON: in Python ``true`` equals 1."""
    rest = {name: value for name, value in group.items() if name not in leaves}
    try:
        return orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # A number beyond 64 bits.
        return repr(sorted(rest.items(), key=str)).encode()
