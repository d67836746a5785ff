"""Tantivy, called from Python with the requests that our server gets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tantivy
from kinto_buildhub.search.embedded.index_folder import IndexFolder
from kinto_buildhub.search.embedded.queries.costs import Costs
from kinto_buildhub.search.embedded.queries.handlers import make_compiler
from kinto_buildhub.search.index_names import index_name
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.request import parse_request
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.settings import read_settings

from bench.search_requests import Body
from bench.search_servers import INDEX


class DirectTantivy:
    """Searches the files of an index without our engine.

    Args:
        folder: of the embedded engine.
    """

    def __init__(self, folder: Path) -> None:
        generation = IndexFolder(folder / index_name("kinto", INDEX)).current()
        self._searcher, self._fields = generation.searcher(), generation.fields
        self._limits = Limits.from_values(read_settings({}, {}))

    def prepared(self, body: Body) -> Callable[[], Any]:
        """Return a function that gets hits, their documents, and aggregations from Tantivy."""
        request = parse_request(body, self._limits)
        limits, count = self._limits, int(self._searcher.num_docs)
        costs = Costs(limits.query_bytes, limits.expanded_terms, count)
        compiler = make_compiler(self._fields, 0, costs, scored=not request.hits.sort)
        query = compiler.compile(request.query)

        def both(other: tree.Query | None) -> Any:
            if other is None:
                return query
            clauses = [(tantivy.Occur.Must, each) for each in (query, compiler.compile(other))]
            return tantivy.Query.boolean_query(clauses)

        # Each aggregation below a filter is a search of its own; all others are one search.
        calls = [
            (both(agg.filter), self._terms(agg.aggs))
            for _, agg in request.aggs
            if isinstance(agg, tree.FilterAgg)
        ] or [(query, self._terms(request.aggs))]
        hits = both(request.post_filter)
        field = self._fields.names[request.hits.sort[0].field] if request.hits.sort else None
        first, limit = request.hits.from_, request.hits.from_ + request.hits.size

        def call() -> Any:
            found = self._searcher.search(hits, limit or 1, order_by_field=field).hits
            documents = [self._searcher.doc(address) for _, address in found[first:]]
            return documents, [self._searcher.aggregate(*each) for each in calls if each[1]]

        return call

    def _terms(self, aggs: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, agg in aggs:
            field = self._fields.names[agg.field]
            found[name] = {"terms": {"field": field, "size": agg.size, "segment_size": 1_000_000}}
            if agg.aggs:
                found[name]["aggs"] = self._terms(agg.aggs)
        return found
