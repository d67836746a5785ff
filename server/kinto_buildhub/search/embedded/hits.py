"""Hits of a request: sorted or collapsed, with their sources, fields and highlights."""

from dataclasses import replace
from typing import Any

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.collapse import Collapser
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.highlight import Highlighter
from kinto_buildhub.search.embedded.ignored_values import ignored_parts
from kinto_buildhub.search.embedded.matched_queries import matched_queries, named_queries
from kinto_buildhub.search.embedded.schema import AT
from kinto_buildhub.search.embedded.search_after import parse_search_after
from kinto_buildhub.search.embedded.sort_keys import Hit, resolve_sort_keys, sort_values
from kinto_buildhub.search.embedded.sorting import top_hits
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.source import (
    Json,
    fetch_docvalue_fields,
    fetch_fields,
    filter_source,
    rough_size,
)

# The keys of a hit, or of inner hits, in JSON.
_HEAD_BYTES = 60


_BY_SCORE = (tree.SortKey(field="_score", order="desc"),)


class HitFetcher:
    """Fetches the hits of one request, or of one inner hits.

    Args:
        execution: of the request.
        query: what has to match, compiled.
        options: which hits, and what of them.
        index_name: shown in each hit.
        highlighted: the query whose matches are highlighted.
        search_after: see `parse_search_after`.
        collapse: what to collapse by.
        post_filter: of the request; its named queries are shown, too.
    """

    def __init__(
        self,
        execution: Execution,
        query: Any,
        options: tree.HitOptions,
        index_name: str,
        highlighted: tree.Query,
        *,
        search_after: tuple[Any, ...] | None = None,
        collapse: tree.Collapse | None = None,
        post_filter: tree.Query | None = None,
    ) -> None:
        if options.sort == _BY_SCORE:  # As without a sort: hits show no sort values.
            options = replace(options, sort=())
        self._after: tuple[Any, ...] | None = None
        if search_after is not None:
            self._after = parse_search_after(execution, options.sort, search_after)
        self._execution, self._query, self._options = execution, query, options
        self._index_name, self._highlighted = index_name, highlighted
        self._post_filter = post_filter
        self._named = [*named_queries(highlighted), *named_queries(post_filter)]
        self._keys = resolve_sort_keys(execution, options.sort)
        self._collapser = None if collapse is None else Collapser(execution, collapse)

    def fetch(self, ranked: list[Hit] | None = None) -> dict[str, Any]:
        """Return ``max_score`` and ``hits`` as in an answer.

        Args:
            ranked: the hits up to the end of the page, if they are known.
        """
        hits = self._ranked_hits() if ranked is None else ranked
        by_score = not self._options.sort or self._options.sort[0].field == "_score"
        max_score = hits[0].score if hits and by_score else None
        page = hits[self._options.from_ :]
        if self._options.track_scores and hits and not by_score:
            max_score, page = self._with_scores(page)
        if self._shows_whole_records():
            return {"max_score": max_score, "hits": [self._whole_hit(hit) for hit in page]}
        # One record after the other: all of a page would take much memory.
        record_ids = self._record_ids(page) if self._named or self._options.highlight else []
        highlighter = Highlighter(
            self._execution, self._options.highlight, self._highlighted, record_ids
        )
        matched = matched_queries(self._execution, self._named, record_ids)
        bodies = []
        for hit in page:
            record_id, record = self._execution.record(hit.address)
            body = self._hit(hit, record, highlighter)
            if names := matched.get(record_id):
                body["matched_queries"] = names
            bodies.append(body)
        return {"max_score": max_score, "hits": bodies}

    def _record_ids(self, page: list[Hit]) -> list[str]:
        return [self._execution.stored_record(hit.address)[0] for hit in page]

    def _with_scores(self, page: list[Hit]) -> tuple[float, list[Hit]]:
        """Return the best score of all matches, and the hits with theirs."""
        execution = self._execution
        best = execution.top(self._query, 1)[0][0]
        timestamps = execution.searcher.fast_field_values(AT, [hit.address for hit in page])
        chosen = execution.compiler.any_term(AT, list(timestamps)) if page else None
        if chosen is None:
            return best, page
        scored = execution.top(execution.filtered(self._query, chosen), len(page))
        scores = {(address.segment_ord, address.doc): score for score, address in scored}
        return best, [
            hit._replace(score=scores.get((hit.address.segment_ord, hit.address.doc)))
            for hit in page
        ]

    def _ranked_hits(self) -> list[Hit]:
        options = self._options
        if self._collapser is not None:
            return self._collapser.top_hits(self._query, options, self._after)
        limit = options.from_ + options.size
        return top_hits(self._execution, self._query, options.sort, limit, self._after)

    def _shows_whole_records(self) -> bool:
        """Return whether records are shown as they are, or not at all."""
        options = self._options
        source = (options.source.includes, options.source.excludes)
        is_whole = not any((*source, options.fields, options.docvalue_fields, options.highlight))
        has_more = self._named or self._execution.fields.mapping.fields_with_ignored
        return is_whole and self._collapser is None and not options.version and not has_more

    def _whole_hit(self, hit: Hit) -> dict[str, Any]:
        if hit.record_id is not None and not self._options.source.enabled:
            body = self._head(hit, hit.record_id)
        else:
            record_id, source = self._execution.stored_record(hit.address)
            body = self._head(hit, record_id)
            if self._options.source.enabled:
                body["_source"] = Json(source)
                budget.add_answer_bytes(len(source))
        if self._options.sort:
            body["sort"] = sort_values(self._options.sort, self._keys, hit)
        return body

    def _hit(self, hit: Hit, record: dict[str, Any], highlighter: Highlighter) -> dict[str, Any]:
        record_id = str(record.get("id", ""))
        body = self._head(hit, record_id)
        if self._options.version:
            body["_version"] = record.get("last_modified")
        mapping = self._execution.fields.mapping
        if mapping.fields_with_ignored:
            body |= ignored_parts(record, mapping, self._options.fields)
            budget.add_answer_bytes(rough_size(body))
        if self._options.source.enabled:
            body["_source"] = filter_source(record, self._options.source)
            budget.add_answer_bytes(rough_size(body["_source"]))
        if fields := self._fields(record):
            body["fields"] = fields
            budget.add_answer_bytes(rough_size(fields))
        if highlights := highlighter.highlights(record_id, record):
            body["highlight"] = highlights
            budget.add_answer_bytes(rough_size(highlights))
        if self._options.sort:
            body["sort"] = sort_values(self._options.sort, self._keys, hit)
        if inner := self._inner_hits(record):
            body["inner_hits"] = inner
        return body

    def _head(self, hit: Hit, record_id: str) -> dict[str, Any]:
        budget.add_answer_bytes(_HEAD_BYTES + len(record_id))
        return {"_index": self._index_name, "_id": record_id, "_score": hit.score}

    def _fields(self, record: dict[str, Any]) -> dict[str, Any]:
        mapping = self._execution.fields.mapping
        fields = fetch_fields(record, self._options.fields, mapping)
        fields |= fetch_docvalue_fields(record, self._options.docvalue_fields, mapping)
        if self._collapser is not None and (values := self._collapser.values(record)):
            fields[self._collapser.collapse.field] = values[:1]
        return fields

    def _inner_hits(self, record: dict[str, Any]) -> dict[str, Any]:
        if self._collapser is None or not self._collapser.collapse.inner_hits:
            return {}
        budget.add_answer_bytes(
            sum(_HEAD_BYTES + len(name) for name, _ in self._collapser.collapse.inner_hits)
        )
        group = self._collapser.group_query(self._query, record)
        return {
            name: {
                "hits": inner_hits(
                    self._execution,
                    group,
                    options,
                    self._index_name,
                    self._highlighted,
                    self._post_filter,
                )
            }
            for name, options in self._collapser.collapse.inner_hits
        }


def inner_hits(
    execution: Execution,
    query: Any,
    options: tree.HitOptions,
    index_name: str,
    highlighted: tree.Query,
    post_filter: tree.Query | None,
) -> dict[str, Any]:
    """Return the content of ``hits`` in ``inner_hits`` or in a ``top_hits`` aggregation."""
    hits = HitFetcher(
        execution, query, options, index_name, highlighted, post_filter=post_filter
    ).fetch()
    return {"total": {"value": execution.count(query), "relation": "eq"}} | hits
