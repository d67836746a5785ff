"""What a request for a file asks for: nothing, as it has the file already, a part of it, or all."""

import re
from typing import Any

from pyramid.response import Response

_PART = re.compile(
    r"bytes\s*=\s*(?:(?P<first>[0-9]{1,19})-(?P<last>[0-9]{0,19})|-(?P<suffix>[0-9]{1,19}))", re.I
)


class NoSuchPart(Exception):
    """The file is shorter than the part that is asked for begins."""


def is_known(request: Any, response: Response) -> bool:
    """Return whether the client has what *response* would send: see RFC 9110, section 13.2.2."""
    if "If-None-Match" in request.headers:
        return response.etag in request.if_none_match
    since = request.if_modified_since
    return since is not None and response.last_modified <= since


def asked_part(request: Any, response: Response) -> tuple[int, int] | None:
    """Return the first byte of the part that is asked for, and the one after it; None for all.

    What is no part, and several parts in one request, get the whole file: see RFC 9110,
    section 14.2.

    Raises:
        NoSuchPart: see there.
    """
    found = _PART.fullmatch(request.headers.get("Range", "").strip())
    if found is None or request.method != "GET" or response not in request.if_range:
        return None
    length: int = response.content_length
    if found["suffix"]:
        start, stop = max(0, length - int(found["suffix"])), length
    else:
        start = int(found["first"])
        stop = min(int(found["last"]) + 1, length) if found["last"] else length
        if found["last"] and int(found["last"]) < start:
            return None
    if start >= length:
        raise NoSuchPart
    return start, stop
