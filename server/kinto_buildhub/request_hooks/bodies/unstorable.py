"""Values that only the database finds out to be impossible, answered with status 400.

Kinto answers 503 or 500, as if trying again could help.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kinto.core.errors import ERRORS, http_error
from kinto.core.storage.exceptions import BackendError
from kinto.core.views.errors import error as error_view
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED
from webob.request import DisconnectionError

# What psycopg2 says of a text for the database.
_NUL = "A string literal cannot contain NUL"
# The classes of SQLSTATE for values: "data exception" and "program limit exceeded".
_VALUE_ERRORS = ("22", "54")
# "Program limit exceeded": a value does not fit into an index.
_TOO_LONG = "54000"


def includeme(config: Any) -> None:
    """Look into errors of the database before Kinto answers them."""
    for context in (BackendError, ValueError):
        config.add_view(_answer, context=context, permission=NO_PERMISSION_REQUIRED)


def find_value_error(error: Exception, data: Any = None) -> str | None:
    """Return the message for a value that the database refuses; None for any other error.

    Args:
        data: what was to be stored, if it is known. The database does not say which of its
            fields is too long for an index, so the longest one is named.
    """
    if isinstance(error, ValueError):
        return "Invalid character 0x00: no text may hold it." if _NUL in str(error) else None
    cause: Any = getattr(getattr(error, "original", None), "orig", None)
    code = getattr(cause, "pgcode", None) or ""
    if not code.startswith(_VALUE_ERRORS):
        return None
    message = f"The database cannot hold or compare a value: {cause.diag.message_primary}"
    if code == _TOO_LONG and (texts := list(_iter_texts(data))):
        length, name = max(texts)
        message += f"; the longest one is {name}, of {length} characters"
    return message


def _iter_texts(data: Any) -> Iterator[tuple[int, str]]:
    """Yield the length and the path of each text in JSON, however deep it is."""
    waiting = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield len(value), path
        elif isinstance(value, list):
            waiting += [(path, item) for item in value]
        elif isinstance(value, dict):
            waiting += [(f"{path}.{name}".lstrip("."), item) for name, item in value.items()]


def _data_of(request: Any) -> Any:
    # The body of a bulk request is read once, and gone: to WebOb the client has disconnected.
    with suppress(ValueError, DisconnectionError):
        body = request.json
        return body.get("data") if isinstance(body, dict) else None
    return None


def _answer(error: Exception, request: Any) -> Any:
    message = find_value_error(error, _data_of(request))
    if message is None:
        return error_view(error, request)
    return http_error(
        httpexceptions.HTTPBadRequest(), errno=ERRORS.INVALID_PARAMETERS, message=message
    )
