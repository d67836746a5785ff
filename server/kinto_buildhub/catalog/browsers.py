"""Leads browsers from ``/`` and ``/v1/`` to the page, and the older pages' addresses too.

All others get what Kinto answers there: a redirect to ``/v1/``, and JSON about the server.
"""

import re
from typing import Any
from urllib.parse import urlencode

from pyramid.events import NewRequest
from pyramid.httpexceptions import HTTPTemporaryRedirect
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool

from kinto_buildhub.catalog.search_state.older_addresses import is_older, translate
from kinto_buildhub.catalog.search_state.query_string import parse_pairs
from kinto_buildhub.catalog.search_state.state import BadAddress

_PATHS = re.compile(r"/(?:v\d+/)?")


def includeme(config: Any) -> None:
    """Answer where a browser asks, before Kinto does."""
    config.add_route_predicate("leads_to_catalog", _LeadsToCatalog)
    config.add_view_predicate("leads_to_catalog", _LeadsToCatalog)
    config.add_route("catalog-from-hello", "/", request_method="GET", leads_to_catalog=True)
    _add_view(config, route_name="catalog-from-hello")
    if asbool(config.get_settings()["version_prefix_redirect_enabled"]):
        # Kinto's route was there before ours.
        _add_view(config, route_name="redirect_to_version", leads_to_catalog=True)
    config.add_subscriber(_on_new_request, NewRequest)


def _add_view(config: Any, **predicates: Any) -> None:
    config.add_view(
        _to_search, request_method="GET", permission=NO_PERMISSION_REQUIRED, **predicates
    )


class _LeadsToCatalog:
    """A predicate of routes and views: the request is one that a page answers."""

    def __init__(self, value: bool, config: Any) -> None:
        del config
        self._value = value

    def text(self) -> str:
        return f"leads_to_catalog = {self._value}"

    phash = text

    def __call__(self, context_or_info: Any, request: Any) -> bool:
        del context_or_info
        return bool(_PATHS.fullmatch(request.path)) and wants_page(request) == self._value


def wants_page(request: Any) -> bool:
    """Return whether HTML ranks above JSON, or is welcome where the address is a page's."""
    if getattr(request, "parent", None) is not None:
        return False  # Part of a batch, which has no place for pages.
    ranks = dict(request.accept.acceptable_offers(["application/json", "text/html"]))
    html, json = ranks.get("text/html", 0), ranks.get("application/json", 0)
    return bool(html > json or (html and is_older(_pairs(request) or [])))


def _pairs(request: Any) -> list[tuple[str, str]] | None:
    try:
        return parse_pairs(request.query_string)
    except BadAddress:
        return None


def _to_search(request: Any) -> Any:
    pairs = _pairs(request)
    # The page says what is wrong with a query string.
    query = request.query_string if pairs is None else urlencode(translate(pairs))
    path = request.route_path("catalog-search")
    return HTTPTemporaryRedirect(f"{path}?{query}" if query else path)


def _on_new_request(event: Any) -> None:
    if _PATHS.fullmatch(event.request.environ.get("PATH_INFO", "")):
        event.request.add_response_callback(_vary_by_accept)


def _vary_by_accept(request: Any, response: Any) -> None:
    del request
    response.vary = (*(response.vary or ()), "Accept")
