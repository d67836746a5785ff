"""The aggregator: which aggregations Tantivy does, and what answers the others.

Aggregations of one level go to Tantivy in one request, with those below them that it can do. What
it cannot do exactly (filters below buckets, top hits, calendar months …) takes a search per bucket,
of the query filtered by the bucket. The time limit bounds that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.aggregations import (
    cardinality,
    composite,
    filters,
    histograms,
    metrics,
    percentiles,
    ranges,
    terms,
    terms_requests,
)
from kinto_buildhub.search.embedded.aggregations.buckets import Answer, Evaluator, built
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.hits import inner_hits
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.source import rough_size

# An answer without buckets, in JSON.
_ANSWER_BYTES = 20


@dataclass(frozen=True, slots=True)
class AggregationHandler:
    """How aggregations of one type are answered.

    Attributes:
        type_name: Elasticsearch's name for the type of the answer, or a function that returns it.
        evaluate: answers without Tantivy: what it does not do, or has no values for.
        request: returns the request to Tantivy, or None if it cannot answer this one.
        answer: makes the answer from Tantivy's.
    """

    type_name: str | Callable[[Execution, Any], str]
    evaluate: Callable[[Evaluator, Any, Any], Answer]
    request: Callable[[Evaluator, Any, Any], dict[str, Any] | None] | None = None
    answer: Callable[[Evaluator, Any, Any, Any], Answer] | None = None


class Aggregator:
    """Answers the aggregations of one request; the `Evaluator` of their handlers.

    Args:
        execution: of the request.
        index_name: shown in top hits.
        highlighted: the query whose matches are highlighted in top hits.
        post_filter: of the request; top hits show its named queries.
        typed_keys: put the type before each name in the answer.
    """

    def __init__(
        self,
        execution: Execution,
        index_name: str,
        highlighted: tree.Query,
        post_filter: tree.Query | None = None,
        *,
        typed_keys: bool = False,
    ) -> None:
        self.execution = execution
        self.highlighted = highlighted
        self.post_filter = post_filter
        self.index_name = index_name
        self._typed_keys = typed_keys

    def evaluate(
        self, aggs: tree.NamedAggregations, query: Any, *, with_count: bool = False
    ) -> dict[str, Any]:
        """Return the answer to each aggregation, by name, over the matches of *query*.

        Args:
            aggs: by name.
            query: of Tantivy.
            with_count: count the matches in the same pass, for `Execution.count`.
        """
        requests = self.tantivy_requests(aggs, query, is_top_level=True)
        raw = self.execution.aggregate(query, requests, with_count=with_count)
        shared = filters.shared_filter_answers(self, aggs, query)
        return {
            self.response_name(name, agg): shared[number]
            if number in shared
            else self.answer(agg, raw.get(str(number)), query)
            for number, (name, agg) in enumerate(aggs)
        }

    def tantivy_requests(
        self, aggs: tree.NamedAggregations, query: Any, *, is_top_level: bool = False
    ) -> dict[str, Any]:
        """Return the requests to Tantivy, by number, for those that it does."""
        requests: dict[str, Any] = {}
        for number, (_, agg) in enumerate(aggs):
            make_request = HANDLERS[type(agg)].request
            request = None if make_request is None else make_request(self, agg, query)
            if request is None:
                continue
            if isinstance(agg, tree.TermsAgg):
                request = terms_requests.with_term_ordinals(
                    self.execution, agg, request, is_top_level=is_top_level
                )
            requests[str(number)] = request
        return requests

    def answer(self, agg: tree.Aggregation, raw: Any, query: Any) -> Answer:
        """Return the answer to an aggregation; *raw* is Tantivy's, None if it has none."""
        if agg.meta is not None:
            budget.add_answer_bytes(rough_size(agg.meta))
        handler = HANDLERS[type(agg)]
        if raw is not None and handler.answer is not None:
            answer = handler.answer(self, agg, raw, query)
        else:
            answer = handler.evaluate(self, agg, query)
        return answer if agg.meta is None else {"meta": agg.meta, **answer}

    def response_name(self, name: str, agg: tree.Aggregation) -> str:
        """Return the name of an aggregation in the answer."""
        budget.add_answer_bytes(len(name) + _ANSWER_BYTES)
        if not self._typed_keys:
            return name
        type_name = HANDLERS[type(agg)].type_name
        if not isinstance(type_name, str):
            type_name = type_name(self.execution, agg)
        return f"{type_name}#{name}"


def _top_hits_answer(evaluator: Evaluator, agg: tree.TopHitsAgg, query: Any) -> Answer:
    hits = inner_hits(
        evaluator.execution,
        built(query),
        agg.hits,
        evaluator.index_name,
        evaluator.highlighted,
        evaluator.post_filter,
    )
    return {"hits": hits}


HANDLERS: Mapping[type[tree.Aggregation], AggregationHandler] = {
    tree.CardinalityAgg: AggregationHandler(
        "cardinality",
        cardinality.empty_cardinality_answer,
        cardinality.cardinality_request,
        cardinality.cardinality_answer,
    ),
    tree.CompositeAgg: AggregationHandler("composite", composite.composite_answer),
    tree.DateHistogramAgg: AggregationHandler(
        "date_histogram",
        histograms.empty_histogram_answer,
        histograms.histogram_request,
        histograms.histogram_answer,
    ),
    tree.DateRangeAgg: AggregationHandler("date_range", ranges.date_range_answer),
    tree.FilterAgg: AggregationHandler("filter", filters.filter_answer),
    tree.FiltersAgg: AggregationHandler("filters", filters.filters_answer),
    tree.GlobalAgg: AggregationHandler("global", filters.global_answer),
    tree.HistogramAgg: AggregationHandler(
        "histogram",
        histograms.empty_histogram_answer,
        histograms.histogram_request,
        histograms.histogram_answer,
    ),
    tree.MetricAgg: AggregationHandler(
        lambda execution, agg: agg.kind,
        metrics.empty_metric_answer,
        metrics.metric_request,
        metrics.metric_answer,
    ),
    tree.MissingAgg: AggregationHandler("missing", filters.missing_answer),
    tree.PercentilesAgg: AggregationHandler("tdigest_percentiles", percentiles.percentiles_answer),
    tree.RangeAgg: AggregationHandler("range", ranges.range_answer),
    tree.TermsAgg: AggregationHandler(
        terms.terms_type_name,
        terms.empty_terms_answer,
        terms_requests.terms_request,
        terms.terms_answer,
    ),
    tree.TopHitsAgg: AggregationHandler("top_hits", _top_hits_answer),
}
