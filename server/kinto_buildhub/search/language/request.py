"""The body of a search or a count, as a tree."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregation_types import parse_aggregations
from kinto_buildhub.search.language.dates.intervals import parse_keep_alive, parse_timeout
from kinto_buildhub.search.language.hits import (
    check_inner_window,
    check_window,
    parse_hits,
    parse_track_total_hits,
)
from kinto_buildhub.search.language.json_values import read_scalar, read_text, shown
from kinto_buildhub.search.language.paging import with_tie_break
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.suggesters import parse_suggest
from kinto_buildhub.search.settings import Limits

# Longer aggregations are parsed each time: a tree in the cache takes ten times as much memory.
_MOST_CACHED_BYTES = 2000


def parse_request(body: Any, limits: Limits) -> tree.SearchRequest:
    """Return the tree for the body of a search; None is an empty body.

    Raises:
        BadQuery: it has a mistake, or asks for something that is not supported.
    """
    budget = Budget(limits)
    reader = Reader.of({} if body is None else body, "", "request", budget)
    for group, path in reader.list("stats", None):
        read_text(group, path)  # For statistics of the server.
    reader.only("ext", {})
    reader.only("indices_boost", [], {})
    reader.only("profile", False)
    reader.only("terminate_after", 0)
    hits = parse_hits(reader)
    check_window(hits, limits)
    point_in_time, keep_alive_seconds = _point_in_time(reader)
    if point_in_time is not None and hits.sort:
        hits = replace(hits, sort=with_tie_break(hits.sort))
    request = tree.SearchRequest(
        query=_query(reader, "query") or tree.MatchAll(),
        hits=hits,
        aggs=_aggregations(reader),
        post_filter=_query(reader, "post_filter") or _query(reader, "filter"),
        search_after=_search_after(reader, hits),
        collapse=_collapse(reader, hits),
        min_score=reader.number("min_score", None),
        track_total_hits=_track_total_hits(reader),
        timeout_seconds=_timeout(reader),
        suggest=parse_suggest(reader),
        point_in_time=point_in_time,
        keep_alive_seconds=keep_alive_seconds,
    )
    reader.finish()
    return request


def _point_in_time(reader: Reader) -> tuple[str | None, float | None]:
    """Take ``pit``: its ID, and how long it is kept."""
    value = reader.raw("pit")
    if value is None:
        return None, None
    inner = Reader.of(value, reader.at("pit"), "pit", reader.budget)
    point_in_time: str = inner.text("id")
    keep_alive = inner.text("keep_alive", None)
    seconds = None if keep_alive is None else parse_keep_alive(keep_alive, inner.at("keep_alive"))
    inner.finish()
    return point_in_time, seconds


def _aggregations(reader: Reader) -> tree.NamedAggregations:
    """Take the aggregations. Those that come again, as the facets of pages do, are parsed once."""
    value = reader.value.get("aggs")
    if reader.value.get("aggregations") is not None or not isinstance(value, dict):
        return parse_aggregations(reader)
    try:
        content = orjson.dumps(value)
    except TypeError:  # orjson reads deeper than it writes. The parser names the limit.
        return parse_aggregations(reader)
    if len(content) > _MOST_CACHED_BYTES:
        return parse_aggregations(reader)
    reader.ignore("aggs", "aggregations")
    found, budget = _cached_aggregations(content, reader.budget.limits)
    at = reader.at("aggs")
    reader.budget.count_clauses(at, reader.depth, budget.clauses)
    reader.budget.aggregations += budget.aggregations
    return found


@lru_cache(maxsize=100)
def _cached_aggregations(content: bytes, limits: Limits) -> tuple[tree.NamedAggregations, Budget]:
    budget = Budget(limits)
    reader = Reader.of({"aggs": orjson.loads(content)}, "", "request", budget)
    return parse_aggregations(reader), budget


def parse_count(body: Any, limits: Limits) -> tree.Query:
    """Return the query in the body of a count, which contains nothing else.

    Raises:
        BadQuery: as `parse_request`.
    """
    reader = Reader.of({} if body is None else body, "", "request", Budget(limits))
    query = _query(reader, "query") or tree.MatchAll()
    reader.finish()
    return query


def _query(reader: Reader, name: str) -> tree.Query | None:
    value = reader.raw(name)
    return None if value is None else parse_query(value, reader.at(name), reader.budget)


def _search_after(reader: Reader, hits: tree.HitOptions) -> Any:
    if reader.raw("search_after") is None:
        return None
    values = reader.value["search_after"]
    at = reader.at("search_after")
    if not isinstance(values, list):
        raise BadQuery(f"expected a list, got {shown(values)}", at)
    keys = hits.sort or (tree.SortKey(field="_score", order="desc"),)
    if len(values) != len(keys):
        raise BadQuery(f"expected one value per sort key ({len(keys)}), got {len(values)}", at)
    if hits.from_:
        raise BadQuery(f"expected 'from' to be 0 with search_after, got {hits.from_}", at)
    return tuple(
        None if value is None else read_scalar(value, f"{at}[{number}]")
        for number, value in enumerate(values)
    )


def _collapse(reader: Reader, hits: tree.HitOptions) -> tree.Collapse | None:
    value = reader.raw("collapse")
    if value is None:
        return None
    inner = Reader.of(value, reader.at("collapse"), "collapse", reader.budget)
    inner.ignore("max_concurrent_group_searches")
    default_name = str(inner.value.get("field"))
    inner_hits = tuple(
        _inner_hits(Reader.of(item, path, "inner_hits", reader.budget), default_name)
        for item, path in inner.list("inner_hits", None)
    )
    collapse = tree.Collapse(field=inner.text("field"), inner_hits=inner_hits)
    inner.finish()
    if reader.has("search_after") and [key.field for key in hits.sort] != [collapse.field]:
        # Groups that are sorted by anything else come again on later pages.
        raise BadQuery(
            f"expected to be sorted by {collapse.field!r} alone beside collapse",
            reader.at("search_after"),
            "illegal_argument_exception",
        )
    return collapse


def _inner_hits(reader: Reader, default_name: str) -> tuple[str, tree.HitOptions]:
    name = reader.text("name", default_name)
    reader.refuse("collapse", why="only the outer level can collapse")
    hits = parse_hits(reader, default_size=3)
    reader.finish()
    check_inner_window(hits, reader)
    return str(name), hits


def _track_total_hits(reader: Reader) -> bool | int:
    return parse_track_total_hits(reader.raw("track_total_hits"), reader.at("track_total_hits"))


def _timeout(reader: Reader) -> float | None:
    text = reader.text("timeout", None)
    return None if text is None else parse_timeout(text, reader.at("timeout"))
