"""The search endpoints: one row each, with and without the name of an index in the path."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from kinto_buildhub.api_docs.components import ANY_OBJECT, TEXT, WHOLE, reference
from kinto_buildhub.api_docs.endpoints.builds import RECORD_ID
from kinto_buildhub.api_docs.endpoints.search_parameters import (
    BODY_PARAMETER,
    COUNT_PARAMETERS,
    FILTER_PATH,
    KEEP_ALIVE,
    MSEARCH_PARAMETERS,
    SEARCH_PARAMETERS,
    SOURCE_PARAMETERS,
    Q,
)
from kinto_buildhub.api_operations import (
    BUCKET,
    COLLECTION,
    JSON,
    Access,
    Answer,
    Body,
    ErrorShape,
    Link,
    Operation,
    Parameter,
    Schema,
    path_parameter,
)

_PATH = "/buckets/{bucket_id}/collections/{collection_id}"
_INDEX = path_parameter("index_name", "The name of the collection, or a pattern of it.", "releases")
_RECORD = path_parameter("record_id", "ID of the record.", RECORD_ID)
_SCROLL_ID = path_parameter(
    "scroll_id",
    "`_scroll_id` of the page before; that of the example is none. `_search?scroll=1m` has one.",
    "SCROLL-ID",
)

NDJSON = "application/x-ndjson"
_QUERY: dict[str, Any] = {"query": {"term": {"target.version": "53.0b9"}}}
_SEARCH = {
    "size": 1,
    **_QUERY,
    "sort": [{"download.date": "desc"}],
    "aggs": {"platforms": {"terms": {"field": "target.platform"}}},
}
_HITS = {JSON: reference("SearchAnswer")}
_LEGACY = {
    JSON: {
        "allOf": [reference("SearchAnswer")],
        "properties": {"hits": {"properties": {"total": WHOLE}}},
    }
}
_FOUND = {
    JSON: {
        "type": "object",
        "properties": {
            "_index": TEXT,
            "_id": TEXT,
            "_version": WHOLE,
            "found": {"type": "boolean"},
            "_source": ANY_OBJECT,
        },
    }
}
_MANY = {
    JSON: {
        "type": "object",
        "properties": {"took": WHOLE, "responses": {"type": "array", "items": ANY_OBJECT}},
    }
}
_FREED = {
    JSON: {
        "type": "object",
        "properties": {"succeeded": {"type": "boolean"}, "num_freed": WHOLE},
    }
}


class _Endpoint(NamedTuple):
    """What an endpoint says of itself.

    Attributes:
        name: in operation IDs.
        body: an example of the body; None: it takes none.
        indexed: also below the name of an index.
        bare: also without one.
        scrolled: with a scroll, the answer has the ID of the next page.
        says_missing: what is not there is answered with status 404, and the same content.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    summary: str
    description: str
    content: dict[str, Schema]
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    content_types: tuple[str, ...] = (JSON,)
    indexed: bool = False
    bare: bool = True
    access: Access = Access.READERS
    in_kinto_shape: bool = False
    scrolled: bool = False
    says_missing: bool = False
    other_answers: Mapping[int, Answer] = MappingProxyType({})


_SCROLL = tuple(
    Link(
        operation_id,
        {
            "bucket_id": "$request.path.bucket_id",
            "collection_id": "$request.path.collection_id",
            "scroll_id": "$response.body#/_scroll_id",
        },
    )
    for operation_id in ("scroll_by_id", "clear_scroll_by_id")
)

