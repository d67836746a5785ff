"""Bringing indexes up to date with the store, from the position that each index keeps.

An index that is damaged, or whose position the store does not know, is rebuilt. What goes wrong
with one index is reported, and the others are followed all the same.
"""

import contextlib
import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kinto_buildhub.search.engine import BEGINNING, Engine
from kinto_buildhub.search.errors import (
    BeingRebuilt,
    IndexDamaged,
    IndexMissing,
    MappingChanged,
    StoreUnavailable,
)
from kinto_buildhub.search.follow.changes import BATCH_SIZE, Store
from kinto_buildhub.search.follow.failures import IndexFailures
from kinto_buildhub.search.follow.rebuild import rebuild
from kinto_buildhub.search.follow.repair import reindex_records
from kinto_buildhub.search.index_names import BadIndexName, IndexId
from kinto_buildhub.search.language.tree import MatchAll
from kinto_buildhub.search.mapping import BadMapping, Mapping

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
        self._failures = IndexFailures()
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

    def delete(self, index: IndexId) -> None:
        """Delete the index of a collection that is gone."""
        self._checked.discard(index)
        self._failures.forget(index)
        try:
            self._engine.delete(index)
        except BadIndexName:  # A name that no index can have.
            return

    def delete_all(self) -> None:
        """Delete all indexes."""
        for index in list(self._engine.indices()):
            self.delete(index)

    def sync_all(self) -> None:
        """Bring every index up to date; build missing ones, delete those without a collection.

        Raises:
            Unavailable: engine or store do not answer at all.
        """
        self.check_store()
        # Indexes first: a collection created meanwhile must not look deleted.
        indexes = set(self._engine.indices())
        wanted = self._store.mappings()
        for index in indexes - set(wanted):
            self.delete(index)
        for index, mapping in wanted.items():
            self._sync_alone(index, mapping)

    def _sync_alone(self, index: IndexId, mapping: Mapping | BadMapping) -> None:
        """Bring one index up to date; report what goes wrong with it alone."""
        if self._failures.is_paused(index):
            return
        if isinstance(mapping, BadMapping):
            self._failures.report("search_mapping_refused", index, str(mapping))
            return
        with self._alone(index):
            self._sync(index, mapping)
            self._failures.forget(index)

    @contextlib.contextmanager
    def _alone(self, index: IndexId) -> Iterator[None]:
        """Keep what goes wrong with one index from the others."""
        try:
            yield
        except StoreUnavailable:
            raise
        except BeingRebuilt:  # On a cluster every process writes. It is looked at again.
            self._checked.discard(index)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the others have to be followed.
            self._engine.ping()  # If the engine is down, all of them fail alike.
            self._checked.discard(index)
            self._failures.report("search_index_failed", index, repr(exc))

    def _sync(self, index: IndexId, mapping: Mapping) -> None:
        try:
            self._engine.check(index)
        except IndexDamaged as exc:
            logger.warning("search_index_damaged", extra={"index": str(index), "reason": str(exc)})
            self._rebuild(index, mapping)
            return
        position = self._engine.position(index)
        if position is None:
            self._rebuild(index, mapping)
            return
        try:
            self._engine.ensure(index, mapping)
        except MappingChanged:
            self._rebuild(index, mapping)
        self.catch_up(index)
        if index not in self._checked:
            self._check_content(index, mapping, position)
        elif self._position_or_beginning(index) > self._store.newest(index):
            self._rebuild_differing(index, mapping, "the store has no change this new")

    def _rebuild(self, index: IndexId, mapping: Mapping) -> None:
        rebuild(self._engine, self._store, index, mapping)
        self._checked.add(index)

    def follow(self, changed: Iterable[IndexId]) -> None:
        """Bring indexes up to date that have changed.

        Raises:
            Unavailable: engine or store do not answer at all.
        """
        waiting = [index for index in changed if not self._failures.is_paused(index)]
        if not all(index in self._checked for index in waiting):
            self.sync_all()
            return
        for index in waiting:
            with self._alone(index):
                self.catch_up(index)

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

    def has_passed(self, index: IndexId, timestamp: int) -> bool:
        """Return whether `catch_up` does not find changes of this time any more."""
        try:
            position = self._engine.position(index)
        except BadIndexName:
            return False
        return position is not None and timestamp <= position

    def index_late_writes(self, index: IndexId, ids: list[str]) -> None:
        """Index records whose timestamps are older than the index's position.

        A writer may give a record any timestamp, and `catch_up` only looks at newer ones.
        """
        with self._alone(index):  # If it fails, the index's count is compared again.
            reindex_records(self._engine, self._store, index, ids)

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
        elif not self._store.changes(index, self._position_or_beginning(index), 1):
            self._rebuild_differing(index, mapping, reason)

    def _difference(self, index: IndexId, mapping: Mapping, position: int) -> str | None:
        if self._position_or_beginning(index) > self._store.newest(index):
            return "the store has no change this new"
        self._engine.refresh(index)
        if self._engine.newest(index, position) != self._store.newest_record(index, position):
            return "its newest records are not the store's"
        if self._engine.count(index, mapping, MatchAll()) != self._store.count(index):
            return "it has another number of records than the store"
        return None

    def _rebuild_differing(self, index: IndexId, mapping: Mapping, reason: str) -> None:
        logger.warning("search_index_differs", extra={"index": str(index), "reason": reason})
        self._rebuild(index, mapping)

    def _position_or_beginning(self, index: IndexId) -> int:
        position = self._engine.position(index)
        return BEGINNING if position is None else position


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the indexes are behind their collections.

    Attributes:
        behind_ms: of each index that can be built, in milliseconds.
        missing: collections without an index: it is being built, or cannot be.
    """

    behind_ms: dict[IndexId, int]
    missing: frozenset[IndexId]


def measure_lag(engine: Engine, store: Store) -> Lag:
    """Return how far the indexes are behind.

    An index that is missing or empty is behind by the time from the first change to the last.

    Raises:
        Unavailable: engine or store do not answer.
    """
    behind: dict[IndexId, int] = {}
    missing = set()
    for index, mapping in store.mappings().items():
        position = None
        if isinstance(mapping, Mapping):
            with contextlib.suppress(BadIndexName):
                position = engine.position(index)
                behind[index] = _behind_ms(store, index, position)
        if position is None:
            missing.add(index)
    return Lag(behind, frozenset(missing))


def _behind_ms(store: Store, index: IndexId, position: int | None) -> int:
    newest = store.newest(index)
    if newest == BEGINNING:
        return 0
    if position is None or position == BEGINNING:
        return max(1, newest - store.changes(index, BEGINNING, 1)[0].timestamp)
    return max(0, newest - position)
