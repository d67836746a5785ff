"""The thread that looks for changes, for all listeners of a server process.

It runs while somebody listens. A write in this process wakes it; those in others it finds at its
next poll, by one small query for each collection.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from kinto_buildhub.changes.event_stream import KEEP_ALIVE, render_changes, render_end
from kinto_buildhub.changes.listeners import Listener
from kinto_buildhub.changes.source import ChangeSource
from kinto_buildhub.search.errors import StoreUnavailable
from kinto_buildhub.search.index_names import IndexId

# Changes that are read, rendered and sent at a time. What a slow client has not taken is no more
# than these.
BATCH_SIZE = 200

# How long somebody may go on listening who must not any more.
RECHECK_SECONDS = 2.0

# Proxies close connections on which nothing comes for a minute.
KEEP_ALIVE_SECONDS = 15.0

_GONE = "There is no such collection any more."
_REVOKED = "The permission to read this collection has ended."

logger = logging.getLogger(__name__)


class ChangeHub:
    """Gives each listener the changes after its position.

    Args:
        source: reads the database.
        poll_seconds: how often to look for changes of other processes.
        clock: of seconds.
    """

    def __init__(
        self,
        source: ChangeSource,
        *,
        poll_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._poll_seconds, self._clock = source, poll_seconds, clock
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None

    def join(self, listener: Listener) -> None:
        """Have a listener hear of changes."""
        listener.sent_at = listener.checked_at = self._clock()
        with self._lock:
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
                self._thread.start()
        self.wake()

    def leave(self, listener: Listener) -> None:
        """Forget a listener, if it has joined."""
        with self._lock:
            self._listeners.discard(listener)

    def wake(self) -> None:
        """Have the thread look for changes now."""
        self._awake.set()

    def _run(self) -> None:
        while True:
            self._awake.wait(self._poll_seconds)
            self._awake.clear()
            with self._lock:
                listeners = list(self._listeners)
                if not listeners:
                    self._thread = None
                    return
            began = self._clock()
            for index, some in _by_index(listeners).items():
                self._serve_safely(index, some)
            # A third of a processor at most, however much there is to tell: requests need it, too.
            time.sleep(2 * (self._clock() - began))

    def _serve_safely(self, index: IndexId, listeners: Sequence[Listener]) -> None:
        try:
            self._serve(index, listeners)
        except StoreUnavailable as exc:  # Nothing is lost: positions are what they were.
            logger.warning("changes_not_read", extra={"index": str(index), "reason": str(exc)})
            time.sleep(self._poll_seconds)
        except Exception:
            logger.exception("changes_not_sent", extra={"index": str(index)})
            time.sleep(self._poll_seconds)

    def _serve(self, index: IndexId, listeners: Sequence[Listener]) -> None:
        newest = self._source.newest_timestamp(index)
        if newest is None:
            _end(listeners, _GONE)
            return
        allowed = list(self._end_revoked(listeners))
        ready = [each for each in allowed if each.is_ready]
        for position, some in _by_position(ready).items():
            if position < newest:
                self._give_changes(index, position, newest, some)
        now = self._clock()
        for each in ready:
            if each.is_ready and now - each.sent_at >= KEEP_ALIVE_SECONDS:
                each.give(KEEP_ALIVE, each.position, now)

    def _give_changes(
        self, index: IndexId, position: int, newest: int, listeners: Iterable[Listener]
    ) -> None:
        changes = self._source.changes(index, position, BATCH_SIZE)
        if not changes:  # Its tombstones were purged.
            for each in listeners:
                each.position = newest
            return
        data, now = render_changes(changes), self._clock()
        for each in listeners:
            each.give(data, changes[-1].timestamp, now)

    def _end_revoked(self, listeners: Iterable[Listener]) -> Iterable[Listener]:
        """Yield those who may listen on, and end the others. Who is alike is asked about once."""
        now = self._clock()
        answers: dict[str, bool] = {}
        for each in listeners:
            if now - each.checked_at < RECHECK_SECONDS:
                yield each
                continue
            key = each.reader.key
            may_read = answers.get(key) if key is not None else None
            if may_read is None:
                may_read = self._source.may_read(each.reader)
            if key is not None:
                answers[key] = may_read
            if may_read:
                each.checked_at = now
                yield each
            else:
                _end([each], _REVOKED)


def _end(listeners: Iterable[Listener], reason: str) -> None:
    for each in listeners:
        each.end(render_end(reason))


def _by_index(listeners: Iterable[Listener]) -> dict[IndexId, list[Listener]]:
    found = defaultdict(list)
    for each in listeners:
        found[each.reader.index].append(each)
    return found


def _by_position(listeners: Iterable[Listener]) -> dict[int, list[Listener]]:
    found = defaultdict(list)
    for each in listeners:
        found[each.position].append(each)
    return found
