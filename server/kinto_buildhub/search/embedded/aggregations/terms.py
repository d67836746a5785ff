"""Answers of ``terms`` aggregations.

Tantivy's buckets are cut to size here, because it does not order ties by key. Buckets that need no
more work take few steps, as there may be very many of them.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

from kinto_buildhub.search.embedded.aggregations.buckets import (
    ALL_BUCKETS,
    Answer,
    Evaluator,
    LazyQuery,
    built,
)
from kinto_buildhub.search.embedded.aggregations.terms_buckets import (
    RawBuckets,
    TermsBuckets,
    terms_body,
)
from kinto_buildhub.search.embedded.aggregations.terms_requests import (
    is_by_count,
    keyed_field,
    terms_request,
)
from kinto_buildhub.search.embedded.aggregations.unmapped import field_with_missing
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import IndexedField
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field

_key = itemgetter("key")
_doc_count = itemgetter("doc_count")


def terms_answer(evaluator: Evaluator, agg: tree.TermsAgg, raw: Any, query: Any) -> Answer:
    """Return the answer to a ``terms`` from Tantivy's."""
    indexed = keyed_field(evaluator.execution, agg)
    assert indexed is not None  # noqa: S101 - otherwise Tantivy got no request.
    return _Terms(evaluator, agg, indexed, query).answer(raw)


def empty_terms_answer(evaluator: Evaluator, agg: tree.TermsAgg, query: Any) -> Answer:
    """Return the answer on a field that the mapping does not have."""
    return terms_body([], 0)


def terms_type_name(execution: Execution, agg: tree.TermsAgg) -> str:
    """Return Elasticsearch's name for the type of the answer, which depends on the field."""
    indexed = field_with_missing(execution, agg)
    if indexed is None:
        return "umterms"
    if indexed.field.is_keyword:
        return "sterms"
    return "dterms" if indexed.field.type in FLOAT_TYPES else "lterms"


@dataclass(frozen=True, slots=True)
class _Terms:
    """One ``terms`` aggregation over the matches of one query."""

    evaluator: Evaluator
    agg: tree.TermsAgg
    indexed: IndexedField
    query: Any

    def answer(self, raw: dict[str, Any]) -> Answer:
        agg, field = self.agg, self.indexed.field
        found: RawBuckets = raw["buckets"]
        other_count = raw["sum_other_doc_count"]
        beyond = 0
        if is_by_count(agg) and len(found) > agg.size:
            found, beyond = _without_smaller(found, agg.size)
        if found and field.is_keyword and not isinstance(found[0]["key"], str):
            found = self._with_terms(found)
        if is_by_count(agg):
            found, dropped = self._cut_by_count(found, other_count, is_complete=beyond > 0)
            other_count += beyond + dropped
        if _is_final(agg, field):
            return self._final_answer(found, other_count)
        if _is_final_with_aggs(agg, field, found):
            return self._final_answer_with_aggs(found, other_count)
        return TermsBuckets(self.evaluator, agg, self.indexed, self.query).answer(
            found, other_count
        )

    def _with_terms(self, found: RawBuckets) -> RawBuckets:
        """Replace term ordinals by their terms, in place."""
        highest = max(map(_key, found))
        terms = self.evaluator.execution.term_ordinals.terms(self.indexed.tantivy_name, highest)
        for bucket in found:
            bucket["key"] = terms[bucket["key"]]
        return found

    def _cut_by_count(
        self, found: RawBuckets, other_count: int, *, is_complete: bool
    ) -> tuple[RawBuckets, int]:
        """Cut to size; of those that tie at the cut, the lowest keys stay.

        Args:
            found: the largest buckets first.
            other_count: the number of records in the buckets that Tantivy left out.
            is_complete: whether all buckets that tie at the cut are among those found.

        Returns:
            The buckets, and the number of records in those that were cut off here.
        """
        size = self.agg.size
        if len(found) <= size:
            return found, 0
        least = found[size - 1]["doc_count"]
        dropped = sum(map(_doc_count, found[size:]))
        if is_complete or not other_count:
            _sort_by_count(found)
            return found[:size], dropped
        larger = [bucket for bucket in found if bucket["doc_count"] > least]
        tied = self._tied_by_key(least)
        return larger + tied[: size - len(larger)], dropped

    def _tied_by_key(self, count: int) -> RawBuckets:
        """Return the first buckets of *count* records, by key."""
        request = terms_request(self.evaluator, self.agg, self.query)
        assert request is not None  # noqa: S101 - it was sent before.
        is_float = self.indexed.field.type in FLOAT_TYPES
        request["terms"] |= {
            "size": ALL_BUCKETS if is_float else self.agg.size,
            "order": {"_key": "asc"},
            "min_doc_count": max(count, 1),
        }
        answer = self.evaluator.execution.aggregate(built(self.query), {"x": request})
        tied = [bucket for bucket in answer["x"]["buckets"] if bucket["doc_count"] == count]
        return sorted(tied, key=_key) if is_float else tied

    def _final_answer(self, found: RawBuckets, other_count: int) -> Answer:
        """Return keys and counts, which Tantivy returns as Elasticsearch does."""
        if is_by_count(self.agg):
            _sort_by_count(found)
        self.evaluator.execution.add_buckets(len(found))
        return terms_body(found, other_count)

    def _final_answer_with_aggs(self, found: RawBuckets, other_count: int) -> Answer:
        """As `_final_answer`, with Tantivy's answers to the aggregations below."""
        if is_by_count(self.agg):
            _sort_by_count(found)
        below = [
            (str(number), self.evaluator.response_name(name, inner), self._answerer(inner))
            for number, (name, inner) in enumerate(self.agg.aggs)
        ]
        buckets = []
        for bucket in found:
            key = bucket["key"]
            body = {"key": key, "doc_count": bucket["doc_count"]}
            for number, name, answer in below:
                body[name] = answer(bucket[number], key)
            buckets.append(body)
        self.evaluator.execution.add_buckets(len(buckets))
        return terms_body(buckets, other_count)

    def _answerer(self, inner: tree.Aggregation) -> Callable[[Any, str], Answer]:
        """Return a function from Tantivy's answer and the bucket's key to the answer below it."""

        def answer(raw: Any, key: str) -> Answer:
            return self.evaluator.answer(inner, raw, LazyQuery(partial(self._key_query, key)))

        execution = self.evaluator.execution
        indexed = execution.compiler.field(getattr(inner, "field", ""))
        if (
            isinstance(inner, tree.TermsAgg)
            and indexed is not None
            and is_by_count(inner)
            and _is_final(inner, indexed.field)
            and inner.meta is None
        ):
            return _quick_answerer(execution, indexed, inner.size, answer)
        return answer

    def _key_query(self, key: str) -> Any:
        execution = self.evaluator.execution
        term = execution.compiler.term(self.indexed.tantivy_name, key)
        return execution.filtered(built(self.query), term)


