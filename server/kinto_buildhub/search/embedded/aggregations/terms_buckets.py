"""Buckets of ``terms`` aggregations that need work one by one.

They have keys other than texts, or an order of their own, or aggregations below them that Tantivy
does not do, or they are empty.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import tantivy

from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Bucket,
    Evaluator,
    all_terms,
    bucket_bodies,
    built,
    order_buckets,
)
from kinto_buildhub.search.embedded.aggregations.partitions import is_in_partition
from kinto_buildhub.search.embedded.aggregations.terms_requests import missing_value, selection
from kinto_buildhub.search.embedded.queries.combine import any_of, negated
from kinto_buildhub.search.embedded.schema import IndexedField
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import parse_date
from kinto_buildhub.search.language.field_formats import format_value
from kinto_buildhub.search.mapping import FLOAT_TYPES
from kinto_buildhub.search.values import query_number

RawBuckets = list[dict[str, Any]]
"""Tantivy's buckets: ``key``, ``doc_count``, and the answers below by number."""


def terms_body(buckets: list[Any], other_count: int) -> Answer:
    """Return buckets as the answer to a ``terms``."""
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": other_count,
        "buckets": buckets,
    }


@dataclass(frozen=True, slots=True)
class TermsBuckets:
    """The buckets of one ``terms`` aggregation over the matches of one query."""

    evaluator: Evaluator
    agg: tree.TermsAgg
    indexed: IndexedField
    query: Any

    def answer(self, found: RawBuckets, other_count: int) -> Answer:
        """Return the answer.

        Args:
            found: Tantivy's buckets, cut to size if they come in the order of their counts.
            other_count: the number of records in all other buckets.
        """
        agg = self.agg
        buckets = [self._bucket(each) for each in found]
        buckets = self._selected(buckets)
        if agg.min_doc_count == 0:
            buckets += self._empty_buckets(buckets)
        is_float = self.indexed.field.type in FLOAT_TYPES
        if (
            agg.order[0].by != "_key"
            or is_float
            or agg.min_doc_count == 0
            or agg.size < len(buckets)
        ):
            buckets = order_buckets(self.evaluator, agg, buckets)
            other_count += sum(bucket.body["doc_count"] for bucket in buckets[agg.size :])
            buckets = buckets[: agg.size]
        return terms_body(bucket_bodies(self.evaluator, agg, buckets), other_count)

    def _bucket(self, raw: dict[str, Any]) -> Bucket:
        key, field = raw["key"], self.indexed.field
        body: dict[str, Any] = {"key": key}
        if field.type in ("date", "boolean"):
            key = body["key"] = int(key)
        elif field.type in FLOAT_TYPES:
            key = body["key"] = float(key)
        if not field.is_keyword:
            text = format_value(field, key, self.agg.format)
            if text is not None:
                body["key_as_string"] = text
        body["doc_count"] = raw["doc_count"]
        return Bucket(key, body, raw, partial(self._bucket_query, key))

    def _bucket_query(self, key: Any) -> Any:
        execution, agg = self.evaluator.execution, self.agg
        name = self.indexed.tantivy_name
        chosen = execution.compiler.term(name, key)
        if agg.missing is not None and key == missing_value(execution, self.indexed.field, agg):
            chosen = any_of([chosen, negated(execution.compiler.exists(name))])
        return execution.filtered(built(self.query), chosen)

    def _selected(self, buckets: list[Bucket]) -> list[Bucket]:
        """Return the buckets that a partition, or a list of numbers or dates, leaves."""
        if isinstance(self.agg.include, tree.Partition):
            partition = self.agg.include
            return [bucket for bucket in buckets if is_in_partition(bucket.key, partition)]
        if self.indexed.field.is_keyword or (self.agg.include, self.agg.exclude) == (None, None):
            return buckets
        include, exclude = self._values(self.agg.include), self._values(self.agg.exclude)
        return [
            bucket
            for bucket in buckets
            if (include is None or bucket.key in include)
            and (exclude is None or bucket.key not in exclude)
        ]

    def _values(self, chosen: Any) -> set[Any] | None:
        field, path = self.indexed.field, self.agg.path
        if chosen is None:
            return None
        if field.type == "date":
            now_ms = self.evaluator.execution.compiler.now_ms
            return {parse_date(value, path, now_ms=now_ms) for value in chosen}
        return {query_number(field, value, path) for value in chosen}

    def _empty_buckets(self, filled: list[Bucket]) -> list[Bucket]:
        """Return a bucket for each value of the index that no matching record has."""
        execution = self.evaluator.execution
        terms = all_terms(self.indexed.tantivy_name)
        terms |= selection(execution, self.agg, self.indexed)
        answer = execution.aggregate(tantivy.Query.all_query(), {"x": {"terms": terms}})
        keys = {bucket.key for bucket in filled}
        buckets = [self._bucket({**each, "doc_count": 0}) for each in answer["x"]["buckets"]]
        buckets = self._selected(buckets)
        return [bucket for bucket in buckets if bucket.key not in keys]
