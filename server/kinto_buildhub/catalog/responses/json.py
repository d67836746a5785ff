"""A page as JSON."""

from typing import Any

import orjson
from pyramid.response import Response

from kinto_buildhub.catalog.pages.page import Page


def render_json(request: Any, page: Page) -> Response:
    """Return the page as JSON."""
    return Response(orjson.dumps(page.data()), content_type="application/json", charset="UTF-8")
