"""The follower: a thread that keeps the indexes up to date with the store.

Each server process has one; only that of the leading process writes. It applies changes in the
order of their timestamps, from the position that the index itself keeps, so after a crash, an
outage or a change of leaders it continues from there. Wakeups announce changes; without one it
looks for changes at every poll.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.errors import SearchError
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.follow.failures import INTERVAL_SECONDS
from kinto_buildhub.search.follow.index_sync import IndexSync
from kinto_buildhub.search.follow.rebuild import rebuild
from kinto_buildhub.search.follow.repair import reindex_records, split_ids
from kinto_buildhub.search.follow.wakeups import Wakeups
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping as IndexMapping

logger = logging.getLogger(__name__)

_WAIT_STEP_SECONDS = 0.005
# The longest pause after failures, so that an engine is followed soon after it is back.
_MAX_PAUSE_SECONDS = 3.0
_JOIN_SECONDS = 30


class Follower:
    """Keeps the engine's indexes up to date with the store.

    Args:
        engine: holds the indexes.
        store: holds the records.
        poll_seconds: how often to look for changes without a wakeup.
        folder: where the processes of this machine find each other; None if each writes itself.
    """

    def __init__(
        self, engine: Engine, store: Store, poll_seconds: float, folder: Path | None
    ) -> None:
        self._engine, self._store, self._poll_seconds = engine, store, poll_seconds
        self._wakeups = Wakeups(None if folder is None else folder / "writer.port")
        self._stopped = threading.Event()
        self._sync = IndexSync(engine, store, self._stopped)
        self._thread: threading.Thread | None = None
        self._leads = False
        self._next_log_at = 0.0

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="search-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread, and wait until it has ended."""
        self._stopped.set()
        if self._thread is not None:
            self._wakeups.send({})
            self._thread.join(timeout=_JOIN_SECONDS)
        self._wakeups.close()

    def changed(self, index: IndexId) -> None:
        """Announce that the collection has changed."""
        self._wakeups.send({"changed": list(index)})

    def written_late(self, index: IndexId, timestamps: Mapping[str, int]) -> None:
        """Announce records, by ID, that were written with timestamps of the past."""
        if not timestamps:
            return
        oldest = min(timestamps.values())
        for some in split_ids(list(timestamps)):
            self._wakeups.send({"late": list(index), "timestamp": oldest, "ids": some})

    def deleted(self, index: IndexId) -> None:
        """Announce that the collection was deleted; it may be created again."""
        self._wakeups.send({"deleted": list(index)})

    def flushed(self) -> None:
        """Announce that all collections were deleted."""
        self._wakeups.send({"flushed": True})

    def repair(self, index: IndexId, ids: Sequence[str] | None) -> None:
        """Ask for these records to be indexed again; None asks for a rebuild."""
        if ids is None:
            self._wakeups.send({"rebuild": list(index)})
            return
        for some in split_ids(ids):
            self._wakeups.send({"repair": list(index), "ids": some})

    def wait_for(self, index: IndexId, timestamp: int, seconds: float) -> bool:
        """Wait until the index has followed up to *timestamp*; return whether it has."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                position = self._engine.position(index)
            except SearchError:  # Waiting on would only delay the caller.
                return False
            if position is not None and position >= timestamp:
                return True
            time.sleep(_WAIT_STEP_SECONDS)
        return False

    def sync_all(self) -> None:
        """Bring every index up to date now; see `IndexSync.sync_all`."""
        self._sync.sync_all()

    def _run(self) -> None:
        pause = 0.0
        failures = 0
        while not self._stopped.is_set():
            messages = self._wakeups.receive(pause)
            if self._stopped.is_set():
                return
            try:
                self._handle(messages)
                failures, pause, self._next_log_at = 0, self._poll_seconds, 0.0
            except Exception as exc:  # noqa: BLE001 - whatever it is, following has to continue.
                failures += 1
                pause = min(self._poll_seconds * 2**failures, _MAX_PAUSE_SECONDS)
                self._log_failure(exc)

    def _log_failure(self, exc: Exception) -> None:
        """Log why nothing can be followed, once a minute while it lasts."""
        now = time.monotonic()
        if now >= self._next_log_at:
            self._next_log_at = now + INTERVAL_SECONDS
            logger.warning("search_follower_failed", extra={"reason": repr(exc)})

    def _handle(self, messages: list[dict[str, Any]]) -> None:
        """Do what the messages ask for, if this process leads; without messages, sync all."""
        if not self._engine.lead():
            self._leads = False
            return
        if not self._leads:
            self._wakeups.receive_all()
            self._leads = True
        for message in messages:
            self._delete(message)
        self._sync.check_store()
        late = self._late_writes(messages)
        changed = {IndexId(*each["changed"]) for each in messages if "changed" in each}
        if changed:
            self._sync.follow(changed)
        else:
            self._sync.sync_all()
        for index, ids in late.items():
            self._sync.index_late_writes(index, ids)
        for message in messages:
            self._repair(message)

    def _late_writes(self, messages: list[dict[str, Any]]) -> dict[IndexId, list[str]]:
        """Return the IDs of records that were written below the position of their index."""
        late: dict[IndexId, list[str]] = {}
        for message in messages:
            if "late" in message:
                index = IndexId(*message["late"])
                if self._sync.has_passed(index, message["timestamp"]):
                    late.setdefault(index, []).extend(message["ids"])
        return late

    def _delete(self, message: dict[str, Any]) -> None:
        if "deleted" in message:
            self._sync.delete(IndexId(*message["deleted"]))
        elif "flushed" in message:
            self._sync.delete_all()

    def _repair(self, message: dict[str, Any]) -> None:
        if "repair" in message:
            index = IndexId(*message["repair"])
            reindex_records(self._engine, self._store, index, message.get("ids", ()))
        elif "rebuild" in message:
            index = IndexId(*message["rebuild"])
            mapping = self._store.mappings().get(index)
            if isinstance(mapping, IndexMapping):
                rebuild(self._engine, self._store, index, mapping)
