"""The coverage of collections, cached in each process for a second."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass

import transaction

from kinto_buildhub.coverage.completeness import CollectionCoverage, CollectionId

# In the last part of its time, coverage that is asked for is read again, and nobody waits. Where
# there are always readers, one a second would wait for three queries otherwise.
_RENEWED_SHARE = 0.2

# A bound on memory, whoever makes collections by the thousand.
_MOST_COLLECTIONS = 1000


@dataclass(frozen=True, slots=True)
class _Cached:
    """The coverage of a collection, and when it expires.

    Attributes:
        stored: as it is in the store.
        searched: the latest coverage that the search index has caught up with.
    """

    stored: CollectionCoverage
    searched: CollectionCoverage | None
    expires_at: float


class CoverageCache:
    """Reads coverage from the store when an answer needs it, and keeps it for a second.

    It is read again before the second is over, if it is asked for then.

    A thread of its own reads, because the request may be in the middle of a transaction, which must
    not see the one that reads. Requests that come meanwhile wait for the same reading.

    Args:
        read: reads the coverage of a collection from the store.
        is_followed: returns whether a collection's search index has all that is stored now.
        clock: in seconds.
        kept_seconds: how long what was read is used.
        timeout_seconds: how long an answer waits for the store; then older coverage is used.
    """

    def __init__(
        self,
        read: Callable[[CollectionId], CollectionCoverage],
        is_followed: Callable[[CollectionId], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        kept_seconds: float = 1.0,
        timeout_seconds: float = 1.0,
    ) -> None:
        self._read_store = read
        self._is_followed = is_followed
        self._clock = clock
        self.kept_seconds = kept_seconds
        self.timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._cached: dict[CollectionId, _Cached] = {}
        self._readings: dict[CollectionId, Future[_Cached]] = {}
        self._thread: ThreadPoolExecutor | None = None

    def find_coverage(
        self, collection: CollectionId, *, searched: bool = False
    ) -> CollectionCoverage | None:
        """Return the coverage of *collection*; None where it cannot be read.

        Args:
            collection: the catalogue.
            searched: return what holds for the search index, which may be behind the store.
        """
        cached = self._cached.get(collection)
        remaining_seconds = 0.0 if cached is None else cached.expires_at - self._clock()
        if 0 < remaining_seconds < self.kept_seconds * _RENEWED_SHARE:
            self._read(collection)
        elif remaining_seconds <= 0:
            try:
                cached = self._read(collection).result(self.timeout_seconds)
            except FutureTimeoutError:
                pass  # Coverage only grows, so what held before still holds.
            except Exception:  # noqa: BLE001 - whatever it is, readers get their answer.
                return None
        if cached is None:
            return None
        return cached.searched if searched else cached.stored

    def _read(self, collection: CollectionId) -> Future[_Cached]:
        """Return the reading of *collection* that is under way, or start one."""
        with self._lock:
            if collection not in self._readings:
                # Not made in the constructor: no thread survives a fork.
                self._thread = self._thread or ThreadPoolExecutor(1, "coverage")
                self._readings[collection] = self._thread.submit(self._refresh, collection)
            return self._readings[collection]

    def _refresh(self, collection: CollectionId) -> _Cached:
        try:
            with transaction.manager:
                stored = self._read_store(collection)
            before = self._cached.get(collection)
            searched = before.searched if before else None
            # In this order: the index has then caught up with everything that was reported on.
            if self._is_followed(collection):
                searched = stored
            if len(self._cached) >= _MOST_COLLECTIONS:
                self._cached.clear()
            cached = _Cached(stored, searched, self._clock() + self.kept_seconds)
            self._cached[collection] = cached
            return cached
        finally:
            with self._lock:
                self._readings.pop(collection, None)
