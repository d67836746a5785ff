"""The endpoints of search, below a collection.

``search`` answers in the shape that programs have relied on since 2017; the others as a current
Elasticsearch, so that its clients work with the collection's address as their host.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error, request_GET
from kinto.core.storage.exceptions import ObjectNotFoundError
from pyramid import httpexceptions
from pyramid.response import Response

from kinto_buildhub.collection_context import (
    COLLECTION,
    CollectionContext,
    RepairContext,
    target_of,
)
from kinto_buildhub.search.errors import (
    FAILURE,
    BadQuery,
    IndexMissing,
    SearchError,
    TimedOut,
    Unavailable,
)
from kinto_buildhub.search.follow.changes import read_mapping
from kinto_buildhub.search.follow.repair import read_ids
from kinto_buildhub.search.index_names import IndexId, index_name
from kinto_buildhub.search.mapping import METADATA_KEY, BadMapping, Mapping
from kinto_buildhub.search.service import Search, read_json
from kinto_buildhub.search.source import dump_json

# Official clients refuse to talk to what does not say this.
PRODUCT_HEADERS = {"X-Elastic-Product": "Elasticsearch"}


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
index_search = _service("search-index", _INDEX + "/_search")
index_count = _service("search-index-count", _INDEX + "/_count")
index_msearch = _service("search-index-many", _INDEX + "/_msearch")
index_mapping = _service("search-index-mapping", _INDEX + "/_mapping")


def _answered(view: Callable[[Any], bytes | dict[str, Any]]) -> Callable[[Any], Response]:
    """Turn what a view returns, or raises, into a response."""

    def answer(request: Any) -> Response:
        try:
            found = view(request)
        except SearchError as exc:
            raise error_response(exc) from exc
        body = found if isinstance(found, bytes) else dump_json(found)
        response = Response(body, content_type="application/json", charset="UTF-8")
        response.headers.update(PRODUCT_HEADERS)
        return response

    return answer


def error_response(exc: SearchError) -> httpexceptions.HTTPException:
    """Return the error in Kinto's shape."""
    if isinstance(exc, BadQuery):
        details = {"type": exc.kind, "reason": exc.reason}
        if exc.path:
            details["path"] = exc.path
        response = http_error(
            httpexceptions.HTTPBadRequest(),
            errno=ERRORS.INVALID_PARAMETERS,
            message=str(exc),
            details=details,
        )
    elif isinstance(exc, IndexMissing):
        response = http_error(
            httpexceptions.HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, message=str(exc)
        )
    elif isinstance(exc, TimedOut):
        response = http_error(
            httpexceptions.HTTPGatewayTimeout(), errno=ERRORS.BACKEND, message=str(exc)
        )
    else:
        response = http_error(
            httpexceptions.HTTPServiceUnavailable(), errno=ERRORS.BACKEND, message=str(exc)
        )
        seconds = exc.retry_after_seconds if isinstance(exc, Unavailable) else 30
        response.headers["Retry-After"] = str(seconds)
    response.headers.update(PRODUCT_HEADERS)
    return response


def _search_of(request: Any) -> Search:
    found: Search = request.registry.buildhub_search
    return found


def _collection_mapping(request: Any) -> tuple[IndexId, Mapping]:
    """Return the collection that is asked, and its mapping.

    Raises:
        IndexMissing: there is no such collection, or it has no mapping, or another is named.
        BadQuery: its mapping cannot be used.
    """
    index = target_of(request)
    named = request.matchdict.get("index_name")
    prefix = _search_of(request).settings.index_prefix
    if named is not None and named not in (
        index.collection_id,
        index_name(prefix, index),
        "_all",
        "*",
    ):
        raise IndexMissing(f"no such index [{named}]; here is {index.collection_id!r} alone")
    try:
        collection = request.registry.storage.get(
            resource_name="collection",
            parent_id=index.bucket_uri,
            object_id=index.collection_id,
        )
    except ObjectNotFoundError as exc:
        raise IndexMissing(f"There is no collection {index}.") from exc
    if METADATA_KEY not in collection:
        raise IndexMissing(
            f"The collection {index} is not searched: its metadata has no {METADATA_KEY}."
        )
    found = read_mapping(collection)
    if isinstance(found, BadMapping):
        raise BadQuery(str(found), METADATA_KEY, "mapper_parsing_exception")
    return index, found


