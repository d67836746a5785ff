"""Values that only the database finds out to be impossible, answered with status 400.

Kinto answers 503 or 500, as if trying again could help.
"""

from typing import Any

from kinto.core.errors import ERRORS, http_error
from kinto.core.storage.exceptions import BackendError
from kinto.core.views.errors import error as error_view
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED

# What psycopg2 says of a text for the database.
_NUL = "A string literal cannot contain NUL"
# The classes of SQLSTATE for values: "data exception" and "program limit exceeded".
_VALUE_ERRORS = ("22", "54")


def includeme(config: Any) -> None:
    """Look into errors of the database before Kinto answers them."""
    for context in (BackendError, ValueError):
        config.add_view(_answer, context=context, permission=NO_PERMISSION_REQUIRED)


def find_value_error(error: Exception) -> str | None:
    """Return the message for a value that the database refuses; None for any other error."""
    if isinstance(error, ValueError):
        return "Invalid character 0x00: no text may hold it." if _NUL in str(error) else None
    cause: Any = getattr(getattr(error, "original", None), "orig", None)
    code = getattr(cause, "pgcode", None) or ""
    if not code.startswith(_VALUE_ERRORS):
        return None
    return f"The database cannot hold or compare a value: {cause.diag.message_primary}"


def _answer(error: Exception, request: Any) -> Any:
    message = find_value_error(error)
    if message is None:
        return error_view(error, request)
    return http_error(
        httpexceptions.HTTPBadRequest(), errno=ERRORS.INVALID_PARAMETERS, message=message
    )
