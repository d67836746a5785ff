"""What a bulk request is answered, read line by line and held against what was sent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

STATUSES = frozenset({"created", "updated", "unchanged", "invalid", "forbidden"})

# The server shortens what it says about a record; its ID it repeats.
LONGEST_ANSWER_BYTES = 32 * 2**20

_SHOWN_LENGTH = 80


class Contradiction(Exception):
    """The answer is not one to what was sent: nothing in it can be relied on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record: its ID, its status, and what is wrong with it."""

    record_id: str
    status: str
    error: str


async def iter_lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield the lines of an answer with their ends; the last one lacks it if it was cut off.

    Raises:
        Contradiction: a line is longer than any answer.
    """
    rest = b""
    async for block in content.iter_any():
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(rest) > LONGEST_ANSWER_BYTES:
            raise Contradiction(f"a line of the answer is over {LONGEST_ANSWER_BYTES} bytes long")
    if rest:
        yield rest


def read_object(line: bytes) -> dict[str, Any]:
    """Return the object in a line.

    Raises:
        Contradiction: there is none.
    """
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise Contradiction(f"expected JSON, got {_short(line.decode(errors='replace'))}") from exc
    if not isinstance(said, dict):
        raise Contradiction(f"expected a JSON object, got {_short(line.decode(errors='replace'))}")
    return said


def read_answer(said: dict[str, Any], sent: bytes) -> Answer:
    """Return what *said* tells of the record in the line *sent*.

    Raises:
        Contradiction: it is about another record, or tells what cannot be.
    """
    status = said.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise Contradiction(f"expected a status of a record, got {_short(status)}")
    record_id, sent_id = said.get("id"), orjson.loads(sent).get("id")
    # What is no ID is not repeated.
    if record_id != sent_id and not (record_id is None and status == "invalid"):
        raise Contradiction(
            f"expected the answer for {_short(sent_id)}, got that for {_short(record_id)}"
        )
    return Answer(str(record_id), status, _error_text(said.get("error")))


def _error_text(error: object) -> str:
    return str(error.get("message", error)) if isinstance(error, dict) else str(error or "")


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_LENGTH else f"{shown[:_SHOWN_LENGTH]}…"
