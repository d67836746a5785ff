"""Counts of requests by key, in memory that all server processes of a machine share.

A limit that each process counts for itself is as many times too large as there are processes, and a
database takes longer than an answer of the fast path. Here a count is found in a table of fixed
size: a file that is mapped into each process. A key belongs to one row of eight places; if all are
taken, the one with the smallest count is forgotten, so a million addresses that ask once each take
no memory, and do not make the server forget one that asks often.

Processes take no lock. Two that count the same key in the same microsecond may count one request;
a process that is stopped or killed holds up nobody.
"""

import errno
import hashlib
import mmap
import os
import secrets
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from kinto_buildhub.setting_parsers import LONGEST_WINDOW_SECONDS

ROWS = 1 << 14
PLACES = 8

_HEADER = 16  # The secret: nobody can choose keys that meet in one row.
_PLACE = struct.Struct("<QdQ")  # Tag of the key, end of its window, count.
_EMPTY = 0
_SIZE = _HEADER + ROWS * PLACES * _PLACE.size


class Count(NamedTuple):
    """What a key has used.

    Attributes:
        used: the number of requests in the window, the present one included.
        reset_seconds: until the window ends.
    """

    used: int
    reset_seconds: float


class Counters:
    """The table.

    Args:
        path: the file, which is created if it is not there; None: the process counts for itself.
        clock: of seconds, the same in all processes.

    Raises:
        OSError: the file cannot be created or written, or has other content.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._memory = mmap.mmap(-1, _SIZE) if path is None else _map_file(path)
        if path is None:
            self._memory[:_HEADER] = secrets.token_bytes(_HEADER)
        self._secret = bytes(self._memory[:_HEADER])

    def hit(self, key: str, window_seconds: int) -> Count:
        """Count a request.

        A window begins with the first request of a key, and is over for all of them at once.
        """
        now = self._clock()
        digest = hashlib.blake2b(key.encode(), digest_size=16, key=self._secret).digest()
        row = int.from_bytes(digest[:8], "little") % ROWS
        tag = int.from_bytes(digest[8:], "little") or 1
        with self._lock:
            return self._hit(_HEADER + row * PLACES * _PLACE.size, tag, now, window_seconds)

    def _hit(self, row: int, tag: int, now: float, window_seconds: int) -> Count:
        memory = self._memory
        chosen, least = row, sys.maxsize
        for place in range(row, row + PLACES * _PLACE.size, _PLACE.size):
            found, end, count = _PLACE.unpack_from(memory, place)
            # The clock may have been set back since.
            is_current = now < end <= now + LONGEST_WINDOW_SECONDS
            if found == tag:
                if is_current:
                    _PLACE.pack_into(memory, place, tag, end, count + 1)
                    return Count(count + 1, end - now)
                chosen = place
                break
            weight = count if is_current else 0
            if weight < least:
                chosen, least = place, weight
        # Empty first: another process must not find the old count under the new key.
        _PLACE.pack_into(memory, chosen, _EMPTY, 0.0, 0)
        _PLACE.pack_into(memory, chosen, tag, now + window_seconds, 1)
        return Count(1, float(window_seconds))


def _map_file(path: Path) -> mmap.mmap:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.lockf(file, os.F_LOCK, 0)  # Until it is closed.
        size = os.fstat(file).st_size
        if size not in (0, _SIZE):
            raise FileExistsError(errno.EEXIST, "there is something else in it", str(path))
        if not size:
            os.pwrite(file, secrets.token_bytes(_HEADER), 0)
            os.ftruncate(file, _SIZE)
        return mmap.mmap(file, _SIZE)
    finally:
        os.close(file)
