"""Where Gunicorn writes an answer: into the socket, and the rest into a spool.

Files are not written into it, but sent from where they are.
"""

import socket
from collections import deque
from typing import IO

from kinto_buildhub.run.file_part import FilePart
from kinto_buildhub.run.spool import Spool, SpoolSize

_PIECE_BYTES = 256 * 1024

# A client that reads as quickly as a file is read must not keep others waiting meanwhile.
_MOST_AT_ONCE_BYTES = 2 * 1024 * 1024

# What Gunicorn writes at the end of a body in chunks.
_LAST_CHUNK = b"0\r\n\r\n"


class ResponseSocket:
    """The part of a socket that Gunicorn uses. It never waits for the client.

    Args:
        connection: the socket, not blocking.
        size: counts what waits in all spools.
    """

    def __init__(self, connection: socket.socket, size: SpoolSize) -> None:
        self._socket = connection
        self._size = size
        self._has_begun = False
        self._head = b""
        self._unsent: deque[Spool | FilePart] = deque()
        self._is_held = self._is_chunked = False
        self.sent_bytes = 0
        self.is_closed = False

    @property
    def unsent_bytes(self) -> int:
        """The number of bytes that the client has not taken yet."""
        return sum(each.waiting_bytes for each in self._unsent)

    @property
    def spooled_bytes(self) -> int:
        """The number of those that are kept for it alone."""
        return sum(each.waiting_bytes for each in self._unsent if isinstance(each, Spool))

    def sendall(self, data: bytes) -> None:
        """Send *data*, or keep it. The first of an answer waits for the next, to go with it.

        Raises:
            OSError: the client has gone, or the disk is full.
        """
        if self._is_held and data == _LAST_CHUNK:
            self._is_chunked = True
            return
        if not self._has_begun:
            self._has_begun, self._head = True, data
            return
        if self._head:
            data, self._head = self._head + data, b""
        self._write(data)

    def sendfile(self, file: IO[bytes], offset: int, count: int) -> int:
        """See socket.socket: send a part of a file, or keep in mind to do so."""
        self._write_head()
        self._unsent.append(FilePart(file, offset, count))
        return count

    def hold(self) -> None:
        """Leave the answer open: keep its end from the client until :meth:`end_parts`."""
        self._is_held = True

    def send_part(self, data: bytes) -> None:
        """Send more of an answer that is left open; it must not be empty.

        Raises:
            OSError: the client has gone, or the disk is full.
        """
        self._write(b"%X\r\n%s\r\n" % (len(data), data) if self._is_chunked else data)

    def end_parts(self) -> None:
        """End an answer that is left open.

        Raises:
            OSError: the client has gone, or the disk is full.
        """
        if self._is_chunked:
            self._write(_LAST_CHUNK)

    def finish(self) -> bool:
        """Send what is left of an answer, without waiting; return whether all is sent.

        Raises:
            OSError: the client has gone.
        """
        self._write_head()
        self._has_begun = False
        return self.flush()

    def flush(self) -> bool:
        """Send what waits, as far as the client takes it now; return whether all is sent.

        Of much, some is left for the next time.

        Raises:
            OSError: the client has gone, or a file cannot be read.
        """
        left_bytes = _MOST_AT_ONCE_BYTES
        while self._unsent and left_bytes > 0:
            first = self._unsent[0]
            piece = first.peek(_PIECE_BYTES)
            count = self._send(piece)
            first.skip(count)
            if count < len(piece):
                return False
            if not first.waiting_bytes:
                self._unsent.popleft().close()
            left_bytes -= count
        return not self._unsent

    def has_client_left(self) -> bool:
        """Return whether the client has closed its side of the connection.

        What it has sent beyond the request hides that.
        """
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def gettimeout(self) -> float:
        """See socket.socket: it does not block."""
        return 0.0

    def shutdown(self, how: int) -> None:
        """See socket.socket. Gunicorn calls it to break off an answer."""
        self.is_closed = True
        raise OSError("broken off")

    def close(self) -> None:
        """Break off the answer: drop what waits."""
        self.is_closed = True
        self._head = b""
        while self._unsent:
            self._unsent.popleft().close()

    def _write_head(self) -> None:
        if self._head:
            data, self._head = self._head, b""
            self._write(data)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        if self.flush():
            while rest and (count := self._send(rest)):
                rest = rest[count:]
        if rest:
            self._spool().write(rest)

    def _spool(self) -> Spool:
        """Return what comes after all that waits."""
        last = self._unsent[-1] if self._unsent else None
        if not isinstance(last, Spool):
            last = Spool(self._size)
            self._unsent.append(last)
        return last

    def _send(self, data: bytes | memoryview) -> int:
        try:
            count = self._socket.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        self.sent_bytes += count
        return count
