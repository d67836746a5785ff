"""What an index holds, read through the engine's searches, and compared with the store."""

from dataclasses import dataclass

from kinto_buildhub.search.engine import BEGINNING, Engine
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.tree import (
    HitOptions,
    MatchAll,
    Query,
    SearchRequest,
    SourceFilter,
)
from kinto_buildhub.search.mapping import Mapping

from tests.server.search.conftest import decoded

MOST_HITS = 10_000
EVERYTHING = Mapping({"properties": {}})


@dataclass(frozen=True, slots=True)
class Comparison:
    """Record IDs that differ between a store and its index.

    Attributes:
        missing: in the store, not in the index.
        extra: in the index, not in the store.
        stale: in both, with different timestamps.
        count: the number of records in the store.
    """

    missing: list[str]
    extra: list[str]
    stale: list[str]
    count: int

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.stale)


def indexed_versions(
    engine: Engine,
    index: IndexId,
    query: Query | None = None,
    mapping: Mapping = EVERYTHING,
) -> dict[str, int]:
    """Return ID and timestamp of each indexed record, by ID; at most `MOST_HITS` may match."""
    hits = HitOptions(version=True, size=MOST_HITS, source=SourceFilter(enabled=False))
    request = SearchRequest(query=query or MatchAll(), hits=hits)
    found = decoded(engine.search(index, mapping, request))["hits"]
    assert found["total"]["value"] == len(found["hits"])
    return dict(sorted((hit["_id"], hit["_version"]) for hit in found["hits"]))


def stored_versions(store: Store, index: IndexId) -> dict[str, int]:
    """Return ID and timestamp of each record in the store."""
    return {
        change.record_id: change.timestamp
        for change in store.changes(index, BEGINNING, MOST_HITS)
        if change.record is not None
    }


def compare(engine: Engine, store: Store, index: IndexId) -> Comparison:
    """Compare an index with the store, record by record."""
    stored, indexed = stored_versions(store, index), indexed_versions(engine, index)
    return Comparison(
        missing=sorted(stored.keys() - indexed.keys()),
        extra=sorted(indexed.keys() - stored.keys()),
        stale=sorted(each for each in stored.keys() & indexed if stored[each] != indexed[each]),
        count=len(stored),
    )
