"""The search endpoints below a collection: their addresses, methods and views.

``search`` answers in the shape that programs have relied on since 2017; the others answer as a
current Elasticsearch, so that its clients work with the collection's address as their host.
"""

from typing import Any, NamedTuple

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC

from kinto_buildhub.collection_context import COLLECTION, CollectionContext, RepairContext
from kinto_buildhub.search.endpoint.documents import document_view, mget_view, source_view
from kinto_buildhub.search.endpoint.msearch import msearch_view
from kinto_buildhub.search.endpoint.point_in_time import (
    close_point_in_time_view,
    open_point_in_time_view,
)
from kinto_buildhub.search.endpoint.requests import (
    check_names,
    read_body,
    read_parameters,
    search_of,
    searched_collection,
)
from kinto_buildhub.search.endpoint.responses import View, responding
from kinto_buildhub.search.endpoint.scroll import clear_scroll_view, scroll_view, start_scroll
from kinto_buildhub.search.endpoint.server_info import (
    INDEX_PARAMETERS,
    NamesIndex,
    index_view,
    server_info_view,
)
from kinto_buildhub.search.errors import FAILURE, BadQuery, Unavailable
from kinto_buildhub.search.follow.repair import parse_repair
from kinto_buildhub.search.index_names import index_name
from kinto_buildhub.search.service import read_json


def _service(name: str, path: str, factory: type[RouteFactory] = CollectionContext) -> Any:
    return Service(name=name, path=COLLECTION + path, factory=factory)


# A client that was given an index name puts it between its host and the endpoint.
_INDEX = "/{index_name:(?!records$|groups$)[^/]+}"

legacy_search = _service("search", "/search")
search = _service("search-current", "/_search")
count = _service("search-count", "/_count")
msearch = _service("search-many", "/_msearch")
mapping = _service("search-mapping", "/_mapping")
repair = _service("search-repair", "/_repair", RepairContext)
mget = _service("search-mget", "/_mget")
scroll = _service("search-scroll", "/_search/scroll")
scroll_by_id = _service("search-scroll-id", "/_search/scroll/{scroll_id}")
point_in_time = _service("search-point-in-time", "/_pit")
index_point_in_time = _service("search-index-point-in-time", _INDEX + "/_pit")
index_search = _service("search-index", _INDEX + "/_search")
index_count = _service("search-index-count", _INDEX + "/_count")
index_msearch = _service("search-index-many", _INDEX + "/_msearch")
index_mapping = _service("search-index-mapping", _INDEX + "/_mapping")
index_mget = _service("search-index-mget", _INDEX + "/_mget")
index_document = _service("search-index-document", _INDEX + "/_doc/{record_id:.+}")
index_source = _service("search-index-source", _INDEX + "/_source/{record_id:.+}")


def search_legacy_view(request: Any) -> bytes:
    """Search, in the shape with a whole number as ``hits.total``."""
    if "scroll" in read_parameters(request):
        raise BadQuery("scrolling works at _search", "scroll")
    return _search(request, legacy=True)


def search_view(request: Any) -> bytes | dict[str, Any]:
    """Search, as a current Elasticsearch."""
    if "scroll" in read_parameters(request):
        return start_scroll(request)
    return _search(request, legacy=False)


def _search(request: Any, *, legacy: bool) -> bytes:
    index, found = searched_collection(request)
    parameters = read_parameters(request)
    if FAILURE in request.environ:
        raise request.environ.pop(FAILURE)
    return search_of(request).search(index, found, read_body(request), parameters, legacy=legacy)


def count_view(request: Any) -> dict[str, Any]:
    """Count the records that match."""
    index, found = searched_collection(request)
    return search_of(request).count(index, found, read_body(request), read_parameters(request))


def mapping_view(request: Any) -> dict[str, Any]:
    """Return the mapping."""
    index, found = searched_collection(request)
    check_names(read_parameters(request), *INDEX_PARAMETERS)
    name = index_name(search_of(request).settings.index_prefix, index)
    return {name: {"mappings": found.body}}


def repair_view(request: Any) -> dict[str, Any]:
    """Ask for records, or all of them, to be indexed again; this happens after the response."""
    index, _ = searched_collection(request)
    follower = search_of(request).follower
    ids = parse_repair(read_json(read_body(request)))
    if follower is None:
        raise Unavailable("Search is switched off on this server.", retry_after_seconds=3600)
    follower.repair(index, ids)
    return {"accepted": "all" if ids is None else len(ids)}


class Endpoint(NamedTuple):
    """One address: its service, the methods it takes, the view that answers."""

    service: Any
    methods: tuple[str, ...]
    view: View


_READ = ("GET", "POST")
ENDPOINTS = (
    Endpoint(legacy_search, _READ, search_legacy_view),
    Endpoint(search, _READ, search_view),
    Endpoint(index_search, _READ, search_view),
    Endpoint(count, _READ, count_view),
    Endpoint(index_count, _READ, count_view),
    Endpoint(msearch, _READ, msearch_view),
    Endpoint(index_msearch, _READ, msearch_view),
    Endpoint(mapping, ("GET",), mapping_view),
    Endpoint(index_mapping, ("GET",), mapping_view),
    Endpoint(scroll, _READ, scroll_view),
    Endpoint(scroll_by_id, _READ, scroll_view),
    Endpoint(scroll, ("DELETE",), clear_scroll_view),
    Endpoint(scroll_by_id, ("DELETE",), clear_scroll_view),
    Endpoint(point_in_time, ("DELETE",), close_point_in_time_view),
    Endpoint(index_point_in_time, ("POST",), open_point_in_time_view),
    Endpoint(mget, _READ, mget_view),
    Endpoint(index_mget, _READ, mget_view),
    Endpoint(index_document, ("GET",), document_view),
    Endpoint(index_source, ("GET",), source_view),
    Endpoint(repair, ("POST",), repair_view),
)


def add_server_info(config: Any) -> None:
    """Answer reads of the collection's address with a slash; Kinto redirects other methods."""
    reads = ("GET", "HEAD", "OPTIONS")
    _add_read(config, "search-info", f"{COLLECTION}/", server_info_view, request_method=reads)


def add_index(config: Any) -> None:
    """Answer reads of an index; after all other addresses below a collection are added."""
    config.add_route_predicate("names_index", NamesIndex)
    _add_read(config, "search-this-index", COLLECTION + _INDEX, index_view, names_index=True)


def _add_read(config: Any, name: str, path: str, view: View, **predicates: Any) -> None:
    config.add_route(name, path, factory=CollectionContext, **predicates)
    config.add_view(responding(view), route_name=name, request_method="GET", permission=DYNAMIC)


def _add_views() -> None:
    for endpoint in ENDPOINTS:
        for method in endpoint.methods:
            endpoint.service.add_view(method, responding(endpoint.view), permission=DYNAMIC)


_add_views()
