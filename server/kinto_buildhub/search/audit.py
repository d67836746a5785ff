"""Comparing an index with the store, record by record."""

from dataclasses import dataclass, field

from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.names import IndexId
from kinto_buildhub.search.store import Store


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
    ours, theirs = store.iter_versions(index), engine.iter_versions(index)
    stored, indexed = next(ours, None), next(theirs, None)
    while stored or indexed:
        if indexed is None or (stored is not None and stored[0] < indexed[0]):
            assert stored is not None  # noqa: S101 - one of the two is there.
            found.missing.append(stored[0])
            found.count += 1
            stored = next(ours, None)
        elif stored is None or indexed[0] < stored[0]:
            found.extra[indexed[0]] = indexed[1]
            indexed = next(theirs, None)
        else:
            if stored[1] != indexed[1]:
                found.stale.append(stored[0])
            found.count += 1
            stored, indexed = next(ours, None), next(theirs, None)
    return found
