"""Buckets, and what all aggregations with buckets do with them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import tantivy

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.aggregations.order import resolve_order
from kinto_buildhub.search.source import rough_size

# Tantivy cuts each segment's buckets off first. Counts are exact only if it keeps all of them.
ALL_BUCKETS = 100_000_000

Answer = dict[str, Any]
"""The answer to one aggregation."""


def all_terms(tantivy_name: str, **options: Any) -> dict[str, Any]:
    """Return the content of a Tantivy ``terms`` that returns every bucket."""
    return {"field": tantivy_name, "size": ALL_BUCKETS, "segment_size": ALL_BUCKETS, **options}


class LazyQuery:
    """A Tantivy query that is built when it is needed."""

    __slots__ = ("build",)

    def __init__(self, build: Callable[[], Any]) -> None:
        self.build = build


def built(query: Any) -> Any:
    """Return a Tantivy query, building it if it is lazy."""
    return query.build() if isinstance(query, LazyQuery) else query


class Evaluator(Protocol):
    """What the handlers of aggregations need from the aggregator."""

    execution: Execution
    index_name: str
    highlighted: tree.Query
    post_filter: tree.Query | None

    def evaluate(
        self, aggs: tree.NamedAggregations, query: Any, *, with_count: bool = False
    ) -> dict[str, Any]:
        """Return the answer to each aggregation over the matches of *query*."""

    def tantivy_requests(
        self, aggs: tree.NamedAggregations, query: Any, *, is_top_level: bool = False
    ) -> dict[str, Any]:
        """Return the requests to Tantivy, by number, for those that it does."""

    def answer(self, agg: tree.Aggregation, raw: Any, query: Any) -> Answer:
        """Return the answer to an aggregation; *raw* is Tantivy's, None if it has none."""

    def response_name(self, name: str, agg: tree.Aggregation) -> str:
        """Return the name of an aggregation in the answer."""


@dataclass(slots=True)
class Bucket:
    """One bucket on its way into the answer.

    Attributes:
        key: as it sorts.
        body: as in the answer, without the aggregations below.
        raw: Tantivy's answers to the aggregations below, by number.
        build_query: builds the query for the bucket's records.
        below: the answers to the aggregations below that are known, by name.
    """

    key: Any
    body: dict[str, Any]
    raw: dict[str, Any]
    build_query: Callable[[], Any]
    below: dict[str, Answer] = field(default_factory=dict)


def requests_below(evaluator: Evaluator, agg: tree.Aggregation, query: Any) -> dict[str, Any]:
    """Return the ``aggs`` of a request to Tantivy, empty if there are none below it."""
    requests = evaluator.tantivy_requests(agg.aggs, query)
    return {"aggs": requests} if requests else {}


def single_bucket(evaluator: Evaluator, agg: tree.Aggregation, query: Any) -> Answer:
    """Return a bucket of all matches of *query*: their count, and the aggregations below."""
    evaluator.execution.add_buckets(1)
    below = evaluator.evaluate(agg.aggs, query, with_count=True)
    return {"doc_count": evaluator.execution.count(query), **below}


def bucket_bodies(
    evaluator: Evaluator, agg: tree.Aggregation, buckets: list[Bucket]
) -> list[dict[str, Any]]:
    """Return buckets as in the answer, with the aggregations below them.

    Raises:
        BadQuery: the answer has too many buckets.
    """
    evaluator.execution.add_buckets(len(buckets))
    for bucket in buckets:
        budget.add_answer_bytes(rough_size(bucket.body))
        for name, inner in agg.aggs:
            answer = _answer_below(evaluator, agg, bucket, name)
            bucket.body[evaluator.response_name(name, inner)] = answer
    return [bucket.body for bucket in buckets]


def order_buckets(evaluator: Evaluator, agg: Any, buckets: list[Bucket]) -> list[Bucket]:
    """Return buckets by the orders of the aggregation, of which the last one is by key."""
    for order in reversed(agg.order):
        if order.by == "_key":
            buckets.sort(key=lambda bucket: bucket.key, reverse=order.order == "desc")
            continue
        values = [(_order_value(evaluator, agg, bucket, order.by), bucket) for bucket in buckets]
        known = [(value, bucket) for value, bucket in values if value is not None]
        unknown = [bucket for value, bucket in values if value is None]
        sign = -1 if order.order == "desc" else 1
        known.sort(key=lambda pair: sign * pair[0])
        buckets = [bucket for _, bucket in known] + unknown
    return buckets


def _order_value(evaluator: Evaluator, agg: tree.Aggregation, bucket: Bucket, by: str) -> Any:
    if by == "_count":
        return bucket.body["doc_count"]
    resolved = resolve_order(agg, by)
    assert resolved is not None  # noqa: S101 - the parser checked it.
    (first, *names), member = resolved
    answer = _answer_below(evaluator, agg, bucket, first)
    below = dict(agg.aggs)[first]
    for name in names:
        below = dict(below.aggs)[name]
        answer = answer[evaluator.response_name(name, below)]
    if member in answer:
        return answer[member]
    values = answer.get("values", {})
    for percent, value in values.items() if isinstance(values, dict) else ():
        if float(percent) == float(member):
            return value
    return None


def _answer_below(evaluator: Evaluator, agg: tree.Aggregation, bucket: Bucket, name: str) -> Answer:
    """Return the answer to the aggregation *name* below a bucket; evaluated once."""
    if name not in bucket.below:
        for number, (other, inner) in enumerate(agg.aggs):
            if other == name:
                bucket.below[name] = _evaluate_below(evaluator, inner, number, bucket)
    return bucket.below[name]


def _evaluate_below(
    evaluator: Evaluator, inner: tree.Aggregation, number: int, bucket: Bucket
) -> Answer:
    raw = bucket.raw.get(str(number))
    if raw is not None:
        return evaluator.answer(inner, raw, LazyQuery(bucket.build_query))
    is_empty = not bucket.body["doc_count"]
    query = tantivy.Query.empty_query() if is_empty else bucket.build_query()
    return next(iter(evaluator.evaluate((("x", inner),), query).values()))
