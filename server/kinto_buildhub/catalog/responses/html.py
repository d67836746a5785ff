"""A page as HTML, from its template."""

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
    values = {"page": page, "links": Links(request), "commands": commands, **page.values()}
    text = render(f"kinto_buildhub.catalog:templates/{page.template}", values, request)
    response = Response(text.encode("utf-8", "replace"), content_type="text/html", charset="UTF-8")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response
