"""What one request needs while it is answered: the reader, the clock, the limits."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import tantivy

from kinto_buildhub.search.embedded.compile import MUST, Compiler, unscored
from kinto_buildhub.search.embedded.schema import AT, ID, SOURCE, Fields, stored_record
from kinto_buildhub.search.embedded.term_ordinals import Ordinals
from kinto_buildhub.search.errors import BadQuery, TimedOut
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.search.source import load_json

# No name of an aggregation: those are numbers here.
_COUNT = "count"


@dataclass(slots=True)
class Execution:
    """One request on one state of an index.

    Attributes:
        searcher: Tantivy's, of one state; later commits don't show.
        give_up: when the request has taken too long, on the monotonic clock.
        buckets: how many buckets the answer holds so far.
    """

    searcher: Any
    fields: Fields
    ordinals: Ordinals
    compiler: Compiler
    limits: Limits
    give_up: float
    buckets: int = 0
    schema: Any = field(init=False)
    # By the identity of the query, which is kept beside, so that it stays that of one query.
    _counts: dict[int, tuple[Any, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schema = self.fields.schema

    def check_time(self) -> None:
        """End a request that takes too long.

        Raises:
            TimedOut: it has.
        """
        if time.monotonic() > self.give_up:
            raise TimedOut(
                f"the search takes longer than {self.limits.timeout_seconds:g} s "
                "(kinto.search.timeout_seconds); narrow it"
            )

    def add_buckets(self, count: int) -> None:
        """Count buckets of the answer.

        Raises:
            BadQuery: they are too many.
        """
        self.buckets += count
        if self.buckets > self.limits.buckets:
            raise too_many_buckets(self.limits)

    def count(self, query: Any) -> int:
        """Return how many records match; at once if something else told that of this query."""
        known = self._counts.get(id(query))
        if known is not None:
            return known[1]
        self.check_time()
        return self._keep_count(query, self.searcher.search(query, 1, order_by_field=None).count)

    def _keep_count(self, query: Any, count: float) -> int:
        self._counts[id(query)] = query, int(count)
        return int(count)

    def top(
        self, query: Any, limit: int, *, by: str | None = None, ascending: bool = False
    ) -> list[tuple[Any, Any]]:
        """Return the first *limit* of ``(score or value, address)``, by score or by a field."""
        if limit < 1:
            return []
        self.check_time()
        if by is None:
            return list(self.searcher.search(query, limit, count=False).hits)
        order = tantivy.Order.Asc if ascending else tantivy.Order.Desc
        # All that match are looked at here, so counting them costs nothing.
        found = self.searcher.search(query, limit, order_by_field=by, order=order)
        self._keep_count(query, found.count)
        return list(found.hits)

    def all_of(self, query: Any, most: int) -> list[Any] | None:
        """Return the addresses of all that match, if they are not more than *most*."""
        self.check_time()
        found = self.searcher.search(query, most + 1, count=False).hits
        if len(found) > most:
            return None
        self._keep_count(query, len(found))
        return [address for _, address in found]

    def aggregate(
        self, query: Any, request: dict[str, Any], *, counted: bool = False
    ) -> dict[str, Any]:
        """Return Tantivy's answer to its own aggregations.

        Args:
            counted: whether `count` is to be known afterwards.

        Raises:
            BadQuery: there are more buckets than may be.
        """
        if not request:
            return {}
        self.check_time()
        if counted:  # Each record has one time, and going through them twice takes longer.
            request = {**request, _COUNT: {"value_count": {"field": AT}}}
        try:
            found = dict(self.searcher.aggregate(query, request))
        except ValueError as exc:
            if "limit was exceeded" in str(exc):
                raise too_many_buckets(self.limits) from exc
            raise BadQuery(str(exc).splitlines()[0], "aggs") from exc
        if counted:
            self._keep_count(query, found.pop(_COUNT)["value"])
        return found

    def narrowed(self, query: Any, *filters: Any) -> Any:
        """Return *query* with filters that leave its scores as they are."""
        clauses = [(MUST, query), *((MUST, unscored(each)) for each in filters)]
        return tantivy.Query.boolean_query(clauses)

    def source(self, address: Any) -> tuple[str, bytes]:
        """Return a record's ID and the record as JSON, without reading all of it."""
        return stored_record(self.searcher, address)

    def record_id(self, address: Any) -> str:
        """Return a record's ID."""
        return stored_record(self.searcher, address)[0]

    def document(self, address: Any) -> tuple[str, dict[str, Any]]:
        """Return a record's ID and the record."""
        record = load_json(self.searcher.doc(address).get_first(SOURCE))
        return str(record.get("id", "")), record

    def has_any_id(self, record_ids: Sequence[str]) -> Any:
        """Return a query for some records."""
        return self.compiler.any_term(ID, list(record_ids))

    def has_id(self, record_id: str) -> Any:
        """Return a query for one record."""
        return tantivy.Query.term_query(self.schema, ID, record_id)


def too_many_buckets(limits: Limits) -> BadQuery:
    """Return the complaint about an answer with too many buckets."""
    return BadQuery(
        f"more than {limits.buckets} buckets (kinto.search.max_buckets); ask for fewer, or page "
        "through them with a composite aggregation",
        "aggs",
        "too_many_buckets_exception",
    )
