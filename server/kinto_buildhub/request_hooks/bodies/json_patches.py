"""JSON patches of ``/data`` and ``/permissions`` as a whole, which Kinto applies without a look.

What they leave has to be a record and its permissions again. Otherwise Kinto answers 500.
"""

from typing import Any

from kinto.core.errors import raise_invalid
from pyramid.events import ContextFound

_MEDIA_TYPE = "application/json-patch+json"
_SETTING = ("add", "replace")


def includeme(config: Any) -> None:
    """Check each request with a JSON patch."""
    config.add_subscriber(_on_context_found, ContextFound)


def find_patch_error(operations: Any) -> str | None:
    """Return why operations cannot be applied; None leaves the verdict to Kinto."""
    if not isinstance(operations, list):
        return None
    for operation in operations:
        if isinstance(operation, dict) and isinstance(operation.get("path"), str):
            error = _find_error(operation)
            if error is not None:
                return error
    return None


def _find_error(operation: dict[str, Any]) -> str | None:
    kind, path, value = operation.get("op"), operation["path"], operation.get("value")
    if kind == "test":
        return None
    if kind == "move" and _is_whole(operation.get("from")):
        return f"from: {operation['from']!r} cannot be moved, only what is in it"
    parts = path.split("/")
    if path == "/data" and not (kind in _SETTING and isinstance(value, dict)):
        return "path: '/data' can only be replaced, by an object"
    if path == "/permissions" and not (kind in _SETTING and _are_permissions(value)):
        return "path: '/permissions' can only be replaced, by an object of lists of principals"
    if len(parts) == 3 and parts[1] == "permissions" and kind != "remove":
        if kind in _SETTING and _are_principals(value):
            return None
        return f"path: {path!r} can only be replaced, by a list of principals, or removed"
    return f"path: {path!r} is neither in /data nor in /permissions" if len(parts) < 2 else None


def _is_whole(path: Any) -> bool:
    return path in ("", "/data", "/permissions")


def _are_permissions(value: Any) -> bool:
    return isinstance(value, dict) and all(_are_principals(each) for each in value.values())


def _are_principals(value: Any) -> bool:
    return isinstance(value, list | dict) and all(isinstance(each, str) for each in value)


def _on_context_found(event: Any) -> None:
    request = event.request
    if request.method != "PATCH" or request.content_type != _MEDIA_TYPE:
        return
    try:
        operations = request.json_body
    except ValueError:
        return  # Kinto says so.
    error = find_patch_error(operations)
    if error is not None:
        raise_invalid(request, location="body", description=f"JSON Patch operation failed: {error}")
