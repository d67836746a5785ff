"""Answers that the tests have recorded from a real server, as examples in the document.

``examples.json`` is written by ``python -m tests.server.api_docs.record``; a test checks that
servers still answer so. Values that differ each time, such as timestamps, are replaced.
"""

import json
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any

from kinto_buildhub.api_operations import ErrorShape

FILE = "examples.json"


@cache
def recorded() -> dict[str, Any]:
    """Return status, media type and body of each operation's example, by its ID."""
    text = resources.files("kinto_buildhub.api_docs").joinpath(FILE).read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def error(shape: ErrorShape, status: int) -> dict[str, Any]:
    """Return the recorded error with this status, in this shape.

    Those that no test causes are made as the server makes them.
    """
    is_elastic = shape is ErrorShape.ELASTIC
    found = recorded().get(f"{'search' if is_elastic else 'error'} {status}")
    if found:
        return dict(found["body"])
    phrase = HTTPStatus(status).phrase
    kinto = {"code": status, "errno": 999, "error": phrase}
    elastic = {"error": {"type": "exception", "reason": phrase}, "status": status}
    return kinto | elastic if is_elastic else kinto
