"""Several searches in one request: ``_msearch``."""

from typing import Any, NamedTuple

from kinto_buildhub.search.endpoint.requests import (
    check_index_name,
    read_body,
    read_parameters,
    search_of,
    searched_collection,
)
from kinto_buildhub.search.endpoint.responses import elastic_error
from kinto_buildhub.search.errors import BadQuery, ContextMissing, IndexMissing, TimedOut
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.json_values import iter_list, read_text, shown
from kinto_buildhub.search.language.url_parameters import check_parameters
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.service import read_json
from kinto_buildhub.search.source import Json, dump_json

_SHARED_PARAMETERS = ("rest_total_hits_as_int", "typed_keys")
_INDEX_OPTIONS = ("index", "indices")
# With one index of one shard they change nothing.
_WITHOUT_EFFECT = (
    *("allow_no_indices", "allow_partial_search_results", "ccs_minimize_roundtrips"),
    *("expand_wildcards", "ignore_throttled", "ignore_unavailable", "preference"),
    *("request_cache", "routing"),
)
_SEARCH_TYPES = ("query_then_fetch", "dfs_query_then_fetch")


class _Pair(NamedTuple):
    """The two lines of one search."""

    header: bytes
    body: bytes


def msearch_view(request: Any) -> dict[str, Any]:
    """Answer several searches; one that is wrong does not fail the others."""
    index, mapping = searched_collection(request)
    pairs = _pairs(read_body(request), search_of(request).settings.limits.searches_per_request)
    given = read_parameters(request)
    check_parameters(given, "msearch")
    parameters = {name: given[name] for name in _SHARED_PARAMETERS if name in given}
    took, responses = 0, []
    for pair in pairs:
        answer = _search(request, index, mapping, pair, parameters)
        took += answer.get("took", 0)
        # As JSON at once: as objects, the hits of all answers take twice the memory.
        responses.append(Json(dump_json(answer)))
    return {"took": took, "responses": responses}


def _pairs(content: bytes, limit: int) -> list[_Pair]:
    """Return header and body of each search. An empty header line is an empty header.

    As in Elasticsearch, a line break before the first header has no meaning.
    """
    lines = [line.strip() for line in content.rstrip().split(b"\n")]
    if len(lines) % 2 and not lines[0]:
        del lines[0]
    if len(lines) % 2:
        raise BadQuery(f"expected a header and a body for each search, got {len(lines)} lines")
    if len(lines) // 2 > limit:
        raise BadQuery(
            f"at most {limit} searches in one request (kinto.search.max_searches), "
            f"got {len(lines) // 2}"
        )
    return [_Pair(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)]


def _search(
    request: Any, index: IndexId, mapping: Mapping, pair: _Pair, parameters: dict[str, str]
) -> dict[str, Any]:
    search = search_of(request)
    try:
        _check_header(request, index, read_json(pair.header))
        if not pair.body:
            raise BadQuery("the body is empty; {} finds everything", "", "parse_exception")
        answer = search.answer(index, mapping, read_json(pair.body), parameters, legacy=False)
        return {**answer, "status": 200}
    except (BadQuery, ContextMissing, IndexMissing, TimedOut) as exc:
        return elastic_error(exc)


def _check_header(request: Any, index: IndexId, header: Any) -> None:
    """Check that the header names this collection, if any, and nothing that has no effect.

    Raises:
        IndexMissing: it names another index.
        BadQuery: an option or its value is not supported.
    """
    if not isinstance(header, dict):
        raise BadQuery(f"expected an object as header, got {shown(header)}")
    for name, value in header.items():
        if name in _INDEX_OPTIONS:
            for item, path in iter_list(value, name) if value is not None else ():
                check_index_name(request, index, read_text(item, path))
        elif name == "search_type":
            if value not in _SEARCH_TYPES:
                expected = " or ".join(_SEARCH_TYPES)
                raise BadQuery(f"expected {expected}, got {shown(value)}", name)
        elif name not in _WITHOUT_EFFECT:
            expected = ", ".join(sorted((*_INDEX_OPTIONS, "search_type", *_WITHOUT_EFFECT)))
            raise BadQuery(f"header: unknown option {name!r}; expected one of {expected}")
