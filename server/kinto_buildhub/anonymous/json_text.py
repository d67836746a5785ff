"""Stored records as Kinto writes them, without making objects of them where that can be avoided.

PostgreSQL writes JSON with a blank after each colon and comma, and characters as they are; Kinto
writes no blanks, and everything in ASCII.
"""

import json
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any, overload

from kinto.core.utils import json as kinto_json

from kinto_buildhub.storage.indexed_queries import JsonRow


class JsonRecords(Sequence[dict[str, Any]]):
    """A list of records; each becomes an object only when it is asked for."""

    def __init__(self, rows: Sequence[JsonRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> "JsonRecords": ...
    def __getitem__(self, index: int | slice) -> "dict[str, Any] | JsonRecords":
        if isinstance(index, slice):
            return JsonRecords(self._rows[index])
        return _parse(self._rows[index])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(_parse, self._rows)

    def as_json(self) -> bytes:
        """Return the list in JSON, byte for byte as Kinto writes it."""
        return f"[{','.join(map(_format, self._rows))}]".encode()


def compact(text: str) -> str | None:
    """Return *text*, JSON as PostgreSQL writes it, as Kinto does.

    None stands for a text in which more than the blanks differs: it has characters that the two
    write differently, or a number with a fraction.
    """
    if "\\" in text or not text.isascii():
        return None
    # Without escapes every second part is inside of quotes.
    parts = text.split('"')
    outside = "\0".join(parts[::2])
    if "." in outside:
        return None
    parts[::2] = outside.replace(" ", "").split("\0")
    return '"'.join(parts)


def _parse(row: JsonRow) -> dict[str, Any]:
    # As the driver does it for the stock storage.
    found: dict[str, Any] = json.loads(row.data)
    return found | {"id": row.id, "last_modified": row.last_modified}


def _format(row: JsonRow) -> str:
    data = compact(row.data)
    if data is None or not row.id.isascii():
        return str(kinto_json.dumps(_parse(row)))
    comma = "" if data == "{}" else ","
    record_id = encode_basestring_ascii(row.id)
    return f'{data[:-1]}{comma}"id":{record_id},"last_modified":{row.last_modified}}}'
