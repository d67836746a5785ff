"""What a reader of a misspelt bucket or collection is told: it may not exist.

Kinto asks for a login, the same for what does not exist and for what is private. So does this
message, which is no way to learn private names.
"""

from typing import Any

from kinto.core.errors import ERRORS
from pyramid.events import NewRequest

HINT = "If it should be public: check the names in its address, it may not exist."


def includeme(config: Any) -> None:
    """Subscribe to each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    if event.request.method in ("GET", "HEAD"):
        event.request.add_response_callback(_on_response)


def _on_response(request: Any, response: Any) -> None:
    if response.status_code != 401 or "/buckets/" not in request.path:
        return
    if response.content_type != "application/json" or not response.has_body:
        return
    body = response.json_body
    if body.get("errno") == ERRORS.MISSING_AUTH_TOKEN.value and isinstance(
        body.get("message"), str
    ):
        response.json_body = {**body, "message": f"{body['message']} {HINT}"}
