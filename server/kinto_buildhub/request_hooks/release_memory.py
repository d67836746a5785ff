"""What a request held goes when it is answered, and not when Python comes to collect it.

Pyramid's request and webob's response refer to themselves, so they stay until the garbage collector
comes by, and with them all that they hold: the answer, and the records that subscribers were told
of. For a page of five thousand records that is thirty megabytes, and there were ten and more such
pages around while somebody read a collection from end to end.
"""

from collections.abc import Iterator
from typing import Any

from pyramid.events import NewRequest


def includeme(config: Any) -> None:
    """Look after each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    request = event.request
    # What is part of a batch shares what the batch holds.
    if getattr(request, "parent", None) is None:
        request.add_response_callback(_on_response)
        request.add_finished_callback(_forget)


def _on_response(request: Any, response: Any) -> None:
    # Others still read the body, to log or to measure it; in the end nobody does.
    request.add_finished_callback(lambda _: _send_once(response))


def _send_once(response: Any) -> None:
    """Have the response hold its body until it is sent, and not longer."""
    # Pyramid gives those that have none one later: redirects say where to.
    if isinstance(response.app_iter, list) and response.has_body:
        length = response.content_length
        response.app_iter = _emptying(response.app_iter)
        response.content_length = length  # It goes when the body is set.


def _emptying(parts: list[bytes]) -> Iterator[bytes]:
    while parts:
        yield parts.pop(0)


def _forget(request: Any) -> None:
    request.bound_data.clear()
