"""The next page of a deletion: the same request again, since the page before it is gone.

Kinto's token says where the last page ended. But what was deleted has lost its values, and has a
new timestamp, so the next request found nothing and answered 200.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pyramid.events import NewRequest

_NEXT_PAGE = "Next-Page"


def includeme(config: Any) -> None:
    """Subscribe to each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def without_token(url: str) -> str:
    """Return the URL of a page as that of a first page."""
    parts = urlsplit(url)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "_token"]
    return parts._replace(query=urlencode(pairs)).geturl()


def _on_new_request(event: Any) -> None:
    if event.request.method == "DELETE":
        event.request.add_response_callback(_on_response)


def _on_response(request: Any, response: Any) -> None:
    if _NEXT_PAGE in response.headers:
        response.headers[_NEXT_PAGE] = without_token(response.headers[_NEXT_PAGE])
