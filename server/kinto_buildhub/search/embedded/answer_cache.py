"""Cached results: facets that many pages share, and hits to page through.

A cached result depends on the state of the index and on a few clauses of the request. A request
with the same clauses gets it from memory. A change of the index changes its state, so a result of
an earlier state is never found again.
"""

from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.cache import AnswerCache
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.sort_keys import Hit
from kinto_buildhub.search.embedded.sorting import top_hits
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.source import Json, dump_json

# Readers of the first page often ask for the next ones.
_MIN_HITS = 64
_HIT_BYTES = 300
_DOC_COUNT = b'"doc_count":'

Evaluate = Callable[[tuple[tuple[str, tree.Aggregation], ...]], dict[str, Any]]


class CachedResults:
    """Results of one query on one state of an index, from the cache where it has them.

    Args:
        cache: of the engine.
        state: differs whenever an answer may.
        query: the request's, with whatever else all results depend on.
    """

    def __init__(self, cache: AnswerCache, state: Any, *query: Any) -> None:
        self._cache, self._state, self._query = cache, state, repr(query)

    def count(self, execution: Execution, matching: Any, post_filter: tree.Query | None) -> int:
        """Return how many records match."""
        key = self._key("count", post_filter)
        count = self._cache.get(key)
        if count is None:
            count = execution.count(matching)
            self._put(key, count, 0)
        return int(count)

    def hits(
        self,
        execution: Execution,
        matching: Any,
        post_filter: tree.Query | None,
        sort: tuple[tree.SortKey, ...],
        limit: int,
    ) -> list[Hit]:
        """Return the first *limit* hits or more; do not change the list."""
        key = self._key("hits", post_filter, sort)
        cached = self._cache.get(key)
        if cached is not None and (cached[0] >= limit or len(cached[1]) < cached[0]):
            cached_hits: list[Hit] = cached[1]
            return cached_hits
        # No page goes beyond the result window, and a list of twice its length may be too large
        # for the cache.
        fetched = max(_MIN_HITS, 1 << (limit - 1).bit_length())
        fetched = max(limit, min(fetched, execution.limits.result_window))
        hits = top_hits(execution, matching, sort, fetched)
        self._put(key, (fetched, hits), _HIT_BYTES * len(hits))
        return hits

    def aggregations(
        self,
        execution: Execution,
        aggs: tuple[tuple[str, tree.Aggregation], ...],
        evaluate: Evaluate,
    ) -> dict[str, Any]:
        """Return the answers to *aggs*, in their order.

        Args:
            execution: counts the buckets.
            aggs: by name.
            evaluate: answers those that are not in the cache.

        Raises:
            BadQuery: there are too many buckets, cached or not.
        """
        keys = {name: self._key("aggregation", name, agg) for name, agg in aggs}
        answers = {name: self._cache.get(key) for name, key in keys.items()}
        for cached in filter(None, answers.values()):
            execution.add_buckets(cached[1].count(_DOC_COUNT))
        missing = tuple((name, agg) for name, agg in aggs if answers[name] is None)
        evaluated = evaluate(missing) if missing else {}
        # In an answer the name may be preceded by the type.
        for (name, _), (typed_name, answer) in zip(missing, evaluated.items(), strict=True):
            content = dump_json(answer)
            answers[name] = typed_name, content
            self._put(keys[name], (typed_name, content), len(content))
        return {typed_name: Json(content) for typed_name, content in answers.values()}

    def _key(self, *clauses: Any) -> tuple[Any, str, str]:
        return self._state, self._query, repr(clauses)

    def _put(self, key: tuple[Any, str, str], result: Any, size: int) -> None:
        # Results that depend on the clock are not cached.
        if "now" not in key[1].lower() and "now" not in key[2].lower():
            self._cache.put(key, result, size)
