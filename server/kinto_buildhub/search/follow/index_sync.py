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
        self._store_identity: tuple[str, ...] | None = None

    def check_store(self) -> None:
        """Compare all indexes with the store again if that was restored or replaced meanwhile.

        Call it before changes are applied: what was written to a restored store moves positions
        past the difference.

        Raises:
            Unavailable: the store does not answer.
        """
        identity = self._store.identity()
        if identity != self._store_identity:
            self._checked.clear()
            self._store_identity = identity

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
        self.check_store()
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
        position = self._engine.position(index)
        if position is None:
            rebuild(self._engine, self._store, index, mapping)
            self._checked.add(index)
            return
        try:
            self._engine.ensure(index, mapping)
        except MappingChanged:
            rebuild(self._engine, self._store, index, mapping)
        self.catch_up(index)
        if index not in self._checked:
            self._check_content(index, mapping, position)
        elif self._store.newest(index) < (self._engine.position(index) or 0):
            self._rebuild_differing(index, mapping, "the store has no change this new")

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

    def _check_content(self, index: IndexId, mapping: Mapping, position: int) -> None:
        """Compare an index with the store, and rebuild one that has followed another store.

        That may be a former collection of the same name, or the store as it was before a dump was
        restored. Up to a position both have the same newest record: what the index took from the
        other store is newer than all that both stores share. Beside it only deletions are
        possible, and they show in the count.

        Args:
            index: it has caught up with the store.
            mapping: the collection's.
            position: the index's position before it caught up.
        """
        reason = self._difference(index, mapping, position)
        if reason is None:
            self._checked.add(index)
        # Records that were written meanwhile explain a difference; the next sync compares again.
        elif not self._store.changes(index, self._engine.position(index) or 0, 1):
            self._rebuild_differing(index, mapping, reason)

    def _difference(self, index: IndexId, mapping: Mapping, position: int) -> str | None:
        if self._store.newest(index) < (self._engine.position(index) or 0):
            return "the store has no change this new"
        self._engine.refresh(index)
        if self._engine.newest(index, position) != self._store.newest_record(index, position):
            return "its newest records are not the store's"
        if self._engine.count(index, mapping, MatchAll()) != self._store.count(index):
            return "it has another number of records than the store"
        return None

    def _rebuild_differing(self, index: IndexId, mapping: Mapping, reason: str) -> None:
        logger.warning("search_index_differs", extra={"index": str(index), "reason": reason})
        rebuild(self._engine, self._store, index, mapping)
        self._checked.add(index)


def behind_ms(engine: Engine, store: Store) -> dict[IndexId, int]:
    """Return how far each index is behind its collection, in milliseconds.

    An index that is missing or empty is behind by the time from the first change to the last.

    Raises:
        Unavailable: engine or store do not answer.
    """
    found = {}
    for index, mapping in store.mappings().items():
        if isinstance(mapping, Mapping):
            position = engine.position(index)
            newest = store.newest(index)
            if not position and newest:
                found[index] = max(1, newest - store.changes(index, 0, 1)[0].timestamp)
            else:
                found[index] = max(0, newest - (position or 0))
    return found
