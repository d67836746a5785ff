"""Batches that Kinto cannot build requests of, refused as a whole before anything is done."""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from kinto.core.errors import raise_invalid
from kinto.core.views.batch import batch

# Bytes, of a header and of all of a request: what the HTTP server takes outside of a batch. Each
# request of a batch has those of its defaults, which are parsed again for each.
_LONGEST_HEADER = 8190
_LONGEST_HEADERS = 32 * 1024

_LONGEST_SHOWN = 100

_BULK = re.compile(r"/buckets/[^/]+/collections/[^/]+/bulk/?$")
# Kinto looks for it in the path as it is encoded.
_BATCH = re.compile(r"(?:/v\d+)?/batch/*")
_PAGE = re.compile(r"(?:/v\d+)?/catalog(?:/.*)?", re.DOTALL)


def includeme(config: Any) -> None:
    """Check each batch before Kinto's own validation, which takes some shapes for granted."""
    # Kinto keeps the service for all servers of a process.
    for _, _, arguments in batch.definitions:
        if check_batch not in arguments["validators"]:
            arguments["validators"].insert(0, check_batch)


def check_batch(request: Any, **_: Any) -> None:
    """Cornice validator: answer status 400 for a batch with a part that is not a request."""
    try:
        body = request.json_body
    except ValueError:
        return  # Kinto says so.
    limit = int(request.registry.settings["batch_max_requests"] or 0)
    error = _find_excess(body, limit) or find_batch_error(body)
    if error is not None:
        name, description = error
        raise_invalid(request, location="body", name=name, description=description)


def _find_excess(body: Any, limit: int) -> tuple[str, str] | None:
    """Return that there are too many requests, which Kinto says once it has looked at each."""
    requests = body.get("requests") if isinstance(body, dict) else None
    is_excess = limit and isinstance(requests, list) and len(requests) > limit
    return ("requests", f"Number of requests is limited to {limit}") if is_excess else None


def find_batch_error(body: Any) -> tuple[str, str] | None:
    """Return where in the body something is wrong, and what; None leaves the verdict to Kinto."""
    if not isinstance(body, dict):
        return "", "expected an object"
    requests = body.get("requests")
    parts = [("defaults", body.get("defaults"))]
    if isinstance(requests, list):
        parts += [(f"requests.{i}", part) for i, part in enumerate(requests)]
    for name, part in parts:
        if part is None and name == "defaults":
            continue
        error = _find_part_error(part) or _find_conflict(body.get("defaults"), part)
        if error is not None:
            return f"{name}.{error[0]}".rstrip("."), error[1]
    return None


def _find_part_error(part: Any) -> tuple[str, str] | None:
    if not isinstance(part, dict):
        return "", "expected an object"
    for key in ("headers", "body"):
        if key in part and not isinstance(part[key], dict):
            return key, "expected an object"
    error = _find_header_error(part.get("headers", {}))
    if error is not None:
        return error
    path = part.get("path", "")
    if not isinstance(path, str):
        return "path", "expected a text"
    return _find_path_error(path)


def _find_header_error(headers: dict[str, Any]) -> tuple[str, str] | None:
    size = 0
    for name, value in headers.items():
        if not (name.isascii() and name.isprintable() and name):
            return "headers", f"{name[:_LONGEST_SHOWN]!r} is not the name of a header"
        if not isinstance(value, str) or not _fits_header(value):
            return f"headers.{name}", "expected a text of one line, in ISO-8859-1"
        length = len(name) + len(value)
        if length > _LONGEST_HEADER:
            shown = name[:_LONGEST_SHOWN]
            return f"headers.{shown}", f"expected at most {_LONGEST_HEADER} bytes, got {length}"
        size += length
    if size > _LONGEST_HEADERS:
        return "headers", f"expected at most {_LONGEST_HEADERS} bytes in all, got {size}"
    return None


def _find_conflict(defaults: Any, part: Any) -> tuple[str, str] | None:
    """Return where the defaults have an object and the request has none; Kinto merges them."""
    if not isinstance(defaults, dict):
        return None
    for key in defaults.keys() & part.keys():
        if isinstance(defaults[key], dict):
            if not isinstance(part[key], dict):
                return key, "expected an object, as in defaults"
            error = _find_conflict(defaults[key], part[key])
            if error is not None:
                return f"{key}.{error[0]}", error[1]
    return None


def _fits_header(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return "\n" not in value and "\r" not in value and "\0" not in value


def _find_path_error(path: str) -> tuple[str, str] | None:
    if not path.isascii():
        return "path", "expected ASCII; encode other characters, as %C3%A9"
    try:
        decoded = unquote_to_bytes(path.partition("?")[0]).decode()
    except UnicodeDecodeError:
        return "path", "its encoded characters are not UTF-8"
    if _BULK.search(decoded):
        return "path", "bulk has transactions of its own and cannot be part of a batch"
    if _BATCH.fullmatch(decoded):
        return "path", "a batch cannot be part of a batch"
    if _PAGE.fullmatch(decoded):
        return "path", "a page of the catalogue cannot be part of a batch, which is JSON"
    return None
