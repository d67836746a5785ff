"""Comparing an index with the store, record by record."""

from dataclasses import dataclass, field

from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.names import IndexId


@dataclass(slots=True)
class Comparison:
    """Which records differ, by ID; those of the index alone with their timestamps there.

    Attributes:
        missing: in the store, not in the index.
        extra: in the index, not in the store.
        stale: in both, with different timestamps.
        count: records in the store.
    """

    missing: list[str] = field(default_factory=list)
    extra: dict[str, int] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.stale)


def compare(engine: Engine, store: Store, index: IndexId) -> Comparison:
    """Compare IDs and timestamps. Memory does not grow with the collection, but with what differs.

    Raises:
        IndexMissing, Unavailable.
    """
    found = Comparison()
    last = ""
    for page in store.iter_versions(index):
        stored, up_to = dict(page), page[-1][0]
        # Only what the index has there: a short range of IDs is quick, however large the index.
        indexed = dict(engine.iter_versions(index, last, up_to))
        found.missing += [each for each in stored if each not in indexed]
        found.extra |= {each: at for each, at in indexed.items() if each not in stored}
        found.stale += [each for each in stored if indexed.get(each, stored[each]) != stored[each]]
        found.count += len(stored)
        last = up_to
    found.extra |= dict(engine.iter_versions(index, last))
    return found
