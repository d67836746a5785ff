"""HEAD of a list, which counts and does not read: nobody knows how long the list would be.

Kinto tells the length of an empty object.
"""

from typing import Any

from pyramid.events import NewRequest

_COUNT = "Total-Objects"


def includeme(config: Any) -> None:
    """Subscribe to each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    if event.request.method == "HEAD":
        event.request.add_response_callback(_on_response)


def _on_response(request: Any, response: Any) -> None:
    del request
    if _COUNT in response.headers:
        response.headers.pop("Content-Length", None)
