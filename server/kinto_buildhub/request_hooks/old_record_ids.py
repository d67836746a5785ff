"""Records of ESR builds by the IDs of earlier catalogues.

Those were ``firefox_esr_52-0esr_linux-x86_64_en-us``; today the channel is left out, since the
version ends in ``esr``. A GET or HEAD by the old ID returns the record. It is not a redirect, so
clients need no option to follow it; ``id`` and the ``Content-Location`` header hold today's ID.
"""

import re
from typing import Any
from urllib.parse import quote

from kinto.core.storage.exceptions import ObjectNotFoundError
from pyramid.events import NewRequest

_RECORD_PATH = re.compile(
    r"(?P<base>/v[0-9]+)"
    r"(?P<parent_id>/buckets/[A-Za-z0-9_-]+/collections/[A-Za-z0-9_-]+)"
    r"/records/(?P<record_id>[A-Za-z0-9_-]+)"
)
_PRODUCT = re.compile(r"[a-z]+")

_FOUND_STATUSES = frozenset({200, 304})


def includeme(config: Any) -> None:
    """Subscribe to each request for a single record."""
    config.add_subscriber(_on_new_request, NewRequest)


def find_current_id(record_id: str) -> str | None:
    """Return today's form of an old ESR record ID; None for any other ID."""
    # Parted, not matched: an expression for all of it takes quadratic time for a long ID.
    product, _, channel_and_rest = record_id.partition("_")
    channel, _, rest = channel_and_rest.partition("_")
    version, _, target = rest.partition("_")
    is_old = channel == "esr" and "esr" in version and target and not target.startswith("_")
    return f"{product}_{rest}" if is_old and _PRODUCT.fullmatch(product) else None


def _on_new_request(event: Any) -> None:
    request = event.request
    if request.method not in ("GET", "HEAD"):
        return
    path = _RECORD_PATH.fullmatch(request.environ.get("PATH_INFO", ""))
    current_id = find_current_id(path["record_id"]) if path else None
    if path is None or current_id is None:
        return
    storage = request.registry.storage
    if _exists(storage, path["parent_id"], path["record_id"]):
        return
    if not _exists(storage, path["parent_id"], current_id):
        return
    # From here on it is a request for the record by its own ID, permissions included.
    request.environ["PATH_INFO"] = f"{path['base']}{path['parent_id']}/records/{current_id}"
    request.add_response_callback(_add_content_location)


def _add_content_location(request: Any, response: Any) -> None:
    if response.status_code not in _FOUND_STATUSES:
        return  # Who may not read the record must not learn that it exists.
    response.headers["Content-Location"] = quote(request.path)


def _exists(storage: Any, parent_id: str, record_id: str) -> bool:
    try:
        storage.get(resource_name="record", parent_id=parent_id, object_id=record_id)
    except ObjectNotFoundError:
        return False
    return True
