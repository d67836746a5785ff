"""Requests in the media types that Kinto knows, in the spelling that it compares with."""

import re
from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.events import NewRequest

from kinto_buildhub.negotiation.accept import UnknownVersion, translate_accept
from kinto_buildhub.request_hooks.bodies.body_limits import takes_gzip

# At the root, addresses of older services lead elsewhere.
_API = re.compile(r"/v[0-9]+/")


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
    _check_coding(environ)
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


def _check_coding(environ: dict[str, Any]) -> None:
    """Refuse compressed JSON, which Kinto would try to read."""
    coding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    path = environ.get("PATH_INFO", "")
    if coding in ("", "identity") or not _API.match(path) or takes_gzip(path):
        return
    response = http_error(
        httpexceptions.HTTPUnsupportedMediaType(),
        errno=ERRORS.INVALID_PARAMETERS,
        message=f"Content-Encoding is {coding!r}: only bulk and search take compressed bodies.",
    )
    response.headers["Accept-Encoding"] = "identity"
    raise response
