"""What clients ask first: who answers, and whether an index exists, in Elasticsearch's shape."""

from typing import Any

from pyramid import httpexceptions

from kinto_buildhub.search.endpoint.requests import (
    check_index_name,
    check_names,
    own_index_name,
    read_parameters,
    searched_collection,
)
from kinto_buildhub.search.errors import IndexMissing
from kinto_buildhub.search.index_names import IndexId

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


# Of a cluster, and without effect here.
INDEX_PARAMETERS = (
    *("allow_no_indices", "expand_wildcards", "flat_settings", "ignore_unavailable"),
    *("include_defaults", "include_type_name", "local", "master_timeout", "timeout"),
)


def index_view(request: Any) -> dict[str, Any]:
    """Return the index, whose collection is the only name that it has beside its own."""
    index, mapping = searched_collection(request)
    check_names(read_parameters(request), *INDEX_PARAMETERS)
    aliases: dict[str, Any] = {index.collection_id: {}}
    return {
        own_index_name(request, index): {
            "aliases": aliases,
            "mappings": mapping.body,
            "settings": {"index": {"number_of_shards": "1", "number_of_replicas": "0"}},
        }
    }


class NamesIndex:
    """A predicate of a route: ``index_name`` in its path is, or matches, the collection's index.

    All other names below a collection are as if there was no such route.
    """

    def __init__(self, is_expected: bool, config: Any) -> None:
        self._is_expected = is_expected

    def text(self) -> str:
        """Return what Pyramid shows."""
        return f"names_index = {self._is_expected}"

    phash = text

    def __call__(self, info: dict[str, Any], request: Any) -> bool:
        """Return whether it is so."""
        match = info["match"]
        index = IndexId(match["bucket_id"], match["collection_id"])
        try:
            check_index_name(request, index, match["index_name"])
        except (IndexMissing, ValueError):  # Or the collection cannot have an index.
            return not self._is_expected
        return self._is_expected
