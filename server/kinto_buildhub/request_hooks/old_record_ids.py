"""Records of ESR builds by the ID that earlier catalogues gave them.

They wrote ``firefox_esr_52-0esr_linux-x86_64_en-us``; as the version ends in ``esr`` already, the
channel is left out today. A GET or HEAD by the old spelling is answered with the record. It is an
answer and not a redirect, so that ``curl`` and every client get it without being told to follow;
its ``id`` and the ``Content-Location`` header tell the spelling of today.
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
_OLD_ESR_ID = re.compile(r"(?P<product>[a-z]+)_esr_(?P<rest>[^_]*esr[^_]*_[^_].*)")

_FOUND_STATUSES = frozenset({200, 304})


def includeme(config: Any) -> None:
    """Look at each request for a single record."""
    config.add_subscriber(_on_new_request, NewRequest)


def find_current_id(record_id: str) -> str | None:
    """Return today's spelling of an old ESR record ID; None if it is no such ID."""
    found = _OLD_ESR_ID.fullmatch(record_id)
    return f"{found['product']}_{found['rest']}" if found else None


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
    # From here on the request is one for the record by its own ID, permissions included.
    request.environ["PATH_INFO"] = f"{path['base']}{path['parent_id']}/records/{current_id}"
    request.add_response_callback(_tell_location)


def _tell_location(request: Any, response: Any) -> None:
    if response.status_code not in _FOUND_STATUSES:
        return  # Whoever may not read the record shall not learn that there is one.
    response.headers["Content-Location"] = quote(request.path)


def _exists(storage: Any, parent_id: str, record_id: str) -> bool:
    try:
        storage.get(resource_name="record", parent_id=parent_id, object_id=record_id)
    except ObjectNotFoundError:
        return False
    return True
