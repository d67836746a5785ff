"""Bringing indexes up to date with the store, from the position that each index keeps."""

import logging
import threading

from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.errors import IndexMissing, MappingChanged
from kinto_buildhub.search.follow.changes import BATCH_SIZE, Store
from kinto_buildhub.search.follow.rebuild import rebuild
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.tree import MatchAll
from kinto_buildhub.search.mapping import Mapping

logger = logging.getLogger(__name__)


class IndexSync:
    """Brings the engine's indexes up to date. Only the process that leads may use it.

    Args:
        engine: holds the indexes.
        store: holds the records.
        stopped: is set when the process ends; catching up stops between two batches.
    """

    def __init__(self, engine: Engine, store: Store, stopped: threading.Event) -> None:
        self._engine, self._store, self._stopped = engine, store, stopped
        self._checked: set[IndexId] = set()

    def is_checked(self, index: IndexId) -> bool:
        """Return whether the index is known to be its collection's, so that `catch_up` will do."""
        return index in self._checked

    def delete(self, index: IndexId) -> None:
        """Delete the index of a collection that is gone."""
        self._engine.delete(index)
        self._checked.discard(index)

    def delete_all(self) -> None:
        """Delete all indexes."""
        for index in list(self._engine.indices()):
            self.delete(index)

    def sync_all(self) -> None:
        """Bring every index up to date; build missing ones, delete those without a collection.

        Raises:
            Unavailable: engine or store do not answer.
        """
        # Indexes first: a collection created meanwhile must not look deleted.
        indexes = set(self._engine.indices())
        wanted = self._store.mappings()
        for index in indexes - set(wanted):
            self.delete(index)
        for index, mapping in wanted.items():
            if isinstance(mapping, Mapping):
                self._sync(index, mapping)
            else:
                logger.warning("search_mapping_refused", extra={"reason": str(mapping)})

    def _sync(self, index: IndexId, mapping: Mapping) -> None:
        if self._engine.position(index) is None:
            rebuild(self._engine, self._store, index, mapping)
            self._checked.add(index)
            return
        try:
            self._engine.ensure(index, mapping)
        except MappingChanged:
            rebuild(self._engine, self._store, index, mapping)
        self.catch_up(index)
        if index not in self._checked:
            self._check_count(index, mapping)

    def catch_up(self, index: IndexId) -> None:
        """Apply the changes since the index's position.

        Raises:
            IndexMissing: the index is gone.
            Unavailable: engine or store do not answer.
        """
        while not self._stopped.is_set():
            position = self._engine.position(index)
            if position is None:
                self._checked.discard(index)
                raise IndexMissing(f"The index of {index} is gone.")
            changes = self._store.changes(index, position)
            if not changes:
                return
            self._engine.apply(index, changes, changes[-1].timestamp)
            if len(changes) < BATCH_SIZE:
                return

    def _check_count(self, index: IndexId, mapping: Mapping) -> None:
        """Compare counts, and rebuild an index that belongs to a former collection of that name."""
        self._checked.add(index)
        self._engine.refresh(index)
        indexed = self._engine.count(index, mapping, MatchAll())
        if indexed == self._store.count(index):
            return
        if self._store.changes(index, self._engine.position(index) or 0, 1):
            return  # Records were written meanwhile; they explain the difference.
        logger.warning("search_index_differs", extra={"index": str(index), "count": indexed})
        rebuild(self._engine, self._store, index, mapping)


def behind_ms(engine: Engine, store: Store) -> dict[IndexId, int]:
    """Return how far each index is behind its collection, in milliseconds.

    Raises:
        Unavailable: engine or store do not answer.
    """
    found = {}
    for index, mapping in store.mappings().items():
        if isinstance(mapping, Mapping):
            position = engine.position(index)
            newest = store.newest(index)
            found[index] = max(0, newest - position) if position is not None else newest
    return found
