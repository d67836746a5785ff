"""Hits of a request: sorted, collapsed, with their sources, fields and highlights."""

from typing import Any

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.highlight import Highlighter
from kinto_buildhub.search.embedded.sorting import Hit, after, shown_values, sort_keys, top_hits
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.mapping import iter_values
from kinto_buildhub.search.source import Json, fetch_fields, filter_source
from kinto_buildhub.search.values import record_value


def find_hits(
    execution: Execution,
    query: Any,
    options: tree.HitOptions,
    *,
    index_name: str,
    asked: tree.Query,
    ranked: list[Hit] | None = None,
    search_after: tuple[Any, ...] | None = None,
    collapse: tree.Collapse | None = None,
    min_score: float | None = None,
    version: bool = False,
) -> dict[str, Any]:
    """Return ``max_score`` and ``hits`` as an answer carries them.

    Args:
        query: what has to match, compiled.
        asked: the same as a tree, for highlights.
        ranked: the hits up to the last one wanted, if they are known.
    """
    if search_after is not None:
        query = after(execution, query, options.sort, search_after)
    keys = sort_keys(execution, options.sort)
    if ranked is not None:
        found = ranked
    elif collapse is not None:
        found = _collapsed(execution, query, options, collapse)
    else:
        found = top_hits(execution, query, options.sort, options.from_ + options.size)
    by_score = not options.sort or options.sort[0].field == "_score"
    if min_score is not None and by_score:
        found = [hit for hit in found if (hit.score or 0.0) >= min_score]
    best = found[0].score if found and by_score else None
    if _is_whole(options) and collapse is None and not version:
        hits = [
            _whole_hit(execution, options, keys, hit, index_name) for hit in found[options.from_ :]
        ]
        return {"max_score": best, "hits": hits}
    page = [(hit, *execution.document(hit.address)) for hit in found[options.from_ :]]
    record_ids = [record_id for _, record_id, _ in page]
    highlighter = Highlighter(execution, options.highlight, asked, record_ids)
    hits = []
    for hit, record_id, record in page:
        body: dict[str, Any] = {"_index": index_name, "_id": record_id, "_score": hit.score}
        if version:
            body["_version"] = record.get("last_modified")
        if options.source.enabled:
            body["_source"] = filter_source(record, options.source)
        fetched = fetch_fields(
            record, (*options.fields, *options.docvalue_fields), execution.fields.mapping
        )
        if collapse is not None:
            field = execution.fields.mapping.fields[collapse.field]
            values = [record_value(field, value) for value in iter_values(field, record)]
            if values:
                fetched = {**fetched, collapse.field: values[:1]}
        if fetched:
            body["fields"] = fetched
        if highlights := highlighter.of(record_id, record):
            body["highlight"] = highlights
        if options.sort:
            body["sort"] = shown_values(options.sort, keys, hit)
        if collapse is not None and collapse.inner_hits:
            group = _group(execution, query, collapse, record)
            body["inner_hits"] = {
                name: {"hits": _inner(execution, group, inner, index_name, asked)}
                for name, inner in collapse.inner_hits
            }
        hits.append(body)
    return {"max_score": best, "hits": hits}


def _is_whole(options: tree.HitOptions) -> bool:
    """Tell whether nothing is asked of the records but to be shown as they are."""
    parts = (options.source.includes, options.source.excludes, options.fields)
    return not any((*parts, options.docvalue_fields, options.highlight))


def _whole_hit(
    execution: Execution, options: tree.HitOptions, keys: list[Any], hit: Hit, index_name: str
) -> dict[str, Any]:
    if hit.record_id is not None and not options.source.enabled:
        body: dict[str, Any] = {"_index": index_name, "_id": hit.record_id, "_score": hit.score}
    else:
        record_id, source = execution.source(hit.address)
        body = {"_index": index_name, "_id": record_id, "_score": hit.score}
        if options.source.enabled:
            body["_source"] = Json(source)
    if options.sort:
        body["sort"] = shown_values(options.sort, keys, hit)
    return body


def _inner(
    execution: Execution, query: Any, options: tree.HitOptions, index_name: str, asked: tree.Query
) -> dict[str, Any]:
    found = find_hits(execution, query, options, index_name=index_name, asked=asked)
    return {"total": {"value": execution.count(query), "relation": "eq"}} | found


def inner_hits(
    execution: Execution, query: Any, options: tree.HitOptions, index_name: str
) -> dict[str, Any]:
    """Return the content of a ``top_hits`` bucket."""
    return _inner(execution, query, options, index_name, tree.MatchAll())


def _collapsed(
    execution: Execution, query: Any, options: tree.HitOptions, collapse: tree.Collapse
) -> list[Hit]:
    """Return the best hit for each value, reading on until there are enough."""
    known = execution.compiler.field(collapse.field)
    if known is None or known[0].type == "text":
        raise BadQuery(
            f"cannot collapse by {collapse.field!r}: expected a keyword or number field",
            "collapse.field",
            "illegal_argument_exception",
        )
    field, _ = known
    wanted = options.from_ + options.size
    window = execution.limits.result_window
    reach = max(4 * wanted, 50)
    while True:
        found = top_hits(execution, query, options.sort, min(reach, window * 10))
        best: dict[Any, Hit] = {}
        for hit in found:
            _, record = execution.document(hit.address)
            values = [record_value(field, value) for value in iter_values(field, record)]
            best.setdefault(values[0] if values else None, hit)
            if len(best) > wanted:
                break
        if len(best) >= wanted or len(found) < reach:
            return list(best.values())[:wanted]
        if reach >= window * 10:
            raise BadQuery(
                "too many hits share the values to collapse by; narrow the query, or use a terms "
                "aggregation with top_hits",
                "collapse",
            )
        reach *= 4


def _group(
    execution: Execution, query: Any, collapse: tree.Collapse, record: dict[str, Any]
) -> Any:
    known = execution.compiler.field(collapse.field)
    assert known is not None  # noqa: S101 - it was checked before.
    field, inner = known
    values = [record_value(field, value) for value in iter_values(field, record)]
    if values and values[0] is not None:
        return execution.narrowed(query, execution.compiler.term(inner, values[0]))
    from kinto_buildhub.search.embedded.compile import without

    return execution.narrowed(query, without(execution.compiler.exists(inner)))
