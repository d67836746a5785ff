"""A page as JSON."""

from typing import Any

from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Page
from kinto_buildhub.catalog.responses.links import related_urls
from kinto_buildhub.catalog.responses.page_address import collection_url, page_url
from kinto_buildhub.search.source import dump_json


def render_json(request: Any, page: Page) -> Response:
    """Return the page as JSON: its data, ``complete_until`` and ``links``."""
    data = {**page.data(), "links": _links(request, page)}
    if page.completeness is not None:
        data["complete_until"] = page.completeness.until
    return Response(dump_json(data), content_type="application/json", charset="UTF-8")


def _links(request: Any, page: Page) -> dict[str, str]:
    """Return ``self``, ``html``, related pages as JSON, and the same question to the API.

    An error has a question in any case, which may leave something out.
    """
    links = {"self": page_url(request, "json"), "html": page_url(request)}
    links |= related_urls(request, page)
    for question in page.requests()[:1]:
        if page.status == 200 and question.left_out:
            continue
        links["api"] = f"{collection_url(request)}/{question.address}"
    return links
