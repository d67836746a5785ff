"""One line of a bulk request: parsed into a record, or refused with a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from kinto.core.resource import has_null_character
from kinto.core.utils import json

from kinto_buildhub.storage.checked_writes import find_id_error, find_timestamp_error

# Deeper records might be stored and then not be readable: Python allows a thousand levels of calls,
# of which a request takes about a hundred, and its serialisers one or two for each level of JSON.
MAX_DEPTH = 400

# An error may quote the value that it is about, whatever its size.
_MAX_ERROR_LENGTH = 2000


class LineStatus(StrEnum):
    """The result of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"


@dataclass(slots=True)
class Line:
    """A line of a bulk request, and its result.

    Attributes:
        id: the record's ID as given; None if there is none, or it is not a string.
        has_valid_id: whether a record may have this ID.
        record: the rest of the record, without ``id`` and ``last_modified``.
        last_modified: first the given timestamp, then the stored one, in ms.
        error: why it is invalid or forbidden.
        status: None until it is known.
    """

    id: str | None = None
    has_valid_id: bool = False
    record: dict[str, Any] | None = None
    last_modified: int | None = None
    error: str | None = None
    status: LineStatus | None = None

    def body(self) -> str:
        """Return the record as it is stored: JSON without ID and timestamp."""
        try:
            return orjson.dumps(self.record).decode()
        except TypeError:
            # A number beyond 64 bits, or nesting beyond its limit.
            return str(json.dumps(self.record))

    def refuse(self, error: str, status: LineStatus = LineStatus.INVALID) -> None:
        """Set the result of a line that is not written."""
        if len(error) > _MAX_ERROR_LENGTH:
            error = f"{error[:_MAX_ERROR_LENGTH]}…"
        self.error, self.status, self.last_modified = error, status, None

    def render(self) -> bytes:
        """Return the line of the answer for it."""
        answer: dict[str, Any] = {"id": self.id, "status": self.status}
        if self.last_modified is not None:
            answer["last_modified"] = self.last_modified
        if self.error is not None:
            answer["error"] = self.error
        return orjson.dumps(answer) + b"\n"


def parse_line(raw: bytes | None, *, max_line_bytes: int, is_id: Callable[[str], object]) -> Line:
    """Parse a line; accept what the JSON parser for the bodies of PUT accepts.

    Args:
        raw: the line; None if it was over the limit.
        is_id: returns whether a text may be the ID of a record.
    """
    line = Line()
    if raw is None:
        line.refuse(f"The line is longer than {max_line_bytes} bytes (kinto.bulk.max_line_bytes).")
        return line
    try:
        value = _parse_json(raw)
    except RecursionError:
        line.refuse(_too_deep())
    except ValueError as exc:
        line.refuse(f"Invalid JSON: {exc}")
    else:
        _read_fields(line, value, is_id)
        if line.status is None and raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
            _check_depth(line)
        # A search for a single byte is enough where nothing is escaped.
        may_hold_null = b"\\" in raw and b"\\u0000" in raw
        if line.status is None and may_hold_null and has_null_character(value):
            line.refuse("Invalid character 0x00: no text may hold it.")
    return line


def _parse_json(raw: bytes) -> Any:
    """Return what Kinto's parser returns, in a quarter of its time for most records.

    Of what orjson accepts, the two differ only in floating-point numbers, and in integers beyond 64
    bits, which become such: Kinto's parser rounds some of them differently.
    """
    try:
        value = orjson.loads(raw)
    except ValueError:
        return json.loads(raw)
    return json.loads(raw) if _holds_float(value) else value


def _holds_float(value: Any) -> bool:
    containers: list[Any] = [[value]]
    for container in containers:  # The list grows while it is read.
        for child in container.values() if type(container) is dict else container:
            kind = type(child)
            if kind is float:
                return True
            if kind is dict or kind is list:
                containers.append(child)
    return False


def _read_fields(line: Line, value: Any, is_id: Callable[[str], object]) -> None:
    if not isinstance(value, dict):
        line.refuse(f"The line is not a JSON object but {_json_type(value)}.")
        return
    record_id = value.pop("id", None)
    given = value.pop("last_modified", None)
    line.record = value
    if record_id is None:
        line.refuse("id in body: Required")
    elif not isinstance(record_id, str):
        line.refuse(f"id in body: expected a string, not {_json_type(record_id)}")
    elif "\x00" in record_id or not is_id(record_id):
        line.id = record_id
        line.refuse(f"id in body: Invalid object id {record_id!r}")
    else:
        line.id, line.has_valid_id = record_id, True
        if "__permissions__" in value:
            line.refuse("__permissions__ in body: records in bulk carry no permissions")
        elif isinstance(given, int) and not isinstance(given, bool):
            line.last_modified = given
            _refuse_if(line, find_timestamp_error(given))
        _refuse_if(line, find_id_error(record_id))


def _refuse_if(line: Line, error: str | None) -> None:
    if error is not None:
        line.refuse(error)


def _check_depth(line: Line) -> None:
    level: list[Any] = [line.record]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    line.refuse(_too_deep())


def _too_deep() -> str:
    return f"The line is nested deeper than {MAX_DEPTH} levels."


def _json_type(value: Any) -> str:
    names: dict[type, str] = {
        dict: "an object", list: "an array", str: "a string", bool: "a boolean",
        int: "a number", float: "a number", type(None): "null",
    }  # fmt: skip
    return names[type(value)]


def is_surely_same(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON; false if only the database can decide.

    In Python ``true`` equals 1, and a number can be written in several ways.
    """
    try:
        return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            other, option=orjson.OPT_SORT_KEYS
        )
    except TypeError:
        return False  # A number beyond 64 bits, or nested too deep.
