"""One search request on one state of an index."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.aggregations.aggregator import Aggregator
from kinto_buildhub.search.embedded.answer_cache import CachedResults
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.generation import Generation
from kinto_buildhub.search.embedded.hits import HitFetcher
from kinto_buildhub.search.embedded.queries.costs import Costs
from kinto_buildhub.search.embedded.queries.handlers import make_compiler
from kinto_buildhub.search.embedded.sort_keys import Hit, resolve_sort_keys
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
    costs = Costs(
        limits.query_bytes,
        limits.expanded_terms,
        int(searcher.num_docs),
        generation.term_ordinals,
    )
    return Execution(
        searcher,
        generation.fields,
        generation.term_ordinals,
        make_compiler(generation.fields, int(time.time() * 1000), costs, scored=scored),
        limits,
        min(time.monotonic() + allowed, budget.deadline()),
    )


def needs_scores(request: tree.SearchRequest) -> bool:
    """Return whether any part of the answer depends on scores."""
    hits = request.hits
    if request.min_score is not None or hits.track_scores:
        return True
    return any(map(_is_by_score, (hits, *_iter_inner_hits(request))))


def _is_by_score(hits: tree.HitOptions) -> bool:
    return hits.size > 0 and (not hits.sort or any(k.field == "_score" for k in hits.sort))


def _iter_inner_hits(request: tree.SearchRequest) -> Iterator[tree.HitOptions]:
    if request.collapse is not None:
        yield from (hits for _, hits in request.collapse.inner_hits)
    waiting = [agg for _, agg in request.aggs]
    while waiting:
        agg = waiting.pop()
        if isinstance(agg, tree.TopHitsAgg):
            yield agg.hits
        waiting += [inner for _, inner in agg.aggs]


def execute_search(
    execution: Execution, request: tree.SearchRequest, index_name: str, results: CachedResults
) -> dict[str, Any]:
    """Return the answer of a current Elasticsearch: hits and aggregations, nothing about shards."""
    query = execution.compiler.compile(request.query)
    for inner in _iter_inner_hits(request):  # They may be below buckets that there are none of.
        resolve_sort_keys(execution, inner.sort)
    if request.min_score is not None:
        query = execution.with_least_score(query, request.min_score)
    matching = query
    if request.post_filter is not None:
        matching = execution.filtered(query, execution.compiler.compile(request.post_filter))
    # Sorted hits and aggregations may count the matches in the same pass, so the count comes last.
    ranked = _ranked_hits(execution, request, matching, results)
    aggregations = _aggregations(execution, request, query, index_name, results)
    hits: dict[str, Any] = {}
    if request.track_total_hits is not False:
        count = results.count(execution, matching, request.post_filter)
        hits["total"] = _total(count, request.track_total_hits)
    fetcher = HitFetcher(
        execution,
        matching,
        request.hits,
        index_name,
        request.query,
        search_after=request.search_after,
        collapse=request.collapse,
        post_filter=request.post_filter,
    )
    hits |= fetcher.fetch(ranked)
    return {"hits": hits, "aggregations": aggregations} if request.aggs else {"hits": hits}


def _aggregations(
    execution: Execution,
    request: tree.SearchRequest,
    query: Any,
    index_name: str,
    results: CachedResults,
) -> dict[str, Any]:
    if not request.aggs:
        return {}
    aggregator = Aggregator(
        execution, index_name, request.query, request.post_filter, typed_keys=request.typed_keys
    )
    if request.hits.size:
        evaluate = partial(aggregator.evaluate, query=query)
        return results.aggregations(execution, request.aggs, evaluate)
    # Without hits there are no pages that share facets, and no search that counted the matches.
    with_count = request.track_total_hits is not False and request.post_filter is None
    return aggregator.evaluate(request.aggs, query, with_count=with_count)


def _ranked_hits(
    execution: Execution, request: tree.SearchRequest, matching: Any, results: CachedResults
) -> list[Hit] | None:
    """Return the hits up to the end of the page; None if more than the sort keys decides."""
    end = request.hits.from_ + request.hits.size
    if not request.hits.size or not request.hits.sort or request.search_after or request.collapse:
        return None
    if any(key.field == "_score" for key in request.hits.sort):
        return None
    hits = results.hits(execution, matching, request.post_filter, request.hits.sort, end)
    return hits[:end]


def _total(count: int, track_total_hits: bool | int) -> dict[str, Any]:
    # Without counting, nothing is known, not even that there are none.
    is_counted = track_total_hits is True or 0 < track_total_hits >= count
    if is_counted:
        return {"value": count, "relation": "eq"}
    return {"value": track_total_hits, "relation": "gte"}
