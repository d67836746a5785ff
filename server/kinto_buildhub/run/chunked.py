"""The chunked transfer coding (RFC 9112, section 7.1), decoded as the bytes come."""

from collections.abc import Generator

from gunicorn.http.body import CHUNK_EXT_RE
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    LimitRequestHeaders,
)

_MAX_SIZE_LINE_BYTES = 1024
_MAX_TRAILER_BYTES = 8192
_MAX_SIZE_DIGITS = 16
# Each chunk takes a few microseconds, whatever its size.
_MAX_TINY_CHUNKS = 2000
_TINY_BYTES = 8
_DIGITS = frozenset(b"0123456789abcdefABCDEF")


class ChunkedDecoder:
    """Takes what comes, and returns what it holds.

    Attributes:
        is_finished: the last chunk and the trailers have come.
        rest: what came after them, the beginning of another request.
        trailers: their lines as they came, "" if there are none.
    """

    def __init__(self) -> None:
        self.is_finished = False
        self.rest = b""
        self.trailers = b""
        self._buffer = bytearray()
        self._data = bytearray()
        self._steps = self._decode()
        next(self._steps)

    def feed(self, data: bytes | bytearray) -> bytes:
        """Return the part of the body that has come with *data*.

        Raises:
            ParseException: it is not in the coding.
        """
        self._buffer += data
        next(self._steps, None)
        found = bytes(self._data)
        self._data.clear()
        if self.is_finished:
            self.rest = bytes(self._buffer)
        return found

    def _decode(self) -> Generator[None, None, None]:
        """Decode what is in the buffer; yield where more is needed."""
        yield
        tiny_count = 0
        while size := _parse_size((yield from self._take_line())):
            tiny_count += size < _TINY_BYTES
            if tiny_count > _MAX_TINY_CHUNKS:
                raise InvalidChunkSize(b"too many chunks of less than %d bytes" % _TINY_BYTES)
            while size > 0:
                if not self._buffer:
                    yield
                    continue
                piece = self._buffer[:size]
                self._data += piece
                del self._buffer[: len(piece)]
                size -= len(piece)
            while len(self._buffer) < len(b"\r\n"):
                yield
            if not self._buffer.startswith(b"\r\n"):
                raise ChunkMissingTerminator(bytes(self._buffer[:2]))
            del self._buffer[:2]
        trailers = bytearray()
        while line := (yield from self._take_line()):
            trailers += line + b"\r\n"
            if len(trailers) > _MAX_TRAILER_BYTES:
                raise LimitRequestHeaders("limit request trailer section size")
        self.trailers = bytes(trailers.removesuffix(b"\r\n"))
        self.is_finished = True

    def _take_line(self) -> Generator[None, None, bytes]:
        while (end := self._buffer.find(b"\r\n", 0, _MAX_SIZE_LINE_BYTES)) < 0:
            if len(self._buffer) >= _MAX_SIZE_LINE_BYTES:
                raise InvalidChunkSize(
                    b"line over %d bytes with no terminator" % _MAX_SIZE_LINE_BYTES
                )
            yield
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line


def _parse_size(line: bytes) -> int:
    digits, has_extension, extension = line.partition(b";")
    if has_extension:
        digits = digits.rstrip(b" \t")
    if not digits or len(digits) > _MAX_SIZE_DIGITS or not _DIGITS.issuperset(digits):
        raise InvalidChunkSize(digits[:80])
    if has_extension and not CHUNK_EXT_RE.fullmatch(b";" + extension):
        raise InvalidChunkExtension("invalid chunk extension")
    return int(digits, 16)
