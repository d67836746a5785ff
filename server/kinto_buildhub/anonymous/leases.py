"""Who may read, held for a moment, unless somebody here has changed it meanwhile.

To ask the database takes longer than to find an answer that is kept. All server processes of a
machine look at the same small file, with a mark in it. Whoever changes what the database would say
changes the mark, after the change is committed and before it is acknowledged; what was asked before
then is asked again. A change that no server process here has made is seen when the moment is over.
"""

import errno
import os
import secrets
import time
import weakref
from functools import partial
from pathlib import Path

from kinto_buildhub.anonymous.permissions import MOST_COLLECTIONS, Answer, Collection, Readable

# A change that goes past the server's processes shows this late. So does one of a process that was
# killed between its commit and the mark; nobody was told that it had been made.
LEASE_SECONDS = 1.0

_MARK_BYTES = 16

_Key = tuple[str, str]


class Mark:
    """Bytes in a file that all processes of a machine see change at once.

    Args:
        path: made if it is not there.

    Raises:
        OSError: the file cannot be made, or written, or is another one.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._file)
        size = os.fstat(self._file).st_size
        if size not in (0, _MARK_BYTES):
            raise FileExistsError(errno.EEXIST, "there is something else in it", str(path))
        if not size:
            self.change()

    def read(self) -> bytes:
        """Return what is another after each change."""
        return os.pread(self._file, _MARK_BYTES, 0)

    def change(self) -> None:
        """Change it.

        Raises:
            OSError: the file cannot be written.
        """
        # No two are alike, so those who write at the same time need not know of each other, and
        # who sees half of one takes it for a change, which it is.
        os.pwrite(self._file, secrets.token_bytes(_MARK_BYTES), 0)


class Leased:
    """As `Readable`, which is asked only for what is not held.

    Args:
        readable: asks the database.
        mark: is changed with what the database would say.
    """

    def __init__(self, readable: Readable, mark: Mark) -> None:
        self._readable, self._mark = readable, mark
        self._held: dict[_Key, tuple[bytes, float, Collection]] = {}

    def find(self, bucket_id: str, collection_id: str) -> Collection | None:
        """As `Readable.find`."""
        return self._readable.find(bucket_id, collection_id)

    def ask(self, bucket_id: str, collection_id: str) -> Answer | None:
        """As `Readable.ask`."""
        key = (bucket_id, collection_id)
        # Both are looked at before the database is. If the mark is changed after that, the answer
        # may be from before the change; it is held under a mark that never comes back.
        now, mark = time.monotonic(), self._mark.read()
        held = self._held.get(key)
        if held is not None and held[0] == mark and now < held[1]:
            return partial(_same, held[2])
        answer = self._readable.ask(bucket_id, collection_id)
        return None if answer is None else partial(self._hold, key, mark, now, answer)

    def _hold(self, key: _Key, mark: bytes, now: float, answer: Answer) -> Collection | None:
        collection = answer()
        if collection is not None:
            if len(self._held) >= MOST_COLLECTIONS:
                self._held.clear()
            self._held[key] = mark, now + LEASE_SECONDS, collection
        return collection


def _same(collection: Collection) -> Collection:
    return collection
