"""A page as an Atom feed, of RFC 4287."""

from typing import Any

from pyramid.renderers import render
from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Page


def render_atom(request: Any, page: Page) -> Response:
    """Return the page as a feed."""
    values = {"page": page, "entries": page.entries(), "address": request.url}
    return Response(
        render("kinto_buildhub.catalog:templates/feed.jinja2", values, request),
        content_type="application/atom+xml",
        charset="UTF-8",
    )
