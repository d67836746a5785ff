"""A request from the bytes of its connection, as they come, without waiting for any."""

import io
from collections.abc import Callable
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.util import unquote_to_wsgi_str

from kinto_buildhub.run.chunked import ChunkedDecoder
from kinto_buildhub.run.spool import MEMORY_BYTES, Spool, SpoolSize

# All headers together. Browsers send one or two KB.
MAX_HEAD_BYTES = 32 * 1024

_END_OF_HEAD = b"\r\n\r\n"


class Receiver:
    """Collects a request at a time.

    Gunicorn's parser reads the head once it is complete. The body is collected in memory, or from
    some size on in a temporary file; the application gets it with a ``Content-Length``, however it
    was sent. A body over its limit is not collected: the application gets the request without it,
    and with a ``Content-Length`` above the limit, to refuse it in its own words.

    Args:
        cfg: Gunicorn's settings.
        client: the address of the client.
        max_body_bytes: returns the limit of a body by the path of the request.
        size: counts what waits in all bodies.
    """

    def __init__(
        self, cfg: Any, client: Any, *, max_body_bytes: Callable[[str], int], size: SpoolSize
    ) -> None:
        self._cfg, self._client = cfg, client
        self._max_body_bytes = max_body_bytes
        self._size = size
        self._buffer = bytearray()
        self._searched_bytes = 0
        self._count = 0
        self._request: Any = None
        self._limit = 0
        self._missing_bytes: int | None = None
        self._chunks: ChunkedDecoder | None = None
        self._body: Spool | None = None
        self.received_bytes = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come."""
        return self._request is None and not self._buffer

    @property
    def has_head(self) -> bool:
        """Whether the head has come, and the body is missing."""
        return self._request is not None

    @property
    def waits_for_continue(self) -> bool:
        """Whether the client waits to hear that it may send the body."""
        return self._request is not None and bool(self._request._expected_100_continue)

    def take_continue(self) -> bool:
        """Return, once, whether the client waits to hear that it may send the body."""
        if not self.waits_for_continue:
            return False
        self._request._expected_100_continue = False
        return True

    def feed(self, data: bytes) -> Any:
        """Take what came; return Gunicorn's request when it is complete, else None.

        Call it with nothing to get a request that has come together with the one before.

        Raises:
            ParseException: it is not a request.
            OSError: the disk is full.
        """
        self._buffer += data
        self.received_bytes += len(data)
        if self._request is None:
            if not self._has_whole_head():
                return None
            self._read_head()
        return self._read_body()

    def release(self) -> None:
        """Drop the request's body, which the application has read."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _has_whole_head(self) -> bool:
        buffer = self._buffer
        if not buffer:
            return False
        end = buffer.find(_END_OF_HEAD, max(0, self._searched_bytes - 3))
        self._searched_bytes = len(buffer)
        if end >= 0 or len(buffer) > MAX_HEAD_BYTES:
            return True
        # Without carriage returns it would never end; the parser says what is wrong.
        has_bare_newline = buffer.count(b"\n") != buffer.count(b"\r\n")
        is_long_line = b"\n" not in buffer and len(buffer) > self._cfg.limit_request_line + 2
        return has_bare_newline or is_long_line

    def _read_head(self) -> None:
        end = self._buffer.find(_END_OF_HEAD)
        stop = len(self._buffer) if end < 0 else end + len(_END_OF_HEAD)
        head = bytes(self._buffer[:stop])
        del self._buffer[:stop]
        self._searched_bytes = 0
        self._count += 1
        if stop > MAX_HEAD_BYTES + len(_END_OF_HEAD):
            head = head[:MAX_HEAD_BYTES]
        try:
            request = Request(self._cfg, IterUnreader([head]), self._client, self._count)
        except (NoMoreData, StopIteration) as exc:
            raise LimitRequestHeaders("max buffer headers") from exc
        self._limit = self._max_body_bytes(unquote_to_wsgi_str(request.path))
        reader = request.body.reader
        self._chunks = ChunkedDecoder() if isinstance(reader, ChunkedReader) else None
        self._missing_bytes = None if self._chunks else reader.length
        self._request = request

    def _read_body(self) -> Any:
        if self._chunks is not None:
            return self._read_chunks(self._chunks)
        missing = self._missing_bytes or 0
        if missing > self._limit and self._body is None:
            return self._finish_without_body(missing)
        if self._body is None and len(self._buffer) >= missing and missing <= MEMORY_BYTES:
            body = io.BytesIO(self._buffer[:missing])
            del self._buffer[:missing]
            return self._finish(body)
        piece = self._buffer[:missing]
        del self._buffer[: len(piece)]
        spool = self._collect(bytes(piece))
        self._missing_bytes = missing - len(piece)
        return None if self._missing_bytes else self._finish(spool.rewound_file())

    def _read_chunks(self, chunks: ChunkedDecoder) -> Any:
        data = chunks.feed(bytes(self._buffer))
        self._buffer.clear()
        spool = self._collect(data)
        collected = spool.written_bytes
        if collected > self._limit:
            return self._finish_without_body(collected)
        if not chunks.is_finished:
            return None
        if chunks.trailers:
            self._request.parse_headers(chunks.trailers, from_trailer=True)
        self._buffer += chunks.rest
        self._set_length(collected)
        return self._finish(spool.rewound_file())

    def _collect(self, data: bytes) -> Spool:
        if self._body is None:
            self._body = Spool(self._size)
        if data:
            self._body.write(data)
        return self._body

    def _finish_without_body(self, length: int) -> Any:
        self.release()
        # Where the next request starts is unknown.
        self._buffer.clear()
        self._request.force_close()
        self._request._expected_100_continue = False
        self._set_length(length)
        return self._finish(io.BytesIO())

    def _set_length(self, length: int) -> None:
        self._request.headers = [
            (name, value)
            for name, value in self._request.headers
            if name not in ("TRANSFER-ENCODING", "CONTENT-LENGTH")
        ] + [("CONTENT-LENGTH", str(length))]

    def _finish(self, body: Any) -> Any:
        request, self._request, self._chunks = self._request, None, None
        request.body = body
        return request
