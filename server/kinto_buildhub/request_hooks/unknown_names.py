"""What a reader of a misspelt bucket or collection is told: it may not exist.

Kinto asks for a login, the same for what does not exist and for what is private. So does this
message, which is no way to learn private names.
"""

from typing import Any

from kinto.core.errors import ERRORS
from kinto.core.utils import current_service
from pyramid.events import NewRequest

# Names of services below a collection whose POST reads.
_POSTED_READS = frozenset(
    {"search", "search-current", "search-count", "search-many", "search-mget"}
)

HINT = "If it should be public: check the names in its address, it may not exist."


def includeme(config: Any) -> None:
    """Subscribe to each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    event.request.add_response_callback(_on_response)


def _on_response(request: Any, response: Any) -> None:
    if response.status_code != 401 or "/buckets/" not in request.path or not _is_read(request):
        return
    if response.content_type != "application/json" or not response.has_body:
        return
    body = response.json_body
    if body.get("errno") == ERRORS.MISSING_AUTH_TOKEN.value and isinstance(
        body.get("message"), str
    ):
        response.json_body = {**body, "message": f"{body['message']} {HINT}"}


def _is_read(request: Any) -> bool:
    """Return whether it reads; searches that are posted do."""
    if request.method in ("GET", "HEAD"):
        return True
    service = current_service(request)
    return service is not None and service.name in _POSTED_READS
