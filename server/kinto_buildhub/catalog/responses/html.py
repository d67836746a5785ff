"""A page as HTML, from its template."""

from collections.abc import Mapping
from typing import Any

from pyramid.renderers import render
from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Page
from kinto_buildhub.catalog.responses.commands import page_commands
from kinto_buildhub.catalog.responses.links import Links

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def render_html(request: Any, page: Page) -> Response:
    """Return the page as HTML."""
    commands = page_commands(request, page) if page.status == 200 else ()
    values = {"page": page, "commands": commands, **page.values()}
    return html_response(request, f"kinto_buildhub.catalog:templates/{page.template}", values)


def html_response(request: Any, template: str, values: Mapping[str, Any]) -> Response:
    """Return what a template makes of *values*, in the frame and under the policy of all pages.

    Args:
        template: as ``package:path``.
        values: ``page``, with a title and a description, and what the template needs.
    """
    text = render(template, {"links": Links(request), **values}, request)
    response = Response(text.encode("utf-8", "replace"), content_type="text/html", charset="UTF-8")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response
