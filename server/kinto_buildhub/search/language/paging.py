"""Paging through all hits: the order in which each hit comes once."""

from dataclasses import replace
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree

TIE_BREAK = "_shard_doc"
_UNORDERED = ("_doc", TIE_BREAK)
_KIND = "action_request_validation_exception"


def with_tie_break(keys: tuple[tree.SortKey, ...]) -> tuple[tree.SortKey, ...]:
    """Return sort keys with which no two hits tie."""
    keys = tuple(replace(key, field=TIE_BREAK) if key.field in _UNORDERED else key for key in keys)
    if any(key.field == TIE_BREAK for key in keys):
        return keys
    return (*keys, tree.SortKey(field=TIE_BREAK))


def scroll_page(request: tree.SearchRequest, after: tuple[Any, ...] | None) -> tree.SearchRequest:
    """Return the request for the page of a scroll that follows the sort values *after*.

    Only the first page has aggregations. Without ``sort``, hits come in the order of their changes.

    Raises:
        BadQuery: the request has something that does not work with scrolling.
    """
    hits = request.hits
    refused = {
        "from": hits.from_ != 0,
        "size: 0": hits.size == 0,
        "search_after": request.search_after is not None,
        "collapse": request.collapse is not None,
        "pit": request.point_in_time is not None,
        "track_total_hits: false": request.track_total_hits is False,
        "sort by _score": any(key.field == "_score" for key in hits.sort),
    }
    for name, is_given in refused.items():
        if is_given:
            raise BadQuery(f"{name!r} does not work with scrolling", "scroll", _KIND)
    if after is not None:
        request = replace(request, aggs=(), suggest=())
    return replace(
        request,
        hits=replace(hits, sort=with_tie_break(hits.sort)),
        search_after=after,
        track_total_hits=True,
    )
