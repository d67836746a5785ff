"""What a request needs while it is executed: searcher, compiler, deadline, limits."""

import re
import struct
import time
from dataclasses import dataclass, field
from typing import Any

import tantivy

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.aggregation_costs import estimate_bytes
from kinto_buildhub.search.embedded.queries.combine import MUST, unscored
from kinto_buildhub.search.embedded.queries.compiler import Compiler
from kinto_buildhub.search.embedded.schema import AT, SOURCE, Fields, stored_record
from kinto_buildhub.search.embedded.term_ordinals import TermOrdinals
from kinto_buildhub.search.errors import BadQuery, TimedOut
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.search.source import load_json

# Not the name of an aggregation: here those are numbers.
_COUNT = "count"

# How Tantivy reports files that it cannot read.
_FILE_ERROR = re.compile("IO error|corrupt", re.IGNORECASE)

# How far beyond the result window matches are listed by their score.
_MAX_SCORED_WINDOWS = 10
_MAX_SCORE = 3.4028234663852886e38


@dataclass(slots=True)
class Execution:
    """One request on one state of an index.

    Attributes:
        searcher: Tantivy's, of one commit; it does not see later ones.
        deadline: on the monotonic clock, in seconds.
        buckets: the number of buckets in the answer so far.
    """

    searcher: Any
    fields: Fields
    term_ordinals: TermOrdinals
    compiler: Compiler
    limits: Limits
    deadline: float
    buckets: int = 0
    # By the query's identity; the query is kept beside, so its identity is not reused.
    _counts: dict[int, tuple[Any, int]] = field(default_factory=dict)

    def check_time(self) -> None:
        """Check the deadline, and the budget of the request.

        Raises:
            TimedOut: it has passed.
            Unavailable: the client has gone.
        """
        budget.check_time()
        if time.monotonic() > self.deadline:
            raise TimedOut(
                f"the search takes longer than {self.limits.timeout_seconds:g} s "
                "(kinto.search.timeout_seconds); narrow it"
            )

    def add_buckets(self, count: int) -> None:
        """Count *count* more buckets in the answer.

        Raises:
            BadQuery: there are too many.
        """
        self.buckets += count
        if self.buckets > self.limits.buckets:
            raise too_many_buckets(self.limits)

    def count(self, query: Any) -> int:
        """Return how many records match; for free if another search with *query* counted them."""
        known = self._counts.get(id(query))
        if known is not None:
            return known[1]
        self.check_time()
        return self._save_count(query, self.searcher.search(query, 1, order_by_field=None).count)

    def _save_count(self, query: Any, count: float) -> int:
        self._counts[id(query)] = query, int(count)
        return int(count)

    def top(
        self, query: Any, limit: int, *, by: str | None = None, ascending: bool = False
    ) -> list[tuple[Any, Any]]:
        """Return the first *limit* matches as ``(score or value, address)``.

        Args:
            query: of Tantivy.
            limit: the maximum number of matches.
            by: Tantivy's name of the field to sort by; None sorts by score.
            ascending: the order of the field's values.
        """
        if limit < 1:
            return []
        self.check_time()
        if by is None:
            return list(self.searcher.search(query, limit, count=False).hits)
        order = tantivy.Order.Asc if ascending else tantivy.Order.Desc
        # Sorting looks at every match, so counting them costs nothing.
        found = self.searcher.search(query, limit, order_by_field=by, order=order)
        self._save_count(query, found.count)
        return list(found.hits)

    def all_addresses(self, query: Any, limit: int) -> list[Any] | None:
        """Return the addresses of all matches; None if there are more than *limit*."""
        self.check_time()
        found = self.searcher.search(query, limit + 1, count=False).hits
        if len(found) > limit:
            return None
        self._save_count(query, len(found))
        return [address for _, address in found]

    def with_least_score(self, query: Any, least: float) -> Any:
        """Return *query* without the matches whose score is lower than *least*.

        Raises:
            BadQuery: there are too many to list them.
        """
        limit = self.limits.result_window * _MAX_SCORED_WINDOWS
        # Scores have 32 bits.
        least = struct.unpack("f", struct.pack("f", max(min(least, _MAX_SCORE), 0.0)))[0]
        found = self.top(query, limit + 1)
        addresses = [address for score, address in found if score >= least]
        if len(addresses) > limit:
            raise BadQuery(
                f"min_score works for up to {limit} matches; narrow the query", "min_score"
            )
        if len(addresses) == len(found):
            return query
        timestamps = list(self.searcher.fast_field_values(AT, addresses)) if addresses else []
        return self.filtered(query, self.compiler.any_term(AT, timestamps))

    def aggregate(
        self, query: Any, request: dict[str, Any], *, with_count: bool = False
    ) -> dict[str, Any]:
        """Return Tantivy's answer to its own aggregations.

        Args:
            query: of Tantivy.
            request: aggregations in Tantivy's JSON.
            with_count: count the matches in the same pass, for `count`.

        Raises:
            BadQuery: there are too many buckets, or they take too much memory.
        """
        if not request:
            return {}
        self.check_time()
        self._check_memory(query, request)
        if with_count:  # Each record has one timestamp. A second pass would take longer.
            request = {**request, _COUNT: {"value_count": {"field": AT}}}
        try:
            found = dict(self.searcher.aggregate(query, request))
        except ValueError as exc:
            if "limit was exceeded" in str(exc):
                raise too_many_buckets(self.limits) from exc
            if _FILE_ERROR.search(str(exc)):
                raise  # The request is right; files may be damaged.
            raise BadQuery(str(exc).splitlines()[0], "aggs") from exc
        if with_count:
            self._save_count(query, found.pop(_COUNT)["value"])
        return found

    def _check_memory(self, query: Any, request: dict[str, Any]) -> None:
        """Check what aggregations take; matches are counted only where that may decide it."""
        costs = self.compiler.costs
        needed = estimate_bytes(request, costs, self.limits.buckets, costs.record_count)
        if not costs.have_room(needed):
            needed = estimate_bytes(request, costs, self.limits.buckets, self.count(query))
        costs.check_bytes(needed, "aggs")

    def filtered(self, query: Any, *filters: Any) -> Any:
        """Return *query* with filters, which do not change its scores."""
        clauses = [(MUST, query), *((MUST, unscored(each)) for each in filters)]
        return tantivy.Query.boolean_query(clauses)

    def stored_record(self, address: Any) -> tuple[str, bytes]:
        """Return a record's ID and the record as JSON, without parsing all of it."""
        return stored_record(self.searcher, address)

    def record(self, address: Any) -> tuple[str, dict[str, Any]]:
        """Return a record's ID and the record."""
        record = load_json(self.searcher.doc(address).get_first(SOURCE))
        return str(record.get("id", "")), record


def too_many_buckets(limits: Limits) -> BadQuery:
    """Return the error for an answer with too many buckets."""
    return BadQuery(
        f"more than {limits.buckets} buckets (kinto.search.max_buckets); ask for fewer, or page "
        "through them with a composite aggregation",
        "aggs",
        "too_many_buckets_exception",
    )
