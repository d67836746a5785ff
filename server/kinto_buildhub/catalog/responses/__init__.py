"""A page as an HTTP response, in the format that its address asks for."""

from collections.abc import Callable, Mapping
from typing import Any

from pyramid.response import Response

from kinto_buildhub.catalog.compression import compress
from kinto_buildhub.catalog.pages.page import Page
from kinto_buildhub.catalog.responses.errors import ErrorPage, describe_error
from kinto_buildhub.catalog.responses.feeds import render_atom
from kinto_buildhub.catalog.responses.html import render_html
from kinto_buildhub.catalog.responses.json import render_json
from kinto_buildhub.catalog.responses.tables import render_csv
from kinto_buildhub.catalog.search_state.state import BadAddress
from kinto_buildhub.search.budget import Budget, spending
from kinto_buildhub.search.errors import SearchError

HTML = "html"
FORMATS: Mapping[str, Callable[[Any, Page], Response]] = {
    HTML: render_html,
    "json": render_json,
    "csv": render_csv,
    "atom": render_atom,
}


def responding(make_page: Callable[[Any], Page]) -> Callable[[Any], Response]:
    """Return a Pyramid view that sends the page that *make_page* makes, or the error it raises."""

    def respond(request: Any) -> Response:
        with spending(Budget(request.registry.buildhub_search.settings.limits)):
            page: Page | ErrorPage
            try:
                page = make_page(request)
            except (BadAddress, SearchError) as exc:
                page = describe_error(exc)
        response = FORMATS[request.matchdict.get("format", HTML)](request, page)
        response.status_code = page.status
        if isinstance(page, ErrorPage) and page.retry_after_seconds:
            response.headers["Retry-After"] = str(page.retry_after_seconds)
        compress(request, response)
        return response

    return respond
