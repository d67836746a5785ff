"""Parts of answers that are still right: facets that many pages share, hits to leaf through.

A part depends on the state of the index and on a few clauses of the request. Where these come
again in another request, the part is taken from memory; where the index has changed, its state has,
and nobody finds the old part any more.
"""

from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.cache import AnswerCache
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.sorting import Hit, top_hits
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.source import Json, dump_json

# Who asks for the first page asks for the next ones.
_LEAST_HITS = 64
_HIT_BYTES = 300
_BUCKET = b'"doc_count":'

Evaluate = Callable[[tuple[tuple[str, tree.Aggregation], ...]], dict[str, Any]]


class Parts:
    """Parts over one state of an index, over the records that one query matches.

    Args:
        state: differs whenever an answer may.
        query: of the request, with everything else that all of its parts depend on.
    """

    def __init__(self, cache: AnswerCache, state: Any, *query: Any) -> None:
        self._cache, self._state, self._query = cache, state, repr(query)

    def count(self, execution: Execution, matching: Any, post_filter: tree.Query | None) -> int:
        """Return how many records match."""
        key = self._key("count", post_filter)
        kept = self._cache.get(key)
        if kept is None:
            kept = execution.count(matching)
            self._put(key, kept, 0)
        return int(kept)

    def hits(
        self,
        execution: Execution,
        matching: Any,
        post_filter: tree.Query | None,
        sort: tuple[tree.SortKey, ...],
        limit: int,
    ) -> list[Hit]:
        """Return the first *limit* hits at least; the list is not to be changed."""
        key = self._key("hits", post_filter, sort)
        kept = self._cache.get(key)
        if kept is not None and (kept[0] >= limit or len(kept[1]) < kept[0]):
            known: list[Hit] = kept[1]
            return known
        # No page reaches beyond the window, and what is twice as long as it may not be kept.
        reach = max(_LEAST_HITS, 1 << (limit - 1).bit_length())
        reach = max(limit, min(reach, execution.limits.result_window))
        found = top_hits(execution, matching, sort, reach)
        self._put(key, (reach, found), _HIT_BYTES * len(found))
        return found

    def aggregations(
        self,
        execution: Execution,
        aggs: tuple[tuple[str, tree.Aggregation], ...],
        evaluate: Evaluate,
    ) -> dict[str, Any]:
        """Return the answers to *aggs*, in their order; *evaluate* is asked for those not kept.

        Raises:
            BadQuery: they have more buckets than may be, kept or not.
        """
        keys = {name: self._key("aggregation", name, agg) for name, agg in aggs}
        kept = {name: self._cache.get(key) for name, key in keys.items()}
        for part in filter(None, kept.values()):
            execution.add_buckets(part[1].count(_BUCKET))
        missing = tuple((name, agg) for name, agg in aggs if kept[name] is None)
        found = evaluate(missing) if missing else {}
        # An answer's name may tell its type too.
        for (name, _), (shown, answer) in zip(missing, found.items(), strict=True):
            content = dump_json(answer)
            kept[name] = shown, content
            self._put(keys[name], (shown, content), len(content))
        return {shown: Json(content) for shown, content in kept.values()}

    def _key(self, *parts: Any) -> Any:
        return self._state, self._query, repr(parts)

    def _put(self, key: tuple[Any, str, str], part: Any, size: int) -> None:
        # What depends on the clock is not kept.
        if "now" not in key[1].lower() and "now" not in key[2].lower():
            self._cache.put(key, part, size)
