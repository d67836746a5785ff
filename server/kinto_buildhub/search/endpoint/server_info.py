"""What clients ask first: who answers, in Elasticsearch's shape."""

from typing import Any

from pyramid import httpexceptions

from kinto_buildhub.search.endpoint.requests import searched_collection
from kinto_buildhub.search.errors import IndexMissing

# The version whose query language and answers are the model, for clients that ask for it.
_VERSION = {
    "number": "8.19.0",
    "build_flavor": "default",
    "build_type": "unknown",
    "build_hash": "unknown",
    "build_date": "2025-07-24T00:00:00Z",
    "build_snapshot": False,
    "lucene_version": "9.12.2",
    "minimum_wire_compatibility_version": "7.17.0",
    "minimum_index_compatibility_version": "7.0.0",
}


def server_info_view(request: Any) -> dict[str, Any]:
    """Return name and version.

    Raises:
        HTTPNotFound: the collection is not searchable. Kinto redirects to it, without the slash.
    """
    try:
        index, _ = searched_collection(request)
    except IndexMissing as exc:
        raise httpexceptions.HTTPNotFound() from exc
    return {
        "name": "buildhub",
        "cluster_name": str(index),
        "cluster_uuid": str(index),
        "version": _VERSION,
        "tagline": "You Know, for Search",
    }
