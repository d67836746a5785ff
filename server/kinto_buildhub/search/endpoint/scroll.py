"""Scrolls: all hits, a page at a time."""

from typing import Any

from kinto_buildhub.search.endpoint.requests import (
    read_body,
    read_parameters,
    search_of,
    searched_collection,
)
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.dates.intervals import check_keep_alive
from kinto_buildhub.search.language.json_values import read_flag_parameter, read_scalar
from kinto_buildhub.search.language.paging import scroll_page
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import SearchRequest
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.search_contexts import decode_context, encode_context
from kinto_buildhub.search.service import read_json

_SCROLL_ID = "scroll_id"
_TOTAL_AS_INT = "rest_total_hits_as_int"

Json = dict[str, Any]


def start_scroll(request: Any) -> Json:
    """Return the first page of a search with ``?scroll=``."""
    index, mapping = searched_collection(request)
    parameters = read_parameters(request)
    check_keep_alive(parameters.pop("scroll"), "scroll")
    if read_flag_parameter(parameters.pop("request_cache", "false"), "request_cache"):
        raise BadQuery("a scroll is not cached", "request_cache")
    body = read_json(read_body(request))
    return _page(request, index, mapping, {"body": body, "parameters": parameters}, None)


def scroll_view(request: Any) -> Json:
    """Return the page that follows."""
    index, mapping = searched_collection(request)
    asked = _asked(request)
    (scroll_id,) = _scroll_ids(asked, "one")
    limit = search_of(request).settings.limits.body_bytes
    context = decode_context(index, scroll_id, limit, _SCROLL_ID)
    parameters, after = context.get("parameters"), context.get("after")
    if not isinstance(parameters, dict) or not isinstance(after, list):
        raise BadQuery("expected an ID that this server returned", _SCROLL_ID)
    parameters = {str(name): str(value) for name, value in parameters.items()}
    if _TOTAL_AS_INT in asked.value:
        parameters[_TOTAL_AS_INT] = str(asked.raw(_TOTAL_AS_INT)).lower()
    asked.finish()
    values = tuple(None if each is None else read_scalar(each, _SCROLL_ID) for each in after)
    search = {"body": context.get("body"), "parameters": parameters}
    return _page(request, index, mapping, search, values)


def clear_scroll_view(request: Any) -> Json:
    """Accept that scrolls end; there is nothing to free."""
    searched_collection(request)
    asked = _asked(request)
    count = len(_scroll_ids(asked, "several"))
    asked.finish()
    return {"succeeded": True, "num_freed": count}


def _asked(request: Any) -> Reader:
    """Return the body, with the parameters of the URL in it."""
    search = search_of(request)
    body = read_json(read_body(request))
    reader = Reader.of(body, "", "request", Budget(search.settings.limits))
    reader.value = {**read_parameters(request), **request.matchdict, **reader.value}
    reader.ignore("bucket_id", "collection_id")
    if reader.has("scroll"):
        check_keep_alive(reader.text("scroll"), "scroll")
    return reader


def _scroll_ids(reader: Reader, expected: str) -> list[str]:
    """Take ``scroll_id``: IDs in a list, or separated by commas in the URL."""
    found = [part for each, _ in reader.list(_SCROLL_ID) for part in str(each).split(",")]
    if expected == "one" and len(found) != 1:
        raise BadQuery(f"expected one ID, got {len(found)}", _SCROLL_ID)
    return found


def _page(
    request: Any, index: IndexId, mapping: Mapping, search: Json, after: tuple[Any, ...] | None
) -> Json:
    """Return a page of the scroll, with the ID for the next one."""
    shown: list[int] = []

    def adapt(asked: SearchRequest) -> SearchRequest:
        shown.append(len(asked.hits.sort))
        return scroll_page(asked, after)

    body, parameters = search["body"], search["parameters"]
    answer = search_of(request).answer(index, mapping, body, parameters, legacy=False, adapt=adapt)
    hits = answer["hits"]["hits"]
    values = hits[-1]["sort"] if hits else list(after or ())
    for hit in hits:
        hit["sort"] = hit["sort"][: shown[0]]
        if not hit["sort"]:
            del hit["sort"]
    scroll_id = encode_context(index, {**search, "after": values})
    _check_length(request, scroll_id)
    return {"_scroll_id": scroll_id, **answer}


def _check_length(request: Any, scroll_id: str) -> None:
    limit = search_of(request).settings.limits.body_bytes
    # The ID comes back in a body, beside its name and the time to keep it.
    if len(scroll_id) + 1000 > limit:
        raise BadQuery("the search is too long for scrolling; use search_after", "scroll")