def _quick_answerer(
    execution: Execution,
    indexed: IndexedField,
    size: int,
    answer: Callable[[Any, str], Answer],
) -> Callable[[Any, str], Answer]:
    """Return what answers a ``terms`` below a bucket quickly where it can, else by *answer*."""
    add_buckets, name = execution.add_buckets, indexed.tantivy_name
    term_ordinals = execution.term_ordinals
    terms = term_ordinals.terms(name) if term_ordinals.are_usable(name) else []

    def quick_answer(raw: Any, key: str) -> Answer:
        found = raw["buckets"]
        if not found or len(found) > size:
            return answer(raw, key)
        if type(found[0]["key"]) is not str:
            try:
                keys = [terms[bucket["key"]] for bucket in found]
            except IndexError:  # A term of a record that came after the terms were read.
                return answer(raw, key)
            for bucket, term in zip(found, keys, strict=True):
                bucket["key"] = term
        _sort_by_count(found)
        add_buckets(len(found))
        return terms_body(found, raw["sum_other_doc_count"])

    return quick_answer


def _sort_by_count(found: RawBuckets) -> None:
    """Sort buckets by count, the largest first, then by key."""
    if len(found) > 1:
        found.sort(key=_key)
        found.sort(key=_doc_count, reverse=True)


def _without_smaller(found: RawBuckets, size: int) -> tuple[RawBuckets, int]:
    """Return the buckets as large as the last one in *size*, and the record count of the others.

    Args:
        found: more than *size*, the largest first.
        size: the number of requested buckets.
    """
    least = found[size - 1]["doc_count"]
    end = bisect_right(found, -least, lo=size, key=lambda bucket: -bucket["doc_count"])
    return found[:end], sum(map(_doc_count, found[end:]))


def _is_final(agg: tree.TermsAgg, field: Field) -> bool:
    """Return whether Tantivy's buckets only have to be put in order."""
    if isinstance(agg.include, tree.Partition):
        return False
    in_order = is_by_count(agg) or agg.order[0].by == "_key"
    return in_order and field.is_keyword and not agg.aggs and agg.min_doc_count > 0


def _is_final_with_aggs(agg: tree.TermsAgg, field: Field, found: RawBuckets) -> bool:
    """As `_is_final`, where Tantivy has answered everything below the buckets."""
    if agg.missing is not None or not _is_final(replace(agg, aggs=()), field):
        return False
    return all(str(number) in bucket for bucket in found[:1] for number in range(len(agg.aggs)))
