"""Requests to the bulk endpoint, and what they answer."""

import json
from collections.abc import Iterable
from typing import Any

import webtest

from tests.conftest import PUBLISHER_HEADERS

NDJSON = {"Content-Type": "application/x-ndjson"}


def ndjson(lines: Iterable[Any]) -> bytes:
    """Return a body: bytes are lines as they are, anything else becomes JSON."""
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )


def post(app: webtest.TestApp, path: str, lines: Iterable[Any], **changes: Any) -> list[Any]:
    """Send *lines* to the collection at *path*; return what is answered, the summary last."""
    changes.setdefault("headers", PUBLISHER_HEADERS | NDJSON)
    answer = app.post(f"{path}/bulk", ndjson(lines), **changes)
    return [json.loads(line) for line in answer.body.splitlines()]


def statuses(answers: list[Any]) -> list[str]:
    """Return the status of each line, and see to it that there is a summary with their counts."""
    *lines, last = answers
    found = [line["status"] for line in lines]
    assert last["summary"] == {status: found.count(status) for status in last["summary"]}
    assert sum(last["summary"].values()) == len(found)
    return found
