"""Who is served at once: each kind of request has its own bound, so that none keeps others out."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Entry(Enum):
    """What becomes of a request that asks to be served."""

    STARTS = "starts"
    WAITS = "waits"
    IS_REFUSED = "is refused"


class Lanes(Generic[Item]):
    """Counts the requests that are served, and keeps those that wait, in order.

    Args:
        bounds: the number of requests that are served at once, by lane.
        max_waiting: the number of requests that may wait, in each lane.
        max_wait_seconds: how long one may wait.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        bounds: Mapping[str, int],
        *,
        max_waiting: int,
        max_wait_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = dict(bounds)
        self._waiting: dict[str, deque[tuple[float, Item]]] = {lane: deque() for lane in bounds}
        self._max_waiting = max_waiting
        self._max_wait_seconds = max_wait_seconds
        self._clock = clock
        self._lock = threading.Lock()

    def try_start(self, lane: str) -> bool:
        """Return whether a request may start; it must :meth:`leave` then."""
        with self._lock:
            is_free = self._free[lane] > 0
            self._free[lane] -= is_free
            return is_free

    def enter(self, lane: str, item: Item) -> Entry:
        """Start *item* if there is room, or let it wait."""
        with self._lock:
            if self._free[lane] > 0:
                self._free[lane] -= 1
                return Entry.STARTS
            if len(self._waiting[lane]) >= self._max_waiting:
                return Entry.IS_REFUSED
            self._waiting[lane].append((self._clock(), item))
            return Entry.WAITS

    def leave(self, lane: str) -> Item | None:
        """Mark the end of a request; return the next of its lane, which starts now."""
        with self._lock:
            if self._waiting[lane]:
                return self._waiting[lane].popleft()[1]
            self._free[lane] += 1
            return None

    def take_late(self) -> Iterable[Item]:
        """Remove and return those that have waited too long."""
        with self._lock:
            latest = self._clock() - self._max_wait_seconds
            late = []
            for waiting in self._waiting.values():
                while waiting and waiting[0][0] < latest:
                    late.append(waiting.popleft()[1])
            return late
