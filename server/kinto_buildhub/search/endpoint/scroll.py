"""Scrolls: all hits, a page at a time."""

from dataclasses import replace
from typing import Any, NamedTuple

from kinto_buildhub.search.endpoint.readers import closed
from kinto_buildhub.search.endpoint.requests import (
    read_body,
    read_parameters,
    search_of,
    searched_collection,
)
from kinto_buildhub.search.endpoint.responses import StatusAnswer
from kinto_buildhub.search.errors import BadQuery, SearchError
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.dates.intervals import parse_keep_alive
from kinto_buildhub.search.language.json_values import read_flag_parameter, read_scalar
from kinto_buildhub.search.language.paging import scroll_page
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import SearchRequest
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.search_contexts import decode_context, encode_context, reader_of
from kinto_buildhub.search.service import read_json

_SCROLL_ID = "scroll_id"
_TOTAL_AS_INT = "rest_total_hits_as_int"

Json = dict[str, Any]


class _Scroll(NamedTuple):
    """A scroll: what was asked, and the reader that remembers how far it is, if there is one."""

    index_id: IndexId
    mapping: Mapping
    body: Any
    parameters: dict[str, str]
    reader_id: str | None


def start_scroll(request: Any) -> Json:
    """Return the first page of a search with ``?scroll=``."""
    index, mapping = searched_collection(request)
    parameters = read_parameters(request)
    seconds = parse_keep_alive(parameters.pop("scroll"), "scroll")
    if read_flag_parameter(parameters.pop("request_cache", "false"), "request_cache"):
        raise BadQuery("a scroll is not cached", "request_cache")
    body = read_json(read_body(request))
    reader_id = search_of(request).open_reader(index, seconds)
    scroll = _Scroll(index, mapping, body, parameters, reader_id)
    try:
        return _page(request, scroll, None, seconds)
    except SearchError:
        if reader_id is not None:
            search_of(request).engine.close_reader(index, reader_id)
        raise


def scroll_view(request: Any) -> Json:
    """Return the page that follows."""
    index, mapping = searched_collection(request)
    asked = _asked(request)
    (scroll_id,) = _scroll_ids(asked, "one")
    context = _context(request, index, scroll_id)
    parameters, reader_id = context.get("parameters"), reader_of(context)
    after = context.get("after")
    if reader_id is not None:
        after = search_of(request).engine.reader_state(index, reader_id)
    if not isinstance(parameters, dict) or not isinstance(after, list):
        raise BadQuery("expected an ID that this server returned", _SCROLL_ID)
    parameters = {str(name): str(value) for name, value in parameters.items()}
    if _TOTAL_AS_INT in asked.value:
        parameters[_TOTAL_AS_INT] = str(asked.raw(_TOTAL_AS_INT)).lower()
    seconds = parse_keep_alive(asked.text("scroll"), "scroll") if asked.has("scroll") else None
    asked.finish()
    values = tuple(None if each is None else read_scalar(each, _SCROLL_ID) for each in after)
    scroll = _Scroll(index, mapping, context.get("body"), parameters, reader_id)
    return _page(request, scroll, values, seconds)


def clear_scroll_view(request: Any) -> StatusAnswer:
    """End scrolls."""
    index, _ = searched_collection(request)
    asked = _asked(request)
    scroll_ids = _scroll_ids(asked, "several")
    asked.finish()
    contexts = [_context(request, index, scroll_id) for scroll_id in scroll_ids]
    return closed(search_of(request), index, contexts)


def _context(request: Any, index: IndexId, scroll_id: str) -> Json:
    limit = search_of(request).settings.limits.body_bytes
    return decode_context(index, scroll_id, limit, _SCROLL_ID)


def _asked(request: Any) -> Reader:
    """Return the body, with the parameters of the URL in it."""
    search = search_of(request)
    body = read_json(read_body(request))
    reader = Reader.of(body, "", "request", Budget(search.settings.limits))
    reader.value = {**read_parameters(request), **request.matchdict, **reader.value}
    reader.ignore("bucket_id", "collection_id")
    return reader


def _scroll_ids(reader: Reader, expected: str) -> list[str]:
    """Take ``scroll_id``: IDs in a list, or separated by commas in the URL."""
    found = [part for each, _ in reader.list(_SCROLL_ID) for part in str(each).split(",")]
    if expected == "one" and len(found) != 1:
        raise BadQuery(f"expected one ID, got {len(found)}", _SCROLL_ID)
    return found


def _page(
    request: Any, scroll: _Scroll, after: tuple[Any, ...] | None, keep_seconds: float | None
) -> Json:
    """Return a page of the scroll, with the ID for the next one."""
    shown: list[int] = []

    def adapt(asked: SearchRequest) -> SearchRequest:
        shown.append(len(asked.hits.sort))
        return replace(scroll_page(asked, after), reader_id=scroll.reader_id)

    search, (index, mapping, body, parameters, reader_id) = search_of(request), scroll
    answer = search.answer(index, mapping, body, parameters, legacy=False, adapt=adapt)
    hits = answer["hits"]["hits"]
    values = hits[-1]["sort"] if hits else list(after or ())
    for hit in hits:
        hit["sort"] = hit["sort"][: shown[0]]
        if not hit["sort"]:
            del hit["sort"]
    content = {"body": body, "parameters": parameters}
    if reader_id is None:
        content["after"] = values
    else:
        search.engine.keep_reader(index, reader_id, keep_seconds, values)
    scroll_id = encode_context(index, reader_id, content)
    _check_length(request, scroll_id)
    return {"_scroll_id": scroll_id, **answer}


def _check_length(request: Any, scroll_id: str) -> None:
    limit = search_of(request).settings.limits.body_bytes
    # The ID comes back in a body, beside its name and the time to keep it.
    if len(scroll_id) + 1000 > limit:
        raise BadQuery("the search is too long for scrolling; use search_after", "scroll")
