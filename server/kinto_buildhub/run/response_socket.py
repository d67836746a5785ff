"""Where Gunicorn writes an answer: into the socket, and the rest into a spool."""

import socket

from kinto_buildhub.run.spool import Spool, SpoolSize

_PIECE_BYTES = 256 * 1024

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
        self._unsent: Spool | None = None
        self._is_held = self._is_chunked = False
        self.sent_bytes = 0
        self.is_closed = False

    @property
    def unsent_bytes(self) -> int:
        """The number of bytes that the client has not taken yet."""
        return self._unsent.waiting_bytes if self._unsent is not None else 0

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
        if self._head:
            data, self._head = self._head, b""
            self._write(data)
        self._has_begun = False
        return self.flush()

    def flush(self) -> bool:
        """Send what waits, as far as the client takes it now; return whether all is sent.

        Raises:
            OSError: the client has gone.
        """
        while self._unsent is not None:
            piece = self._unsent.peek(_PIECE_BYTES)
            count = self._send(piece)
            self._unsent.skip(count)
            if count < len(piece):
                return False
            if not self._unsent.waiting_bytes:
                self._unsent.close()
                self._unsent = None
        return True

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
        if self._unsent is not None:
            self._unsent.close()
            self._unsent = None

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        if self.flush():
            while rest and (count := self._send(rest)):
                rest = rest[count:]
        if rest:
            if self._unsent is None:
                self._unsent = Spool(self._size)
            self._unsent.write(rest)

    def _send(self, data: bytes | memoryview) -> int:
        try:
            count = self._socket.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        self.sent_bytes += count
        return count