_READ = ("GET", "POST")
_ENDPOINTS = (
    _Endpoint(
        "search_legacy",
        "/search",
        _READ,
        "Search, with a whole number as total",
        "As `_search`, but `hits.total` is a number, as in Elasticsearch before 7, and errors have "
        "Kinto's keys only.",
        _LEGACY,
        SEARCH_PARAMETERS,
        _SEARCH,
        in_kinto_shape=True,
        scrolled=True,
    ),
    _Endpoint(
        "search",
        "/_search",
        _READ,
        "Search",
        "Elasticsearch's query language; the supported part is listed in "
        "[Search](https://buildhub.readthedocs.io/en/latest/api/search.html).",
        _HITS,
        SEARCH_PARAMETERS,
        _SEARCH,
        indexed=True,
        scrolled=True,
    ),
    _Endpoint(
        "count",
        "/_count",
        _READ,
        "Count what a search finds",
        "The number of records that match the query.",
        {
            JSON: {
                "type": "object",
                "properties": {"count": WHOLE, "_shards": ANY_OBJECT},
            }
        },
        COUNT_PARAMETERS,
        _QUERY,
        indexed=True,
    ),
    _Endpoint(
        "msearch",
        "/_msearch",
        _READ,
        "Several searches",
        "Two lines for each search: a header, which may be empty, and the body. A search that is "
        "not valid does not affect the others.",
        _MANY,
        MSEARCH_PARAMETERS,
        '{}\n{"size": 0, "query": {"term": {"target.version": "53.0b9"}}}\n'
        '{}\n{"size": 0, "query": {"term": {"build.id": "20170403075439"}}}\n',
        (NDJSON, JSON),
        indexed=True,
    ),
    _Endpoint(
        "mapping",
        "/_mapping",
        ("GET",),
        "Read the mapping",
        "The fields that can be searched, with their types.",
        {JSON: ANY_OBJECT},
        indexed=True,
    ),
    _Endpoint(
        "info",
        "",
        ("GET",),
        "Read the index",
        "Names, mapping and settings. `HEAD` tells whether it exists.",
        {JSON: ANY_OBJECT},
        indexed=True,
        bare=False,
    ),
    _Endpoint(
        "mget",
        "/_mget",
        _READ,
        "Read several records by ID",
        "One that does not exist has `found: false`.",
        {
            JSON: {
                "type": "object",
                "properties": {"docs": {"type": "array", "items": ANY_OBJECT}},
            }
        },
        SOURCE_PARAMETERS,
        {"ids": [RECORD_ID]},
        indexed=True,
    ),
    _Endpoint(
        "document",
        "/_doc/{record_id}",
        ("GET",),
        "Read a record as a hit",
        "404 with `found: false` if it does not exist.",
        _FOUND,
        (_RECORD, *SOURCE_PARAMETERS),
        indexed=True,
        bare=False,
        says_missing=True,
    ),
    _Endpoint(
        "source",
        "/_source/{record_id}",
        ("GET",),
        "Read a record and nothing else",
        "The record as it is, or the parts that `_source` chooses.",
        {JSON: ANY_OBJECT},
        (_RECORD, *SOURCE_PARAMETERS),
        indexed=True,
        bare=False,
    ),
    _Endpoint(
        "scroll",
        "/_search/scroll",
        _READ,
        "The next page of a scroll",
        "`_scroll_id` of the page before is in the body, in place of `SCROLL-ID`; "
        "`_search?scroll=1m` has the first. It expires without use.",
        _HITS,
        body={"scroll_id": "SCROLL-ID"},
    ),
    _Endpoint(
        "scroll_by_id",
        "/_search/scroll/{scroll_id}",
        _READ,
        "The next page of a scroll, by its address",
        "As with the ID in the body.",
        _HITS,
        (_SCROLL_ID,),
    ),
    _Endpoint(
        "clear_scroll",
        "/_search/scroll",
        ("DELETE",),
        "End scrolls",
        "Its ID, in place of `SCROLL-ID`, is gone then. Status 404: there was none, or it had "
        "expired.",
        _FREED,
        body={"scroll_id": "SCROLL-ID"},
        says_missing=True,
    ),
    _Endpoint(
        "clear_scroll_by_id",
        "/_search/scroll/{scroll_id}",
        ("DELETE",),
        "End a scroll, by its address",
        "As with the ID in the body.",
        _FREED,
        (_SCROLL_ID,),
        says_missing=True,
    ),
    _Endpoint(
        "open_point_in_time",
        "/_pit",
        ("POST",),
        "Open a point in time",
        "An ID for paging with `search_after` through the records as they are now.",
        {JSON: {"type": "object", "properties": {"id": TEXT, "_shards": ANY_OBJECT}}},
        (KEEP_ALIVE,),
        indexed=True,
        bare=False,
    ),
    _Endpoint(
        "close_point_in_time",
        "/_pit",
        ("DELETE",),
        "End a point in time",
        "Its ID, in place of `POINT-IN-TIME-ID`, is gone then. Status 404: there was none, or it "
        "had expired.",
        _FREED,
        body={"id": "POINT-IN-TIME-ID"},
        says_missing=True,
    ),
    _Endpoint(
        "search_info",
        "/",
        ("GET",),
        "Name and version, for Elasticsearch's clients",
        "What its clients ask first of the address that is their host.",
        {JSON: ANY_OBJECT},
        other_answers={307: Answer("It cannot be searched: leads to the collection.")},
    ),
    _Endpoint(
        "repair_index",
        "/_repair",
        ("POST",),
        "Index records again",
        "The index follows the collection by itself; this is for one that has missed something. "
        "`null` as `ids` rebuilds it. The work is done after the answer.",
        {
            JSON: {
                "type": "object",
                "properties": {"accepted": {"oneOf": [WHOLE, {"const": "all"}]}},
            }
        },
        body={"ids": [RECORD_ID]},
        access=Access.WRITERS,
    ),
)