def _body(request: Any) -> bytes:
    """Return the request's body, whatever type it says it has.

    Raises:
        BadQuery: it is too long, or not compressed as it says.
    """
    limit = _search_of(request).settings.limits.body_bytes
    body: bytes = request.body
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "gzip":
        try:
            body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(limit + 1)
        except (OSError, EOFError, zlib.error) as exc:
            raise BadQuery(f"the body is not gzip: {exc}") from exc
    elif encoding != "identity":
        raise BadQuery(f"Content-Encoding {encoding!r} is not supported; expected gzip or none")
    if len(body) > limit:
        raise BadQuery(f"the body has at most {limit} bytes (kinto.search.max_body_bytes)")
    if not body and (source := request_GET(request).get("source")):
        body = source.encode()
    return body


def _parameters(request: Any) -> dict[str, str]:
    found = dict(request_GET(request))
    if "scroll" in found:
        raise BadQuery("scrolling is not supported; use search_after", "scroll")
    # What only shapes the transport has no effect on the answer.
    for name in ("source", "source_content_type", "pretty", "human", "error_trace"):
        found.pop(name, None)
    return found


def _any_search(request: Any, *, legacy: bool) -> bytes:
    index, found = _collection_mapping(request)
    parameters = _parameters(request)
    if FAILURE in request.environ:
        raise request.environ.pop(FAILURE)
    return _search_of(request).search(index, found, _body(request), parameters, legacy=legacy)


def search_legacy_view(request: Any) -> bytes:
    """Search, in the shape with a whole number as ``hits.total``."""
    return _any_search(request, legacy=True)


def search_view(request: Any) -> bytes:
    """Search, as a current Elasticsearch."""
    return _any_search(request, legacy=False)


def count_view(request: Any) -> dict[str, Any]:
    """Count what matches."""
    index, found = _collection_mapping(request)
    return _search_of(request).count(index, found, _body(request), _parameters(request))


def mapping_view(request: Any) -> dict[str, Any]:
    """Tell the mapping."""
    index, found = _collection_mapping(request)
    name = index_name(_search_of(request).settings.index_prefix, index)
    return {name: {"mappings": found.body}}


def repair_view(request: Any) -> dict[str, Any]:
    """Have records indexed again, or all of them; that is done after the answer."""
    index, _ = _collection_mapping(request)
    search = _search_of(request)
    ids = read_ids(read_json(_body(request)))
    if search.follower is None:
        raise Unavailable("Search is switched off on this server.", retry_after_seconds=3600)
    search.follower.repair(index, ids)
    return {"accepted": "all" if ids is None else len(ids)}


def msearch_view(request: Any) -> dict[str, Any]:
    """Answer several searches; one that is wrong does not cost the others."""
    index, found = _collection_mapping(request)
    searches = list(_searches(request))
    parameters = {
        name: value
        for name, value in _parameters(request).items()
        if name in ("rest_total_hits_as_int", "typed_keys")
    }
    responses = [_one_search(request, index, found, body, parameters) for body in searches]
    return {"took": sum(each.get("took", 0) for each in responses), "responses": responses}


def _searches(request: Any) -> Iterator[Any]:
    """Yield the body of each search: every second line, after a header line."""
    lines = [line for line in _body(request).split(b"\n") if line.strip()]
    if len(lines) % 2:
        raise BadQuery(f"expected a header and a body for each search, got {len(lines)} lines")
    limit = _search_of(request).settings.limits.searches_per_request
    if len(lines) // 2 > limit:
        raise BadQuery(f"at most {limit} searches in one request (kinto.search.max_searches)")
    yield from lines[1::2]


def _one_search(
    request: Any, index: IndexId, found: Mapping, body: bytes, parameters: dict[str, str]
) -> dict[str, Any]:
    try:
        answer = _search_of(request).answer(index, found, read_json(body), parameters, legacy=False)
        return {**answer, "status": 200}
    except BadQuery as exc:
        error = {"type": exc.kind, "reason": str(exc)}
        return {"error": {"root_cause": [error], **error}, "status": 400}
    except TimedOut as exc:
        error = {"type": "timeout_exception", "reason": str(exc)}
        return {"error": {"root_cause": [error], **error}, "status": 504}


_BOTH = ("GET", "POST")
_VIEWS: tuple[tuple[Any, tuple[str, ...], Callable[[Any], bytes | dict[str, Any]]], ...] = (
    (legacy_search, _BOTH, search_legacy_view),
    (search, _BOTH, search_view),
    (index_search, _BOTH, search_view),
    (count, _BOTH, count_view),
    (index_count, _BOTH, count_view),
    (msearch, _BOTH, msearch_view),
    (index_msearch, _BOTH, msearch_view),
    (mapping, ("GET",), mapping_view),
    (repair, ("POST",), repair_view),
    (index_mapping, ("GET",), mapping_view),
)


def _add_views() -> None:
    for service, methods, view in _VIEWS:
        for method in methods:
            service.add_view(method, _answered(view), permission=DYNAMIC)


_add_views()
