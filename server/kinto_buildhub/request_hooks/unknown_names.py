"""What a reader of a misspelt bucket, collection or record is told: it may not exist.

Kinto asks for a login, the same for what does not exist and for what is private. So does this
message, which is no way to learn private names: it names the one collection that the settings do.
Where Kinto says that something does not exist, it has no message.
"""

from collections.abc import Callable
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
    find_message = _MESSAGES.get(response.status_code)
    if find_message is None or response.content_type != "application/json":
        return
    if not response.has_body:
        return
    body = response.json_body
    message = find_message(request, body) if isinstance(body, dict) else None
    if message is not None:
        response.json_body = {**body, "message": message}


def _ask_for_login(request: Any, error: dict[str, Any]) -> str | None:
    is_missing = error.get("errno") == ERRORS.MISSING_AUTH_TOKEN.value
    if not is_missing or not isinstance(error.get("message"), str):
        return None
    if "/buckets/" not in request.path or not _is_read(request):
        return None
    bucket_id, collection_id = request.registry.buildhub_settings["buildhub.catalog_collection"]
    catalogue = f"/v1/buckets/{bucket_id}/collections/{collection_id}/records"
    return f"{error['message']} {HINT} The catalogue of this server is {catalogue}."


def _name_missing(_: Any, error: dict[str, Any]) -> str | None:
    details = error.get("details")
    if "message" in error or not isinstance(details, dict):
        return None
    kind, name = details.get("resource_name"), details.get("id")
    return None if kind is None or name is None else f"There is no {kind} {name!r} here."


_MESSAGES: dict[int, Callable[[Any, dict[str, Any]], str | None]] = {
    401: _ask_for_login,
    404: _name_missing,
}


def _is_read(request: Any) -> bool:
    """Return whether it reads; searches that are posted do."""
    if request.method in ("GET", "HEAD"):
        return True
    service = current_service(request)
    return service is not None and service.name in _POSTED_READS
