"""Release the memory of a request when it is answered, not when garbage is collected.

Pyramid's request and WebOb's response refer to themselves, so they stay until the garbage collector
runs, with everything that they hold: the answer, and the records in the events. For a page of five
thousand records that is thirty megabytes, and ten or more such pages were in memory while a client
read a collection from end to end.
"""

from collections.abc import Iterator
from typing import Any

from pyramid.events import NewRequest
from pyramid.httpexceptions import HTTPException


def includeme(config: Any) -> None:
    """Subscribe to each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    request = event.request
    # A request within a batch shares the data of the batch.
    if getattr(request, "parent", None) is None:
        request.add_response_callback(_on_response)
        request.add_finished_callback(_forget)


def _on_response(request: Any, response: Any) -> None:
    # Other callbacks still read the body, for logs and metrics; finished callbacks come last.
    request.add_finished_callback(lambda _: _send_once(response))


def _send_once(response: Any) -> None:
    """Have the response drop its body as it is sent."""
    # An error is small, and the same object may be raised again.
    if isinstance(response, HTTPException):
        return
    # Pyramid writes the bodies of redirects later, if they have none.
    if isinstance(response.app_iter, list) and response.has_body:
        length = response.content_length
        response.app_iter = _emptying(response.app_iter)
        response.content_length = length  # Setting the body removes it.


def _emptying(parts: list[bytes]) -> Iterator[bytes]:
    while parts:
        yield parts.pop(0)


def _forget(request: Any) -> None:
    request.bound_data.clear()
