"""A page as an HTTP response, in the format that its address asks for."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from pyramid.response import Response

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.page import Page
from kinto_buildhub.catalog.responses.errors import ErrorPage, describe_error
from kinto_buildhub.catalog.responses.feeds import render_atom
from kinto_buildhub.catalog.responses.html import render_html
from kinto_buildhub.catalog.responses.json import render_json
from kinto_buildhub.catalog.responses.links import related_urls
from kinto_buildhub.catalog.responses.page_address import HTML
from kinto_buildhub.catalog.responses.tables import render_csv
from kinto_buildhub.catalog.search_state.state import BadAddress
from kinto_buildhub.coverage.header import HEADER
from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.errors import SearchError

FORMATS: Mapping[str, Callable[[Any, Page], Response]] = {
    HTML: render_html,
    "json": render_json,
    "csv": render_csv,
    "atom": render_atom,
}
_LINKED = ("prev", "next")


def responding(
    make_page: Callable[[Any], Page], question: Callable[[Any], ApiRequest | None]
) -> Callable[[Any], Response]:
    """Return a Pyramid view that sends the page that *make_page* makes, or the error it raises.

    Args:
        question: makes the request that answers the same without search, for when it is down.
    """

    def respond(request: Any) -> Response:
        with spending(Budget(request.registry.buildhub_search.settings.limits)):
            page = _answer(request, make_page, question)
        response = FORMATS[request.matchdict.get("format", HTML)](request, page)
        response.status_code = page.status
        _add_headers(request, page, response)
        return response

    return respond


def _answer(
    request: Any, make_page: Callable[[Any], Page], question: Callable[[Any], ApiRequest | None]
) -> Page | ErrorPage:
    try:
        try:
            return make_page(request)
        except SearchError as exc:
            return describe_error(exc, question(request))
    except BadAddress as exc:
        # While search is down, it may be the other question that finds what is wrong.
        return describe_error(exc, None)


def _add_headers(request: Any, page: Page | ErrorPage, response: Response) -> None:
    if isinstance(page, ErrorPage) and page.retry_after_seconds:
        response.headers["Retry-After"] = str(page.retry_after_seconds)
    if page.completeness is not None and page.completeness.until is not None:
        response.headers[HEADER] = page.completeness.until
    related = related_urls(request, page)
    links = [f'<{related[name]}>; rel="{name}"' for name in _LINKED if name in related]
    if links:
        response.headers["Link"] = ", ".join(links)
    response.cache_control = "no-cache"
    if page.status == 200:
        add_validator(response)


def add_validator(response: Response) -> None:
    """Let clients ask whether they have this response already."""
    # Weak, as the same body may be compressed or not.
    response.headers["ETag"] = f'W/"{blake2b(response.body, digest_size=12).hexdigest()}"'
    response.conditional_response = True
