"""Request lines and headers that Kinto stumbles over, answered with status 400 (or 414).

Cookies are dropped: nobody here sets or reads any, but Kinto has WebOb parse them, which takes a
time quadratic in their length, and a second for 8 KB that were chosen with care.
"""

import codecs
import re
from email.message import Message
from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.events import NewRequest

# Bytes; the most that Gunicorn accepts. It is for `in_…` filters with many members and for the
# addresses of next pages.
LONGEST_REQUEST_LINE = 8190

# By the names that Python gives them. It has others that are no charsets of the web, and of which
# some take hours for a few MB, such as Punycode.
_CHARSETS = frozenset(
    {"utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"}
    | {"ascii", "iso8859-1", "iso8859-15", "cp1252"}
)

_FORM = "multipart/form-data"
# RFC 2046, with the length that Python reads.
_BOUNDARY = re.compile(r"[ -~]{0,200}[!-~]")


def includeme(config: Any) -> None:
    """Check each request, those of a batch included."""
    config.add_subscriber(_check, NewRequest)


def _check(event: Any) -> None:
    request = event.request
    request.environ.pop("HTTP_COOKIE", None)
    # Outside of a batch, the HTTP server has checked the length.
    if getattr(request, "parent", None) is not None:
        _check_length(request.environ)
    if "\x00" in request.environ.get("PATH_INFO", ""):
        raise _error(httpexceptions.HTTPBadRequest(), "path: Invalid character 0x00")
    _check_charset(request.charset)
    if request.content_type == _FORM:
        _check_boundary(request.environ["CONTENT_TYPE"])


def _check_length(environ: dict[str, Any]) -> None:
    length = sum(len(environ.get(name, "")) for name in ("PATH_INFO", "QUERY_STRING"))
    if length > LONGEST_REQUEST_LINE:
        raise _error(
            httpexceptions.HTTPRequestURITooLong(),
            f"path: expected at most {LONGEST_REQUEST_LINE} bytes, got {length}",
        )


def _check_charset(name: str) -> None:
    try:
        is_known = codecs.lookup(name).name in _CHARSETS
    except (LookupError, ValueError):
        is_known = False
    if not is_known:
        message = f"Content-Type: the charset {name!r} is unknown; expected utf-8"
        raise _error(httpexceptions.HTTPBadRequest(), message)


def _check_boundary(content_type: str) -> None:
    """Refuse a form whose parts cannot be told: WebOb fails when it reads one, empty or not."""
    header = Message()
    header["Content-Type"] = content_type
    if not _BOUNDARY.fullmatch(header.get_boundary("")):
        message = f"Content-Type: {_FORM} needs a boundary; got {content_type!r}"
        raise _error(httpexceptions.HTTPBadRequest(), message)


def _error(response: Any, message: str) -> Any:
    return http_error(response, errno=ERRORS.INVALID_PARAMETERS, message=message)
