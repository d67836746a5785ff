"""Building an index beside the one that answers: fill, check, swap."""

import logging
from collections.abc import Callable

from kinto_buildhub.search.engine import Engine, Rebuild
from kinto_buildhub.search.errors import SearchError
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping

logger = logging.getLogger(__name__)

# While others write, counts are compared a few times before they are believed to differ.
_CHECKS = 5


class CountsDiffer(SearchError):
    """The new index does not hold what the store holds; the old one goes on answering."""


def rebuild(
    engine: Engine,
    store: Store,
    index: IndexId,
    mapping: Mapping,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Fill a new index from the store, and let it answer when it is complete.

    Args:
        progress: is told how many changes have been applied so far.

    Returns:
        How many records it holds.

    Raises:
        CountsDiffer: it does not hold what the store does; the old one stays.
        Unavailable: engine or store do not answer; the old one stays.
    """
    building = engine.begin_rebuild(index, mapping)
    try:
        count = _fill(building, store, index, progress)
        building.commit()
    finally:
        building.abort()
    logger.info("index_rebuilt", extra={"index": str(index), "count": count})
    return count


def _fill(building: Rebuild, store: Store, index: IndexId, progress: Callable[[int], None]) -> int:
    position = done = 0
    for _ in range(_CHECKS):
        while changes := store.changes(index, position):
            position = changes[-1].timestamp
            building.apply(changes, position)
            done += len(changes)
            progress(done)
        held, expected = building.count(), store.count(index)
        if held == expected:
            return held
    raise CountsDiffer(f"The new index of {index} holds {held} records, the store {expected}.")
