"""Who may read, held for a second, unless a server process of this machine changes it.

Asking the database takes longer than finding a kept answer. All server processes of a machine look
at the same small file, which contains an epoch. Whoever changes permissions changes the epoch,
after the commit and before the response; what was asked in an earlier epoch is asked again. A
change that no server process here has made shows when the lease is over.
"""

import errno
import os
import secrets
import time
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from kinto_buildhub.anonymous.queries.permissions import (
    MAX_COLLECTIONS,
    Collection,
    PendingCollection,
)
from kinto_buildhub.search.index_names import IndexId

# A change that goes past the server's processes shows this late. So does one of a process that was
# killed between its commit and the new epoch; it had not acknowledged the change.
LEASE_SECONDS = 1.0

_EPOCH_BYTES = 16


class Permissions(Protocol):
    """What a fast path asks: the database, or leases in front of it."""

    def fetch_collection(self, index: IndexId) -> Collection | None:
        """See `PermissionQueries.fetch_collection`."""
        ...

    def send(self, index: IndexId) -> PendingCollection | None:
        """See `PermissionQueries.send`."""
        ...


class Epoch:
    """Bytes in a file; all processes of a machine see at once when they change.

    Args:
        path: created if it is not there.

    Raises:
        OSError: the file cannot be created or written, or has other content.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._file)
        size = os.fstat(self._file).st_size
        if size not in (0, _EPOCH_BYTES):
            raise FileExistsError(errno.EEXIST, "there is something else in it", str(path))
        if not size:
            self.advance()

    def current(self) -> bytes:
        """Return bytes that differ in each epoch."""
        return os.pread(self._file, _EPOCH_BYTES, 0)

    def advance(self) -> None:
        """Begin another epoch.

        Raises:
            OSError: the file cannot be written.
        """
        # No two are alike, so writers need no lock, and a reader that sees half of one takes it
        # for a change, which it is.
        os.pwrite(self._file, secrets.token_bytes(_EPOCH_BYTES), 0)


class LeasedPermissions:
    """Permissions that are asked for again only in another epoch, or after the lease.

    Args:
        permissions: asks the database.
        epoch: advanced with each change of permissions.
        lease_seconds: how long an answer is held.
        clock: of seconds.
    """

    def __init__(
        self,
        permissions: Permissions,
        epoch: Epoch,
        lease_seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._permissions, self._epoch = permissions, epoch
        self._clock = clock
        self.lease_seconds = lease_seconds
        self._held: dict[IndexId, tuple[bytes, float, Collection]] = {}

    def fetch_collection(self, index: IndexId) -> Collection | None:
        """See `PermissionQueries.fetch_collection`; asks the database."""
        return self._permissions.fetch_collection(index)

    def send(self, index: IndexId) -> PendingCollection | None:
        """See `PermissionQueries.send`; asks the database only where nothing is held."""
        # Both are read before the database is. If the epoch changes after that, the answer may be
        # from before the change; it is held under an epoch that never comes back.
        now, epoch = self._clock(), self._epoch.current()
        held = self._held.get(index)
        if held is not None and held[0] == epoch and now < held[1]:
            return partial(_return, held[2])
        pending = self._permissions.send(index)
        return None if pending is None else partial(self._hold, index, epoch, now, pending)

    def _hold(
        self, index: IndexId, epoch: bytes, now: float, pending: PendingCollection
    ) -> Collection | None:
        collection = pending()
        if collection is not None:
            if len(self._held) >= MAX_COLLECTIONS:
                self._held.clear()
            self._held[index] = epoch, now + self.lease_seconds, collection
        return collection


def _return(collection: Collection) -> Collection:
    return collection
