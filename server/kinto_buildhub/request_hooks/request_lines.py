"""The length of a request line, within a batch as outside."""

from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.events import NewRequest

# Bytes; the most that Gunicorn accepts. It is for `in_…` filters with many members and for the
# addresses of next pages.
LONGEST_REQUEST_LINE = 8190


def includeme(config: Any) -> None:
    """Refuse requests of a batch that the server would not accept one by one."""
    config.add_subscriber(_check_length, NewRequest)


def _check_length(event: Any) -> None:
    request = event.request
    if getattr(request, "parent", None) is None:
        return  # The HTTP server has checked it.
    environ = request.environ
    length = sum(len(environ.get(name, "")) for name in ("PATH_INFO", "QUERY_STRING"))
    if length > LONGEST_REQUEST_LINE:
        raise http_error(
            httpexceptions.HTTPRequestURITooLong(),
            errno=ERRORS.INVALID_PARAMETERS,
            message=f"path: expected at most {LONGEST_REQUEST_LINE} bytes, got {length}",
        )
