"""Which builds are wanted, and how one is printed."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from buildhub_schema.text.addresses import encode_address
from buildhub_schema.text.printable import printable

_FIELDS = {
    "product": ("source", "product"),
    "channel": ("target", "channel"),
    "platform": ("target", "platform"),
    "locale": ("target", "locale"),
}
_COLUMNS = (
    ("source", "product"),
    ("target", "version"),
    ("target", "channel"),
    ("target", "platform"),
    ("target", "locale"),
    ("build", "id"),
)

Wanted = Mapping[str, Sequence[str]]
"""Values by ``product``, ``channel``, ``platform`` and ``locale``; none stands for any."""


def is_wanted(document: Mapping[str, Any], wanted: Wanted) -> bool:
    """Return whether a document is a build that is asked for; one that was deleted is not."""
    return not document.get("deleted") and all(
        _value(document, _FIELDS[name]) in values for name, values in wanted.items() if values
    )


def format_line(document: Mapping[str, Any]) -> str:
    """Return a build as a line of words; what it does not say is ``-``."""
    words = [str(_value(document, path) or "-") for path in _COLUMNS]
    address = encode_address(str(_value(document, ("download", "url")) or "-"))
    return printable(" ".join((*words, address)))


def format_json(document: Mapping[str, Any]) -> str:
    """Return a build as JSON, in a line."""
    return orjson.dumps(document).decode()


def _value(document: Mapping[str, Any], path: tuple[str, str]) -> Any:
    part = document.get(path[0])
    return part.get(path[1]) if isinstance(part, Mapping) else None
