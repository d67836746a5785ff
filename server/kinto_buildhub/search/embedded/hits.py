"""Hits of a request: sorted or collapsed, with their sources, fields and highlights."""

from typing import Any

from kinto_buildhub.search.embedded.collapse import Collapser
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.highlight import Highlighter
from kinto_buildhub.search.embedded.search_after import search_after_query
from kinto_buildhub.search.embedded.sort_keys import (
    Hit,
    SortKey,
    resolve_sort_keys,
    sort_values,
)
from kinto_buildhub.search.embedded.sorting import top_hits
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.source import Json, fetch_fields, filter_source


def fetch_hits(
    execution: Execution,
    query: Any,
    options: tree.HitOptions,
    *,
    index_name: str,
    highlighted: tree.Query,
    ranked: list[Hit] | None = None,
    search_after: tuple[Any, ...] | None = None,
    collapse: tree.Collapse | None = None,
    min_score: float | None = None,
    version: bool = False,
) -> dict[str, Any]:
    """Return ``max_score`` and ``hits`` as in an answer.

    Args:
        execution: of the request.
        query: what has to match, compiled.
        options: which hits, and what of them.
        index_name: shown in each hit.
        highlighted: the query whose matches are highlighted.
        ranked: the hits up to the end of the page, if they are known.
        search_after: see `search_after_query`.
        collapse: what to collapse by.
        min_score: hits with a lower score are left out.
        version: show each record's timestamp.
    """
    if search_after is not None:
        query = search_after_query(execution, query, options.sort, search_after)
    keys = resolve_sort_keys(execution, options.sort)
    collapser = None if collapse is None else Collapser(execution, collapse)
    if ranked is not None:
        hits = ranked
    elif collapser is not None:
        hits = collapser.top_hits(query, options)
    else:
        hits = top_hits(execution, query, options.sort, options.from_ + options.size)
    by_score = not options.sort or options.sort[0].field == "_score"
    if min_score is not None and by_score:
        hits = [hit for hit in hits if (hit.score or 0.0) >= min_score]
    max_score = hits[0].score if hits and by_score else None
    page = hits[options.from_ :]
    if _shows_whole_records(options) and collapser is None and not version:
        bodies = [_whole_hit(execution, options, keys, hit, index_name) for hit in page]
        return {"max_score": max_score, "hits": bodies}
    records = [(hit, *execution.record(hit.address)) for hit in page]
    record_ids = [record_id for _, record_id, _ in records]
    highlighter = Highlighter(execution, options.highlight, highlighted, record_ids)
    bodies = []
    for hit, record_id, record in records:
        body: dict[str, Any] = {"_index": index_name, "_id": record_id, "_score": hit.score}
        if version:
            body["_version"] = record.get("last_modified")
        if options.source.enabled:
            body["_source"] = filter_source(record, options.source)
        if fields := _fields(execution, options, record, collapser):
            body["fields"] = fields
        if highlights := highlighter.highlights(record_id, record):
            body["highlight"] = highlights
        if options.sort:
            body["sort"] = sort_values(options.sort, keys, hit)
        if collapser is not None and collapser.collapse.inner_hits:
            group = collapser.group_query(query, record)
            body["inner_hits"] = {
                name: {"hits": inner_hits(execution, group, inner, index_name, highlighted)}
                for name, inner in collapser.collapse.inner_hits
            }
        bodies.append(body)
    return {"max_score": max_score, "hits": bodies}


def _fields(
    execution: Execution,
    options: tree.HitOptions,
    record: dict[str, Any],
    collapser: Collapser | None,
) -> dict[str, Any]:
    requested = (*options.fields, *options.docvalue_fields)
    fields = fetch_fields(record, requested, execution.fields.mapping)
    if collapser is not None and (values := collapser.values(record)):
        fields[collapser.collapse.field] = values[:1]
    return fields


def inner_hits(
    execution: Execution,
    query: Any,
    options: tree.HitOptions,
    index_name: str,
    highlighted: tree.Query,
) -> dict[str, Any]:
    """Return the content of ``hits`` in ``inner_hits`` or in a ``top_hits`` aggregation."""
    hits = fetch_hits(execution, query, options, index_name=index_name, highlighted=highlighted)
    return {"total": {"value": execution.count(query), "relation": "eq"}} | hits


def _shows_whole_records(options: tree.HitOptions) -> bool:
    """Return whether records are shown as they are, or not at all."""
    source = (options.source.includes, options.source.excludes)
    return not any((*source, options.fields, options.docvalue_fields, options.highlight))


def _whole_hit(
    execution: Execution, options: tree.HitOptions, keys: list[SortKey], hit: Hit, index_name: str
) -> dict[str, Any]:
    if hit.record_id is not None and not options.source.enabled:
        body: dict[str, Any] = {"_index": index_name, "_id": hit.record_id, "_score": hit.score}
    else:
        record_id, source = execution.stored_record(hit.address)
        body = {"_index": index_name, "_id": record_id, "_score": hit.score}
        if options.source.enabled:
            body["_source"] = Json(source)
    if options.sort:
        body["sort"] = sort_values(options.sort, keys, hit)
    return body
