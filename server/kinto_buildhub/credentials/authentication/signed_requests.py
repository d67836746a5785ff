"""What a Hawk signature of a request is about, from Pyramid's request."""

import re
from typing import Any

from kinto_buildhub.credentials.authentication import refusals
from kinto_buildhub.credentials.authentication.hawk import SignedRequest

_ORIGIN = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*")


def build_signed_request(request: Any, public_url: str) -> SignedRequest:
    """Return what is signed.

    Args:
        public_url: of the server. What the request says of its host may be anybody's.

    Raises:
        HTTPUnauthorized: it cannot be signed as it is.
    """
    if "X-HTTP-Method-Override" in request.headers:
        raise refusals.invalid_signature("X-HTTP-Method-Override is not signed: leave it out.")
    body = None
    if request.content_length is None and request.is_body_readable:
        raise refusals.invalid_signature("A body needs a Content-Length.")
    if request.content_length:
        request.make_body_seekable()
        body = request.body_file_raw
    return SignedRequest(
        header=request.headers["Authorization"],
        method=request.environ["REQUEST_METHOD"],
        public_url=public_url,
        target=_find_target(request),
        content_type=request.headers.get("Content-Type", ""),
        body=body,
    )


def rewind(signed: SignedRequest) -> None:
    """Let the body be read again."""
    if signed.body is not None:
        signed.body.seek(0)


def _find_target(request: Any) -> str:
    """Return path and query as they were sent: other spellings have other signatures."""
    environ = request.environ
    sent = environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.path_qs
    target = _ORIGIN.sub("", sent, count=1) if not sent.startswith("/") else sent
    path = target.partition("?")[0]
    # Those of CONNECT and of OPTIONS *; together with the public URL they are no address.
    if target and not target.startswith("/"):
        raise refusals.invalid_signature("Only a path can be signed.")
    # Of what is after these, Python's and other clients sign different parts, or none.
    if ";" in path or "#" in target or not (target.isascii() and target.isprintable()):
        raise refusals.invalid_signature("Encode ; and # and what is not ASCII in the URL.")
    return str(target)
