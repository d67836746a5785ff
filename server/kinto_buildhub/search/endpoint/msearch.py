"""Several searches in one request: ``_msearch``."""

from collections.abc import Iterator
from typing import Any

from kinto_buildhub.search.endpoint.requests import (
    read_body,
    read_parameters,
    search_of,
    searched_collection,
)
from kinto_buildhub.search.endpoint.responses import elastic_error
from kinto_buildhub.search.errors import BadQuery, TimedOut
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.service import read_json

_SHARED_PARAMETERS = ("rest_total_hits_as_int", "typed_keys")


def msearch_view(request: Any) -> dict[str, Any]:
    """Answer several searches; one that is wrong does not fail the others."""
    index, mapping = searched_collection(request)
    bodies = list(_iter_bodies(request))
    given = read_parameters(request)
    parameters = {name: given[name] for name in _SHARED_PARAMETERS if name in given}
    responses = [_search(request, index, mapping, body, parameters) for body in bodies]
    return {"took": sum(each.get("took", 0) for each in responses), "responses": responses}


def _iter_bodies(request: Any) -> Iterator[bytes]:
    """Yield the body of each search: every second line, after its header line."""
    lines = [line for line in read_body(request).split(b"\n") if line.strip()]
    if len(lines) % 2:
        raise BadQuery(f"expected a header and a body for each search, got {len(lines)} lines")
    limit = search_of(request).settings.limits.searches_per_request
    if len(lines) // 2 > limit:
        raise BadQuery(
            f"at most {limit} searches in one request (kinto.search.max_searches), "
            f"got {len(lines) // 2}"
        )
    yield from lines[1::2]


def _search(
    request: Any, index: IndexId, mapping: Mapping, body: bytes, parameters: dict[str, str]
) -> dict[str, Any]:
    search = search_of(request)
    try:
        answer = search.answer(index, mapping, read_json(body), parameters, legacy=False)
        return {**answer, "status": 200}
    except (BadQuery, TimedOut) as exc:
        return elastic_error(exc)