def _operations() -> Iterator[Operation]:
    for endpoint in _ENDPOINTS:
        for method in endpoint.methods:
            if endpoint.bare:
                yield _operation(endpoint, method, "", "", ())
            if endpoint.indexed:
                yield _operation(endpoint, method, "/{index_name}", "_of_index", (_INDEX,))


def _operation(
    endpoint: _Endpoint, method: str, prefix: str, suffix: str, index: tuple[Parameter, ...]
) -> Operation:
    verb = "post_" if method == "POST" and "GET" in endpoint.methods else ""
    has_body = endpoint.body is not None and method != "GET"
    by_address = (_as_parameter(endpoint),) if endpoint.body is not None and not has_body else ()
    parameters = endpoint.parameters
    if by_address and Q in parameters:
        by_address = (BODY_PARAMETER,)
    return Operation(
        method,
        f"{_PATH}{prefix}{endpoint.path}",
        f"{verb}{endpoint.name}{suffix}",
        endpoint.summary,
        endpoint.description,
        "Search",
        {
            200: Answer("What was found.", endpoint.content, ("Complete-Until",)),
            **endpoint.other_answers,
        },
        (BUCKET, COLLECTION, *index, *parameters, *by_address, FILTER_PATH),
        Body(
            "Whatever its media type, it is read as JSON.",
            TEXT if isinstance(endpoint.body, str) else ANY_OBJECT,
            endpoint.body,
            endpoint.content_types,
            required=Q not in parameters,
        )
        if has_body
        else None,
        errors=(401, 404, 413, 504),
        access=endpoint.access,
        error_shape=ErrorShape.KINTO if endpoint.in_kinto_shape else ErrorShape.ELASTIC,
        error_schemas={404: endpoint.content[JSON]} if endpoint.says_missing else {},
        links=_SCROLL if endpoint.scrolled else (),
    )


def _as_parameter(endpoint: _Endpoint) -> Parameter:
    """Return the parameter that has the body of a request without one."""
    example = endpoint.body if isinstance(endpoint.body, str) else json.dumps(endpoint.body)
    return replace(BODY_PARAMETER, example=example, filled_in=True)


SEARCH = tuple(_operations())
