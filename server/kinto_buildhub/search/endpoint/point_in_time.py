"""Points in time: what clients open before they page with ``search_after``."""

from typing import Any

from kinto_buildhub.search.endpoint.readers import closed
from kinto_buildhub.search.endpoint.requests import (
    check_names,
    read_body,
    read_parameters,
    search_of,
    searched_collection,
)
from kinto_buildhub.search.endpoint.responses import StatusAnswer
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.intervals import parse_keep_alive
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.search_contexts import decode_context, encode_context
from kinto_buildhub.search.service import SHARDS, read_json

_WITHOUT_EFFECT = ("allow_partial_search_results", "expand_wildcards", "preference", "routing")
_KEEP_ALIVE = "keep_alive"


def open_point_in_time_view(request: Any) -> dict[str, Any]:
    """Return an ID for searches of this collection."""
    index, _ = searched_collection(request)
    parameters = read_parameters(request)
    check_names(parameters, _KEEP_ALIVE, *_WITHOUT_EFFECT)
    if _KEEP_ALIVE not in parameters:
        raise BadQuery("the parameter is missing", _KEEP_ALIVE, "illegal_argument_exception")
    seconds = parse_keep_alive(parameters[_KEEP_ALIVE], _KEEP_ALIVE)
    reader_id = search_of(request).open_reader(index, seconds)
    return {"id": encode_context(index, reader_id, {}), "_shards": SHARDS}


def close_point_in_time_view(request: Any) -> StatusAnswer:
    """End a point in time."""
    index, _ = searched_collection(request)
    search = search_of(request)
    limits = search.settings.limits
    reader = Reader.of(read_json(read_body(request)), "", "request", Budget(limits))
    context = decode_context(index, reader.text("id"), limits.body_bytes, "id")
    reader.finish()
    return closed(search, index, [context])
