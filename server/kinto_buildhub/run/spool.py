"""Bytes that wait for their reader: a few in memory, more in a temporary file."""

import threading
from tempfile import SpooledTemporaryFile

# Most bodies and answers are smaller. A thousand connections hold at most this much memory each.
MEMORY_BYTES = 64 * 1024


class SpoolSize:
    """The sum of what waits in all spools of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.total_bytes = 0

    def add(self, count: int) -> None:
        """Count *count* bytes more; fewer if it is negative."""
        with self._lock:
            self.total_bytes += count


class Spool:
    """A queue of bytes, written at its end and read from its start.

    Args:
        size: counts what waits here, too.
    """

    def __init__(self, size: SpoolSize) -> None:
        self._size = size
        self._file = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115
        self._read_bytes = self.written_bytes = 0

    @property
    def waiting_bytes(self) -> int:
        """The number of bytes that nobody has read yet."""
        return self.written_bytes - self._read_bytes

    def write(self, data: bytes | memoryview) -> None:
        """Append *data*.

        Raises:
            OSError: the disk is full.
        """
        self._file.seek(self.written_bytes)
        self._file.write(data)
        self.written_bytes += len(data)
        self._size.add(len(data))

    def peek(self, count: int) -> bytes:
        """Return up to *count* bytes from the start, and leave them there."""
        self._file.seek(self._read_bytes)
        return self._file.read(count)

    def skip(self, count: int) -> None:
        """Remove *count* bytes from the start."""
        self._read_bytes += count

    def rewound_file(self) -> "SpooledTemporaryFile[bytes]":
        """Return all that was written, as a file."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Drop it all."""
        self._size.add(-self.written_bytes)
        self.written_bytes = self._read_bytes = 0
        self._file.close()
