"""What the jobs have told, as one process knows it: read at most a second ago, if it can be."""

import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import transaction
from buildhub_schema.coverage import PAIRS, coverage_collection_id
from buildhub_schema.products import PRODUCT_NAMES

CollectionId = tuple[str, str]
"""A bucket and a collection."""

KEPT_SECONDS = 1.0

# What is asked for is read anew this often, so that hardly anybody waits for it. Who asks for very
# many collections waits for each.
_REFRESH_SECONDS = 0.5
_MOST_REFRESHED = 10

# Readers wait for their answer, and not for how complete it is.
_PATIENCE_SECONDS = 1.0

# Somebody who makes collections by the thousand shall not fill the memory.
_MOST_COLLECTIONS = 1000

# More than there are products and channels; who adds records of their own is none of our business.
_MOST_RECORDS = 1000

_CHANNELS = frozenset(channel for _, channel in PAIRS)


class Snapshot:
    """The coverage of one collection.

    Attributes:
        records: as the jobs wrote them, by product and channel.
    """

    def __init__(self, records: Iterable[dict[str, Any]]) -> None:
        self.records = {
            (record["product"], record["channel"]): record
            for record in records
            if isinstance(record.get("product"), str) and isinstance(record.get("channel"), str)
        }
        # Worked out once, and asked for with every answer of a second.
        self._moments = {pair: pair_complete_until(each) for pair, each in self.records.items()}

    def complete_until(
        self, products: Collection[str] | None = None, channels: Collection[str] | None = None
    ) -> str | None:
        """Return until when all that was asked for is there; None where that is not known.

        Args:
            products, channels: those that were asked for; None means all.
        """
        if not self.records:
            return None
        wanted = PRODUCT_NAMES if products is None else products
        # A channel that is not known is none that builds could have; all of them are on the safe
        # side of that.
        known = _CHANNELS.intersection(channels) if channels is not None else _CHANNELS
        moments = [
            self._moments.get((product, channel))
            for product in wanted
            for channel in known or _CHANNELS
        ]
        told = [moment for moment in moments if moment is not None]
        return min(told) if told and len(told) == len(moments) else None


def pair_complete_until(record: dict[str, Any]) -> str | None:
    """Return until when one product and channel is complete, None where that is not known.

    Nobody can have seen more of the archive than there was when they told of it, whatever the
    clock of their machine said.
    """
    until = record.get("complete_until")
    if not isinstance(until, str):
        return None
    told = datetime.fromtimestamp(record["last_modified"] / 1000, UTC)
    return min(until, f"{told:%Y-%m-%dT%H:%M:%SZ}")


def read_snapshot(storage: Any, collection: CollectionId) -> Snapshot:
    """Read the coverage of *collection*, in the transaction that is under way."""
    bucket_id, collection_id = collection
    parent_id = f"/buckets/{bucket_id}/collections/{coverage_collection_id(collection_id)}"
    return Snapshot(
        storage.list_all(resource_name="record", parent_id=parent_id, limit=_MOST_RECORDS)
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read; *searched* is the latest that the search index had caught up with."""

    stored: Snapshot
    searched: Snapshot | None
    until: float


class Snapshots:
    """The snapshots of all collections that are read.

    Args:
        storage: Kinto's.
        is_followed: tells whether a collection's search index has all that is stored now.
        clock: of seconds.

    Reading is left to a thread: it has a transaction of its own, where the request may be in the
    middle of one that is not to be touched. As long as somebody asks, another one sees that there
    is always something to be told.
    """

    def __init__(
        self,
        storage: Any,
        is_followed: Callable[[CollectionId], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = storage
        self._is_followed = is_followed
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[CollectionId, _Kept] = {}
        self._reading: dict[CollectionId, Future[_Kept]] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._asked: set[CollectionId] = set()
        self._refreshing: threading.Thread | None = None

    def find(self, collection: CollectionId, *, searched: bool = False) -> Snapshot | None:
        """Return what was read within the last second; None where it cannot be read.

        A database that is slow to tell leaves what was known before.

        Args:
            collection: the catalogue.
            searched: ask for what holds of the search index, which may be behind the records.
        """
        kept = self._kept.get(collection)
        if kept is None or self._clock() >= kept.until:
            try:
                kept = self._read(collection).result(_PATIENCE_SECONDS)
            except LateError:
                pass  # What was true a while ago still is.
            except Exception:  # noqa: BLE001 - whatever it is, readers get their answer.
                return None
        if kept is None:
            return None
        if len(self._asked) < _MOST_REFRESHED:
            self._asked.add(collection)
        if self._refreshing is None:
            self._start_refreshing()
        return kept.searched if searched else kept.stored

    def _start_refreshing(self) -> None:
        with self._lock:
            if self._refreshing is None:
                thread = threading.Thread(target=self._refresh_what_is_asked, daemon=True)
                thread.start()
                self._refreshing = thread

    def _refresh_what_is_asked(self) -> None:
        """Read again what was asked for meanwhile, until nothing was."""
        while True:
            time.sleep(_REFRESH_SECONDS)
            with self._lock:
                asked, self._asked = self._asked, set()
                if not asked:
                    self._refreshing = None
                    return
            for collection in tuple(asked):
                with suppress(Exception):  # Who asks next is told.
                    self._read(collection).result(_PATIENCE_SECONDS)

    def _read(self, collection: CollectionId) -> Future[_Kept]:
        """Return the reading that is under way, or begin one."""
        with self._lock:
            if collection not in self._reading:
                # Made here and not before: a thread does not live on in a process that is forked.
                self._thread = self._thread or ThreadPoolExecutor(1, "coverage")
                self._reading[collection] = self._thread.submit(self._refresh, collection)
            return self._reading[collection]

    def _refresh(self, collection: CollectionId) -> _Kept:
        try:
            transaction.begin()
            try:
                stored = read_snapshot(self._storage, collection)
            finally:
                transaction.abort()
            before = self._kept.get(collection)
            searched = before.searched if before else None
            # In this order: what was told is stored, and what is stored now is found.
            if self._is_followed(collection):
                searched = stored
            if len(self._kept) >= _MOST_COLLECTIONS:
                self._kept.clear()
            kept = _Kept(stored, searched, self._clock() + KEPT_SECONDS)
            self._kept[collection] = kept
            return kept
        finally:
            with self._lock:
                self._reading.pop(collection, None)
