"""Which build of a channel is its newest, as searches of pages, badges and ``/v1/latest``.

The rule is `buildhub_schema.newest.order`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from buildhub_schema.newest.order import UNSHIPPED_VERSION

from kinto_buildhub.catalog.search_state.clauses import matches_pattern
from kinto_buildhub.catalog.search_state.terms import Clause
from kinto_buildhub.catalog.searches.versions import IS_CANDIDATE

_UNSHIPPED_VERSION = matches_pattern("target.version", UNSHIPPED_VERSION)

_NEWEST_FIRST = [
    {"target.version.order": {"order": "desc"}},
    {"build.id": {"order": "desc", "missing": "_last"}},
    {"id": {"order": "asc"}},
]


def shipped(filters: Sequence[Clause] = ()) -> Clause:
    """Match what may be a channel's newest build, among those that all *filters* match."""
    return {"bool": {"filter": list(filters), "must_not": [IS_CANDIDATE, _UNSHIPPED_VERSION]}}


def newest_request(
    filters: Sequence[Clause], fields: Sequence[str] = (), *, size: int = 1
) -> dict[str, Any]:
    """Return the search for the newest builds among those that all *filters* match.

    Args:
        fields: what is needed of their records; empty means everything.
        size: how many builds, newest first.
    """
    return {"query": shipped(filters), "track_total_hits": False, **_first(fields, size)}


def newest_aggregation(fields: Sequence[str] = ()) -> dict[str, Any]:
    """Return the aggregation for the newest build of each bucket, among those `shipped`."""
    return {"top_hits": _first(fields)}


def read_newest(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record in an answer to `newest_request` or `newest_aggregation`; {} if none."""
    return next((hit["_source"] for hit in answer["hits"]["hits"]), {})


def _first(fields: Sequence[str], size: int = 1) -> dict[str, Any]:
    return {"size": size, "sort": _NEWEST_FIRST, **({"_source": list(fields)} if fields else {})}
