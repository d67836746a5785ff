"""Bodies that are not JSON: status 400 that says at which line and column.

Kinto says only at which byte.
"""

import re
from typing import Any

from kinto.core.utils import json

# What rapidjson says: the offset is in bytes of UTF-8.
_PARSE_ERROR = re.compile(r"Parse error at offset (\d+)")


def includeme(config: Any) -> None:
    """Read ``request.json_body``, which is where Kinto takes bodies from, with `read_json`."""
    config.add_request_method(_json_body, "json_body", property=True)


def read_json(body: bytes, charset: str) -> Any:
    """Return the value of a body.

    Raises:
        ValueError: it is not JSON, or not in *charset*; gives line and column, both from 1.
    """
    try:
        text = body.decode(charset)
    except UnicodeDecodeError as exc:
        place = _place(body[: exc.start].decode(charset, "replace"))
        raise ValueError(f"byte 0x{body[exc.start]:02x} ({place}) is not {charset}") from exc
    try:
        return json.loads(text)
    except ValueError as exc:
        raise ValueError(_PARSE_ERROR.sub(lambda found: _locate(found, text), str(exc))) from exc


def _json_body(request: Any) -> Any:
    return read_json(request.body, request.charset)


def _locate(found: re.Match[str], text: str) -> str:
    before = text.encode("utf-8", "surrogatepass")[: int(found[1])].decode("utf-8", "replace")
    return f"{found[0]} ({_place(before)})"


def _place(before: str) -> str:
    """Return where the text after *before* begins."""
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
