"""Rebuilding an index beside the one that answers: fill, check, swap."""

import logging
from collections.abc import Callable

from kinto_buildhub.search.engine import BEGINNING, Engine, Rebuild
from kinto_buildhub.search.errors import SearchError
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping

logger = logging.getLogger(__name__)

# While records are written, counts differ for a moment, so they are compared several times.
_COUNT_CHECKS = 5


class CountsDiffer(SearchError):
    """The new index does not hold all records of the store; the old one goes on answering."""


def rebuild(
    engine: Engine,
    store: Store,
    index: IndexId,
    mapping: Mapping,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Fill a new index from the store, and let it answer when it is complete.

    Args:
        engine: holds the indexes.
        store: holds the records.
        index: the index.
        mapping: the mapping of the new index.
        progress: is called with the number of changes applied so far.

    Returns:
        The number of records in the new index.

    Raises:
        BeingRebuilt: another process is rebuilding it.
        CountsDiffer: it does not hold all records of the store; the old one stays.
        Unavailable: engine or store do not answer; the old one stays.
    """
    with store.rebuilding(index):
        building = engine.begin_rebuild(index, mapping)
        try:
            count = _fill(building, store, index, progress)
            building.commit()
        finally:
            building.abort()
    logger.info("index_rebuilt", extra={"index": str(index), "count": count})
    return count


def _fill(building: Rebuild, store: Store, index: IndexId, progress: Callable[[int], None]) -> int:
    position, done = BEGINNING, 0
    for _ in range(_COUNT_CHECKS):
        while changes := store.changes(index, position):
            position = changes[-1].timestamp
            building.apply(changes, position)
            done += len(changes)
            progress(done)
        indexed, expected = building.count(), store.count(index)
        if indexed == expected:
            return indexed
    raise CountsDiffer(f"The new index of {index} holds {indexed} records, the store {expected}.")
