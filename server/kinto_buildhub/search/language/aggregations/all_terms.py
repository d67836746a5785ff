"""``terms`` that ask for all buckets: an answer that has not got them all is refused."""

from collections.abc import Iterator
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.settings import Limits


def check_all_terms(aggs: tree.NamedAggregations, answers: Any, limits: Limits) -> None:
    """Check that no ``terms`` of an answer has more buckets than the limit.

    Raises:
        BadQuery: one has.
    """
    if not _asks_for_all(aggs, limits):
        return
    for name, answer in answers.items():
        agg = dict(aggs).get(name.rpartition("#")[2]) or dict(aggs).get(name)
        if agg is None:
            continue
        if isinstance(agg, tree.TermsAgg) and len(answer["buckets"]) > limits.terms_size:
            raise BadQuery(
                f"more than {limits.terms_size} buckets (kinto.search.max_terms_size)",
                f"{agg.path}.size",
                "too_many_buckets_exception",
            )
        for bucket in _buckets(answer):
            check_all_terms(agg.aggs, bucket, limits)


def _asks_for_all(aggs: tree.NamedAggregations, limits: Limits) -> bool:
    return any(
        (isinstance(agg, tree.TermsAgg) and agg.size > limits.terms_size)
        or _asks_for_all(agg.aggs, limits)
        for _, agg in aggs
    )


def _buckets(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what holds the answers to the aggregations below."""
    buckets = answer.get("buckets")
    if buckets is None:
        yield answer
    else:
        yield from buckets.values() if isinstance(buckets, dict) else buckets
