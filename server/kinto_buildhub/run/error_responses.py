"""Errors that the server answers itself, without the application: in the shape of Kinto's."""

import json
from http import HTTPStatus
from typing import Any

from gunicorn.http import errors
from kinto.core.errors import ERRORS

from kinto_buildhub.negotiation.accept import JSON, PROBLEM, prefers_problem
from kinto_buildhub.negotiation.problems import to_problem

RETRY_AFTER_SECONDS = 5

_ERRNOS = {
    HTTPStatus.BAD_REQUEST: ERRORS.INVALID_PARAMETERS,
    HTTPStatus.REQUEST_URI_TOO_LONG: ERRORS.INVALID_PARAMETERS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ERRORS.INVALID_PARAMETERS,
    HTTPStatus.SERVICE_UNAVAILABLE: ERRORS.BACKEND,
}

# The names of RFC 9110, which Python has since version 3.13.
_PHRASES = {HTTPStatus.REQUEST_URI_TOO_LONG: "URI Too Long"}

# Of Gunicorn's parser; all its other errors are of status 400.
_STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.LimitRequestLine, HTTPStatus.REQUEST_URI_TOO_LONG),
    (errors.LimitRequestHeaders, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.ExpectationFailed, HTTPStatus.EXPECTATION_FAILED),
    (errors.UnsupportedTransferCoding, HTTPStatus.NOT_IMPLEMENTED),
    (errors.ForbiddenProxyRequest, HTTPStatus.FORBIDDEN),
    # A header that the application has tried to send.
    (errors.InvalidResponseHeader, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.InvalidResponseHeaderName, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.ParseException, HTTPStatus.BAD_REQUEST),
)


def find_status(exc: BaseException) -> HTTPStatus:
    """Return the status for what was raised while a request was parsed or handled."""
    for kind, status in _STATUSES:
        if isinstance(exc, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def describe(exc: BaseException, status: HTTPStatus) -> str:
    """Return the message for a client, which learns nothing of the server's own mistakes."""
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return "The server has made a mistake, and has noted it."
    return f"The request cannot be read: {exc}"


def render_error(status: HTTPStatus, message: str, request: Any = None) -> bytes:
    """Return a whole response, after which the connection is closed.

    Args:
        request: Gunicorn's; None if it could not be read, and so cannot ask for another shape.
    """
    phrase = _PHRASES.get(status, status.phrase)
    error = {
        "code": int(status),
        "errno": _ERRNOS.get(status, ERRORS.UNDEFINED).value,
        "error": phrase,
        "message": message,
    }
    content_type = JSON
    if request is not None and prefers_problem(_accept_of(request)):
        content_type, error = PROBLEM, to_problem(error, request.uri)
    content = json.dumps(error).encode()
    head = (
        f"HTTP/1.1 {int(status)} {phrase}\r\nConnection: close\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\nVary: Accept\r\n"
        "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: Retry-After\r\n"
    )
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        head += f"Retry-After: {RETRY_AFTER_SECONDS}\r\n"
    return f"{head}\r\n".encode() + content


def _accept_of(request: Any) -> str:
    return ", ".join(value for name, value in request.headers if name == "ACCEPT")
