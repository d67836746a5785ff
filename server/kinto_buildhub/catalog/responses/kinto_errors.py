"""Errors of Kinto as pages, at the addresses where people read them.

Kinto answers errors as JSON: a login is needed, there is no such page, the database is down. The
status and the headers stay as they are.
"""

import re
from typing import Any

from pyramid.events import NewResponse

from kinto_buildhub.catalog.responses.errors import ErrorPage
from kinto_buildhub.catalog.responses.feeds import render_atom
from kinto_buildhub.catalog.responses.html import render_html
from kinto_buildhub.catalog.responses.page_address import format_of
from kinto_buildhub.catalog.responses.tables import render_csv

_PATH = re.compile(r"/v\d+/catalog(/.*)?", re.DOTALL)
_RENDERERS = {"html": render_html, "csv": render_csv, "atom": render_atom}
_TITLES = {
    401: "This catalogue is not public",
    403: "This catalogue is not for you",
    404: "There is no such page",
    405: "Pages are only read",
    500: "Something is broken here",
    503: "The catalogue is down",
}
# Kinto asks for a login, the same for what does not exist and for what is private.
_HINTS = {
    401: "If it should be public, it may not exist yet: buildhub init creates it, and the setting "
    "kinto.buildhub.catalog_collection says which one it is."
}


def includeme(config: Any) -> None:
    """Subscribe to each response."""
    config.add_subscriber(_on_new_response, NewResponse)


def _on_new_response(event: Any) -> None:
    request, response = event.request, event.response
    if response.status_code < 400 or not _PATH.fullmatch(request.environ.get("PATH_INFO", "")):
        return
    render = _RENDERERS.get(format_of(request))
    if render is None or response.content_type != "application/json":
        return
    error = response.json_body
    if not isinstance(error, dict) or "errno" not in error:
        return
    status = response.status_code
    title = _TITLES.get(status, str(error.get("error")))
    message = str(error.get("message") or error.get("error"))
    description = f"{message} {_HINTS.get(status, '')}".rstrip()
    page = render(request, ErrorPage(status, title, description, error["errno"]))
    response.body = page.body
    response.content_type, response.charset = page.content_type, "UTF-8"
    for name in ("Content-Security-Policy", "Referrer-Policy"):
        if name in page.headers:
            response.headers[name] = page.headers[name]
