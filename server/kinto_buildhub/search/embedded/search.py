"""One request on one state of an index."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from kinto_buildhub.search.embedded.aggregations import Aggregator
from kinto_buildhub.search.embedded.answer_cache import Parts
from kinto_buildhub.search.embedded.compile import Compiler
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.hits import find_hits
from kinto_buildhub.search.embedded.index import Generation
from kinto_buildhub.search.embedded.sorting import Hit
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.settings import Limits


def make_execution(
    searcher: Any,
    generation: Generation,
    limits: Limits,
    timeout_seconds: float | None = None,
    *,
    scored: bool = False,
) -> Execution:
    """Return what a request needs; its time starts now."""
    allowed = min(limits.timeout_seconds, timeout_seconds or limits.timeout_seconds)
    compiler = Compiler(generation.fields, int(time.time() * 1000), scored)
    return Execution(
        searcher,
        generation.fields,
        generation.ordinals,
        compiler,
        limits,
        time.monotonic() + allowed,
    )


def needs_scores(request: tree.SearchRequest) -> bool:
    """Tell whether any part of the answer depends on scores."""
    hits = request.hits
    if request.min_score is not None or hits.track_scores or any(map(_by_score, _inner(request))):
        return True
    return _by_score(hits)


def _by_score(hits: tree.HitOptions) -> bool:
    return hits.size > 0 and (not hits.sort or any(k.field == "_score" for k in hits.sort))


def _inner(request: tree.SearchRequest) -> Iterator[tree.HitOptions]:
    if request.collapse is not None:
        yield from (hits for _, hits in request.collapse.inner_hits)
    waiting = [agg for _, agg in request.aggs]
    while waiting:
        agg = waiting.pop()
        if isinstance(agg, tree.TopHitsAgg):
            yield agg.hits
        waiting += [inner for _, inner in agg.aggs]


def answer(
    execution: Execution, request: tree.SearchRequest, index_name: str, parts: Parts
) -> dict[str, Any]:
    """Return what a current Elasticsearch would: hits, aggregations, nothing about shards."""
    query = execution.compiler.query(request.query)
    matching = query
    if request.post_filter is not None:
        matching = execution.narrowed(query, execution.compiler.query(request.post_filter))
    # What tells the count beside its own answer comes first.
    ranked = _ranked(execution, request, matching, parts)
    aggregations = _aggregations(execution, request, query, index_name, parts)
    hits: dict[str, Any] = {}
    if request.track_total_hits is not False:
        count = parts.count(execution, matching, request.post_filter)
        hits["total"] = _total(count, request.track_total_hits)
    hits |= find_hits(
        execution,
        matching,
        request.hits,
        index_name=index_name,
        asked=request.query,
        ranked=ranked,
        search_after=request.search_after,
        collapse=request.collapse,
        min_score=request.min_score,
        version=request.version,
    )
    found: dict[str, Any] = {"hits": hits}
    if request.aggs:
        found["aggregations"] = aggregations
    return found


def _aggregations(
    execution: Execution, request: tree.SearchRequest, query: Any, index_name: str, parts: Parts
) -> dict[str, Any]:
    if not request.aggs:
        return {}
    aggregator = Aggregator(execution, index_name, typed_keys=request.typed_keys)
    if request.hits.size:
        evaluate = partial(aggregator.evaluate, query=query)
        return parts.aggregations(execution, request.aggs, evaluate)
    # Without hits there are no pages to leaf through, and nothing else has told the count.
    counted = request.track_total_hits is not False and request.post_filter is None
    return aggregator.evaluate(request.aggs, query, counted=counted)


def _ranked(
    execution: Execution, request: tree.SearchRequest, matching: Any, parts: Parts
) -> list[Hit] | None:
    """Return the hits of the page and those before it; None if more than the order decides."""
    wanted = request.hits.from_ + request.hits.size
    if not request.hits.size or not request.hits.sort or request.search_after or request.collapse:
        return None
    if any(key.field == "_score" for key in request.hits.sort):
        return None
    hits = parts.hits(execution, matching, request.post_filter, request.hits.sort, wanted)
    return hits[:wanted]


def _total(count: int, track: bool | int) -> dict[str, Any]:
    if track is True or count <= track:
        return {"value": count, "relation": "eq"}
    return {"value": track, "relation": "gte"}
