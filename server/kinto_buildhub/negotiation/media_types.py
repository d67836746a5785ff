"""Requests in the media types that Kinto knows, in the spelling that it compares with."""

from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.events import NewRequest

from kinto_buildhub.negotiation.accept import UnknownVersion, translate_accept


def includeme(config: Any) -> None:
    """Translate the headers of each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def lower_type(content_type: str) -> str:
    """Return a ``Content-Type`` with its type in lower case; its parameters stay as they are."""
    name, semicolon, parameters = content_type.partition(";")
    return f"{name.lower()}{semicolon}{parameters}"


def _on_new_request(event: Any) -> None:
    environ = event.request.environ
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = lower_type(environ["CONTENT_TYPE"])
    if "HTTP_ACCEPT" not in environ:
        return
    try:
        environ["HTTP_ACCEPT"] = translate_accept(environ["HTTP_ACCEPT"])
    except UnknownVersion as exc:
        raise http_error(
            httpexceptions.HTTPNotAcceptable(),
            errno=ERRORS.VERSION_NOT_AVAILABLE,
            message=f"{exc}.",
        ) from exc
