"""What the clauses of one search cost the engine, estimated before it is asked.

One call of the engine cannot be ended early, so what it may do is bounded before. The figures were
measured on 24,473 records: an automaton of a pattern takes 0.2 MB, one for fuzzy texts and one for
many patterns 0.9 MB, a range two bytes for each record; a pattern looks at 2.4 million terms in a
second, unless it begins with a literal text.
"""

from dataclasses import dataclass

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.term_ordinals import TermOrdinals
from kinto_buildhub.search.errors import BadQuery

PATTERN_BYTES = 250_000
LARGE_PATTERN_BYTES = 1_000_000
_LARGE_PATTERN_LENGTH = 100
_RANGE_BYTES_PER_RECORD = 2


@dataclass(slots=True)
class Costs:
    """The costs of one search.

    Attributes:
        max_bytes: of memory for automatons and ranges.
        max_terms: that patterns may look at.
        record_count: the number of records in the index.
        term_ordinals: of the index; they know how many terms most fields have.
    """

    max_bytes: int
    max_terms: int
    record_count: int
    term_ordinals: TermOrdinals | None = None
    used_bytes: int = 0
    used_terms: int = 0

    def count_terms(self, tantivy_name: str) -> int:
        """Return how many terms a field has, at most."""
        if self.term_ordinals is None or not self.term_ordinals.are_usable(tantivy_name):
            return self.record_count
        return self.term_ordinals.count(tantivy_name)

    def add_pattern(self, pattern: str, path: str, term_count: int) -> None:
        """Add a pattern that may look at *term_count* terms; raises as `add`."""
        is_large = len(pattern) > _LARGE_PATTERN_LENGTH
        self.add(LARGE_PATTERN_BYTES if is_large else PATTERN_BYTES, term_count, path)

    def add_fuzzy(self, path: str, term_count: int) -> None:
        """Add a fuzzy text; raises as `add`."""
        self.add(LARGE_PATTERN_BYTES, term_count, path)

    def add_range(self, path: str) -> None:
        """Add a range of numbers; raises as `add`."""
        self.add(_RANGE_BYTES_PER_RECORD * self.record_count, 0, path)

    def add(self, used_bytes: int, used_terms: int, path: str) -> None:
        """Add the costs of a clause, and check the time.

        Raises:
            BadQuery: the search is too expensive.
            TimedOut: the time of the request is over.
        """
        budget.check_time()
        self.used_bytes += used_bytes
        self.used_terms += used_terms
        if self.used_bytes > self.max_bytes:
            self._refuse(path, f"{self.max_bytes} bytes of memory", "max_query_bytes")
        if self.used_terms > self.max_terms:
            self._refuse(path, f"looking at {self.max_terms} terms", "max_expanded_terms")

    def have_room(self, needed_bytes: int) -> bool:
        """Whether that much memory may be taken for a moment, beside what the clauses take."""
        return self.used_bytes + needed_bytes <= self.max_bytes

    def check_bytes(self, needed_bytes: int, path: str) -> None:
        """Check memory that is needed for a moment.

        Raises:
            BadQuery: there is no room for it.
        """
        if not self.have_room(needed_bytes):
            self._refuse(path, f"{self.max_bytes} bytes of memory", "max_query_bytes")

    def _refuse(self, path: str, limit: str, setting: str) -> None:
        raise BadQuery(
            f"the patterns, fuzzy texts, ranges and aggregations of this search take more than "
            f"{limit} "
            f"(kinto.search.{setting}); ask for fewer",
            path,
            "too_many_clauses",
        )
