"""Errors of Kinto in Elasticsearch's shape, at the addresses where its clients read them.

A client of Elasticsearch expects its shape whatever failed: also permissions, the address, the
method, or the database. Kinto's keys stay beside, but for ``error``, which both have.
"""

import re
from typing import Any

from pyramid.events import NewResponse

from kinto_buildhub.collection_context import COLLECTION
from kinto_buildhub.search.endpoint.responses import PRODUCT_HEADERS, elastic_body

_COLLECTION = COLLECTION.format(bucket_id="[^/]+", collection_id="[^/]+")
# The collection's own address with a slash, and what starts with an underscore, perhaps after the
# name of an index.
_ELASTIC_PATH = re.compile(rf"/v\d+{_COLLECTION}/(?:(?!records/)[^/]+/)?(?:_.*)?", re.DOTALL)


def includeme(config: Any) -> None:
    """Subscribe to each response."""
    config.add_subscriber(_on_new_response, NewResponse)


def _on_new_response(event: Any) -> None:
    request, response = event.request, event.response
    if response.status_code < 400 or not _ELASTIC_PATH.fullmatch(
        request.environ.get("PATH_INFO", "")
    ):
        return
    response.headers.update(PRODUCT_HEADERS)
    if response.content_type != "application/json":
        return
    body = response.json
    if not isinstance(body, dict) or "errno" not in body:
        return
    details = body.get("details")
    kind = details.get("type") if isinstance(details, dict) else None
    if kind is None and response.status_code == 404 and request.matched_route is None:
        kind = "resource_not_found_exception"
    reason = body.get("message") or str(body.get("error"))
    response.json = body | elastic_body(response.status_code, reason, kind)
