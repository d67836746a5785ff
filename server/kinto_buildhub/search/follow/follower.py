"""The index follows the collection: from the store's changes to the engine's.

One thread a process. In the process that leads it applies what is new, in the order of the
timestamps, from the position that the index itself keeps: after a crash, an outage or a switch it
goes on from there. It is rung when something was written, and looks by itself from time to time.
"""

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.errors import IndexMissing, MappingChanged, SearchError
from kinto_buildhub.search.follow.changes import BATCH_SIZE, Store
from kinto_buildhub.search.follow.rebuild import rebuild
from kinto_buildhub.search.follow.repair import in_messages, index_again
from kinto_buildhub.search.follow.wakeups import Doorbell
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping

logger = logging.getLogger(__name__)

_WAIT_STEP_SECONDS = 0.005
# An engine that is back is followed this soon, however many writes were refused meanwhile.
_MAX_PAUSE_SECONDS = 3.0


class Follower:
    """Keeps the engine's indexes equal to the store.

    Args:
        engine: where to.
        store: where from.
        poll_seconds: how often to look without being rung.
        folder: where processes on this machine find each other; None if each writes for itself.
    """

    def __init__(
        self, engine: Engine, store: Store, poll_seconds: float, folder: Path | None
    ) -> None:
        self._engine, self._store, self._poll_seconds = engine, store, poll_seconds
        self._bell = Doorbell(None if folder is None else folder / "writer.port")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._checked: set[IndexId] = set()
        self._leads = False

    def start(self) -> None:
        """Follow from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="search-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following; wait until the thread has ended."""
        self._stop.set()
        if self._thread is not None:
            self._bell.ring({})
            self._thread.join(timeout=30)
        self._bell.close()

    def changed(self, index: IndexId) -> None:
        """Tell that the collection has changed."""
        self._bell.ring({"changed": list(index)})

    def deleted(self, index: IndexId) -> None:
        """Tell that the collection was deleted, and may be created again."""
        self._bell.ring({"deleted": list(index)})

    def flushed(self) -> None:
        """Tell that everything was deleted."""
        self._bell.ring({"flushed": True})

    def repair(self, index: IndexId, ids: Sequence[str] | None) -> None:
        """Ask for these records to be indexed again; None asks for a new index."""
        if ids is None:
            self._bell.ring({"rebuild": list(index)})
            return
        for some in in_messages(ids):
            self._bell.ring({"repair": list(index), "ids": some})

    def wait_for(self, index: IndexId, timestamp: int, seconds: float) -> bool:
        """Wait until the index has followed up to *timestamp*; tell whether it has."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            try:
                position = self._engine.position(index)
            except SearchError:  # Whoever waits has something better to do meanwhile.
                return False
            if position is not None and position >= timestamp:
                return True
            time.sleep(_WAIT_STEP_SECONDS)
        return False

    def _run(self) -> None:
        pause = 0.0
        failures = 0
        while not self._stop.is_set():
            messages = self._bell.wait(pause)
            if self._stop.is_set():
                return
            try:
                self._work(messages)
                failures, pause = 0, self._poll_seconds
            except Exception as exc:  # noqa: BLE001 - whatever it is, following has to go on.
                failures += 1
                pause = min(self._poll_seconds * 2**failures, _MAX_PAUSE_SECONDS)
                logger.warning("search_follower_failed", extra={"reason": repr(exc)})

    def _work(self, messages: list[dict[str, Any]]) -> None:
        if not self._engine.lead():
            self._leads = False
            return
        if not self._leads:
            self._bell.answer_here()
            self._leads = True
        for message in messages:
            self._remove(message)
        rung = {IndexId(*m["changed"]) for m in messages if "changed" in m}
        known = {index for index in rung if index in self._checked}
        if messages and known == rung and known:
            for index in known:
                self._catch_up(index)
        else:
            self.follow_all()
        for message in messages:
            self._repair(message)

    def _repair(self, message: dict[str, Any]) -> None:
        if "repair" in message:
            index_again(
                self._engine, self._store, IndexId(*message["repair"]), message.get("ids", ())
            )
        elif "rebuild" in message:
            index = IndexId(*message["rebuild"])
            mapping = self._store.mappings().get(index)
            if isinstance(mapping, Mapping):
                rebuild(self._engine, self._store, index, mapping)

    def _remove(self, message: dict[str, Any]) -> None:
        if "deleted" in message:
            gone = [IndexId(*message["deleted"])]
        elif "flushed" in message:
            gone = list(self._engine.indices())
        else:
            return
        for index in gone:
            self._engine.delete(index)
            self._checked.discard(index)

    def follow_all(self) -> None:
        """Bring every index up to date; make those that are missing, remove those left over.

        Raises:
            Unavailable: engine or store do not answer.
        """
        # Indexes first: one that appears while the store is read must not look left over.
        indexes = set(self._engine.indices())
        wanted = self._store.mappings()
        for index in indexes - set(wanted):
            self._engine.delete(index)
            self._checked.discard(index)
        for index, mapping in wanted.items():
            if isinstance(mapping, Mapping):
                self._follow(index, mapping)
            else:
                logger.warning("search_mapping_refused", extra={"reason": str(mapping)})

    def _follow(self, index: IndexId, mapping: Mapping) -> None:
        position = self._engine.position(index)
        if position is None:
            rebuild(self._engine, self._store, index, mapping)
            self._checked.add(index)
            return
        try:
            self._engine.ensure(index, mapping)
        except MappingChanged:
            rebuild(self._engine, self._store, index, mapping)
        self._catch_up(index)
        if index not in self._checked:
            self._check(index, mapping)

    def _catch_up(self, index: IndexId) -> None:
        """Apply what is new."""
        while not self._stop.is_set():
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

    def _check(self, index: IndexId, mapping: Mapping) -> None:
        """Compare counts once after a start: a collection may be another one under an old name."""
        from kinto_buildhub.search.language.tree import MatchAll

        self._checked.add(index)
        self._engine.refresh(index)
        held = self._engine.count(index, mapping, MatchAll())
        if held != self._store.count(index) and not self._store.changes(
            index, self._engine.position(index) or 0, 1
        ):
            logger.warning("search_index_differs", extra={"index": str(index), "held": held})
            rebuild(self._engine, self._store, index, mapping)


def behind_ms(engine: Engine, store: Store) -> dict[IndexId, int]:
    """Return how far each index is behind its collection, in milliseconds; 0 is not at all.

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
