"""Aggregations of one bucket or of named filters: filter, filters, global, missing."""

from typing import Any

import tantivy

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.aggregations.buckets import (
    Answer,
    Evaluator,
    built,
    single_bucket,
)
from kinto_buildhub.search.embedded.aggregations.metrics import missing_number
from kinto_buildhub.search.embedded.queries.combine import any_of, negated
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.source import rough_size


def filter_answer(evaluator: Evaluator, agg: tree.FilterAgg, query: Any) -> Answer:
    """Answer a ``filter``."""
    compiled = evaluator.execution.compiler.compile(agg.filter)
    return single_bucket(evaluator, agg, evaluator.execution.filtered(built(query), compiled))


def filters_answer(evaluator: Evaluator, agg: tree.FiltersAgg, query: Any) -> Answer:
    """Answer a ``filters``."""
    execution, query = evaluator.execution, built(query)
    compiled = [(name, execution.compiler.compile(each)) for name, each in agg.filters]
    buckets = [
        (name, single_bucket(evaluator, agg, execution.filtered(query, each)))
        for name, each in compiled
    ]
    if agg.other_bucket_key is not None:
        other = negated(any_of(each for _, each in compiled)) if compiled else query
        bucket = single_bucket(evaluator, agg, execution.filtered(query, other))
        buckets.append((agg.other_bucket_key, bucket))
    if agg.keyed:
        return {"buckets": dict(buckets)}
    if agg.named:
        return {"buckets": [{"key": name, **body} for name, body in buckets]}
    return {"buckets": [body for _, body in buckets]}


def global_answer(evaluator: Evaluator, agg: tree.GlobalAgg, query: Any) -> Answer:
    """Answer a ``global``: over every record, whatever the query."""
    return single_bucket(evaluator, agg, tantivy.Query.all_query())


def missing_answer(evaluator: Evaluator, agg: tree.MissingAgg, query: Any) -> Answer:
    """Answer a ``missing``. Unlike in ``exists``, a ``*`` in its field is no wildcard."""
    if agg.missing is not None:
        _check_missing(evaluator, agg)
        return single_bucket(evaluator, agg, tantivy.Query.empty_query())
    if "*" in agg.field:
        return single_bucket(evaluator, agg, built(query))
    exists = evaluator.execution.compiler.compile(tree.Exists(field=agg.field))
    filtered = evaluator.execution.filtered(built(query), negated(exists))
    return single_bucket(evaluator, agg, filtered)


def _check_missing(evaluator: Evaluator, agg: tree.MissingAgg) -> None:
    """Check that the field may have the value.

    Raises:
        BadQuery: it may not.
    """
    indexed = evaluator.execution.compiler.field(agg.field)
    if indexed is None or indexed.field.is_keyword:
        return
    if indexed.field.type == "text":
        raise BadQuery(
            f"{agg.field!r} is text that is split in words; use a keyword field", agg.path
        )
    missing_number(evaluator.execution, indexed.field, agg)


def shared_filter_answers(
    evaluator: Evaluator, aggs: tree.NamedAggregations, query: Any
) -> dict[int, Answer]:
    """Return the answers to ``filter`` aggregations that share their filter, by number.

    Most facets of a page do. One pass over the filtered records answers all of them.
    """
    # Compared as text: as values, 1 and true are equal.
    by_filter: dict[str, list[tuple[int, tree.FilterAgg]]] = {}
    for number, (_, agg) in enumerate(aggs):
        if isinstance(agg, tree.FilterAgg):
            by_filter.setdefault(repr(agg.filter), []).append((number, agg))
    answers: dict[int, Answer] = {}
    for sharing in by_filter.values():
        if len(sharing) > 1:
            answers |= _answer_together(evaluator, sharing, query)
    return answers


def _answer_together(
    evaluator: Evaluator, sharing: list[tuple[int, tree.FilterAgg]], query: Any
) -> dict[int, Answer]:
    execution = evaluator.execution
    compiled = execution.compiler.compile(sharing[0][1].filter)
    filtered = execution.filtered(built(query), compiled)
    execution.add_buckets(len(sharing))
    inner = [each for _, agg in sharing for _, each in agg.aggs]
    numbered = tuple((str(number), each) for number, each in enumerate(inner))
    inner_answers = iter(evaluator.evaluate(numbered, filtered, with_count=True).values())
    count = execution.count(filtered)
    answers = {}
    for number, agg in sharing:
        below = {
            evaluator.response_name(name, each): next(inner_answers) for name, each in agg.aggs
        }
        budget.add_answer_bytes(rough_size(agg.meta))
        meta = {} if agg.meta is None else {"meta": agg.meta}
        answers[number] = {**meta, "doc_count": count, **below}
    return answers
