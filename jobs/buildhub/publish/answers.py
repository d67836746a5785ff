"""The answer to a bulk request, read line by line and compared with what was sent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

STATUSES = frozenset({"created", "updated", "unchanged", "invalid", "forbidden"})

# The server shortens its message about a record, and repeats the record's ID whole.
LONGEST_ANSWER_BYTES = 32 * 2**20

_SHOWN_LENGTH = 80


class MismatchedAnswer(Exception):
    """The answer does not match what was sent: nothing in it can be relied on."""


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """What became of one record: its ID, its status, and what is wrong with it."""

    record_id: str
    status: str
    error: str


async def iter_lines(content: aiohttp.StreamReader, longest_bytes: int) -> AsyncIterator[bytes]:
    """Yield the lines of an answer with their ends; the last one lacks it if it was cut off.

    Raises:
        MismatchedAnswer: a line is longer than any answer.
    """
    rest = b""
    async for block in content.iter_any():
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(rest) > longest_bytes:
            raise MismatchedAnswer(f"a line of the answer is over {longest_bytes} bytes long")
    if rest:
        yield rest


def parse_object(line: bytes) -> dict[str, Any]:
    """Return the object in a line.

    Raises:
        MismatchedAnswer: there is none.
    """
    try:
        parsed = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise MismatchedAnswer(
            f"expected JSON, got {_short(line.decode(errors='replace'))}"
        ) from exc
    if not isinstance(parsed, dict):
        raise MismatchedAnswer(
            f"expected a JSON object, got {_short(line.decode(errors='replace'))}"
        )
    return parsed


def parse_answer(parsed: dict[str, Any], sent: bytes) -> RecordAnswer:
    """Return what *parsed* says about the record in the line *sent*.

    Raises:
        MismatchedAnswer: it is about another record, or its status does not exist.
    """
    status = parsed.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise MismatchedAnswer(f"expected a status of a record, got {_short(status)}")
    record_id, sent_id = parsed.get("id"), orjson.loads(sent).get("id")
    # The server does not repeat what is no ID.
    if record_id != sent_id and not (record_id is None and status == "invalid"):
        raise MismatchedAnswer(
            f"expected the answer for {_short(sent_id)}, got that for {_short(record_id)}"
        )
    return RecordAnswer(str(record_id), status, _error_text(parsed.get("error")))


def _error_text(error: object) -> str:
    return str(error.get("message", error)) if isinstance(error, dict) else str(error or "")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_LENGTH else f"{shown[:_SHOWN_LENGTH]}…"
