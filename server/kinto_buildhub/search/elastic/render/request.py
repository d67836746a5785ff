"""A search request as JSON for a cluster.

The tree has only what every supported version knows, so one rendering does for all of them. It
writes only what differs from a server's default.
"""

from kinto_buildhub.search.elastic.render.aggregations import render_aggregations
from kinto_buildhub.search.elastic.render.hits import render_collapse, render_hits
from kinto_buildhub.search.elastic.render.index_fields import IndexFields
from kinto_buildhub.search.elastic.render.queries import Json, render_query
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.values import check_whole_number


def render_request(request: tree.SearchRequest, mapping: Mapping) -> Json:
    """Return the body of a ``_search`` request."""
    fields = IndexFields(mapping)
    body = render_hits(fields, request.hits) | {
        "query": render_query(fields, request.query),
        "track_total_hits": request.track_total_hits,
    }
    if request.aggs:
        body["aggs"] = render_aggregations(fields, request.aggs)
    if request.post_filter is not None:
        body["post_filter"] = render_query(fields, request.post_filter)
    if request.search_after is not None:
        _check_search_after(request, mapping)
        body["search_after"] = list(request.search_after)
        # No server accepts a `from` beside it, not even 0.
        body.pop("from", None)
    if request.collapse is not None:
        body["collapse"] = render_collapse(fields, request.collapse)
    if request.min_score is not None:
        body["min_score"] = request.min_score
    return body


def _check_search_after(request: tree.SearchRequest, mapping: Mapping) -> None:
    for key, value in zip(request.hits.sort, request.search_after or (), strict=False):
        field = mapping.get(key.field)
        if field is not None and value is not None:
            check_whole_number(field, value)


def render_count(query: tree.Query, mapping: Mapping) -> Json:
    """Return the body of a ``_count`` request."""
    return {"query": render_query(IndexFields(mapping), query)}
