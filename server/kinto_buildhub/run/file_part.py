"""A part of a file that waits for its reader, where it is: nothing of it is copied."""

import os
from typing import IO


class FilePart:
    """The bytes of a file from an offset on, read from their start, as from a spool.

    Args:
        file: it may be closed afterwards.
        offset: of the first byte.
        count: number of bytes.
    """

    def __init__(self, file: IO[bytes], offset: int, count: int) -> None:
        self._descriptor = os.dup(file.fileno())
        self._offset = offset
        self.waiting_bytes = count

    def peek(self, count: int) -> bytes:
        """Return up to *count* bytes from the start, and leave them there.

        Raises:
            OSError: the file has become shorter, so the answer cannot be completed.
        """
        data = os.pread(self._descriptor, min(count, self.waiting_bytes), self._offset)
        if not data:
            raise OSError("a file became shorter while it was sent")
        return data

    def skip(self, count: int) -> None:
        """Remove *count* bytes from the start."""
        self._offset += count
        self.waiting_bytes -= count

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
