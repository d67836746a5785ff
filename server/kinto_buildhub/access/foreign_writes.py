"""Refuses what another site makes a browser write, with the password that the browser remembers.

Browsers ask the server before a script of another site sends JSON, and do not add a password then.
They ask nothing before requests that a form might have sent, nor before one of no media type, which
Kinto takes for JSON. Programs say nothing of sites, so they may leave the media type out.

Source: https://fetch.spec.whatwg.org/#cors-safelisted-request-header
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.events import ContextFound

from kinto_buildhub.request_hooks.bodies.body_limits import is_search

_UNASKED_TYPES = frozenset(
    {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}
)

# "none" is a request that the user makes without a page, such as sending a form again.
_OWN_SITE = frozenset({"same-origin", "none"})

# Its page has forms, and refuses foreign ones as a page.
_PAGE = "credentials-page"


def includeme(config: Any) -> None:
    """Check each request once its route is known."""
    config.add_subscriber(_on_context_found, ContextFound)


def comes_from_elsewhere(headers: Mapping[str, str], host: str) -> bool:
    """Return whether a browser says that another site has made it send the request.

    Args:
        headers: of the request; programs have neither of the two.
        host: of the page, as the browser names it.

    Source: https://www.w3.org/TR/fetch-metadata/, RFC 6454 for ``Origin``.
    """
    if headers.get("Sec-Fetch-Site", "none") not in _OWN_SITE:
        return True
    origin = headers.get("Origin")
    return origin is not None and not _is_of(origin, host)


def require_own_site(request: Any) -> None:
    """Check that no other site has made a browser send the request.

    Raises:
        HTTPForbidden: one has.
    """
    if comes_from_elsewhere(request.headers, request.host):
        raise http_error(
            httpexceptions.HTTPForbidden(),
            errno=ERRORS.FORBIDDEN,
            message="The request was sent from another site, so nothing was done.",
        )


def _is_of(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _on_context_found(event: Any) -> None:
    request = event.request
    is_unasked = request.method == "POST" and request.content_type in _UNASKED_TYPES
    if not is_unasked or "HTTP_AUTHORIZATION" not in request.environ:
        return
    if getattr(request, "parent", None) is not None or is_search(request.environ["PATH_INFO"]):
        return  # Batches are checked as a whole, and searches change nothing.
    route = request.matched_route
    if route is None or route.name != _PAGE:
        require_own_site(request)
