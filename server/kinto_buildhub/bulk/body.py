"""The body of a request, read into chunks of lines in bounded memory."""

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions

# Small, because a WSGI server fills a block before it returns it.
_BLOCK_BYTES = 16 * 1024

# zlib's value for: a gzip header is required.
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class ReadableBody(Protocol):
    """A body, as far as it is used here."""

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, none at the end."""


class SeekableBody(ReadableBody, Protocol):
    """A body that can be read twice."""

    def seek(self, position: int, /) -> object:
        """Go to a position."""


def too_large(max_bytes: int) -> httpexceptions.HTTPException:
    """Return the error for a body over the limit."""
    return http_error(
        httpexceptions.HTTPRequestEntityTooLarge(),
        errno=ERRORS.REQUEST_TOO_LARGE,
        message=f"The body is larger than {max_bytes} bytes (kinto.bulk.max_request_bytes, "
        "decompressed): send the records in several requests.",
    )


def check_line_count(body: SeekableBody, *, is_gzip: bool, max_bytes: int, max_lines: int) -> None:
    """Check that there are not too many lines, before the first is parsed.

    Counting takes a thousandth of the time that even useless lines take. All else that is wrong is
    left to whoever reads the lines.

    Raises:
        HTTPRequestEntityTooLarge: there are more than *max_lines*.
    """
    blocks = _read_blocks(body)
    size_bytes = line_count = 0
    with suppress(httpexceptions.HTTPBadRequest):
        for block in _decompress(blocks) if is_gzip else blocks:
            size_bytes += len(block)
            line_count += block.count(b"\n")
            if line_count > max_lines:
                raise _too_many_lines(max_lines)
            if size_bytes > max_bytes:
                break
    body.seek(0)


def iter_blocks(
    body: ReadableBody,
    *,
    is_gzip: bool,
    max_bytes: int,
    timeout_seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """Yield the body in pieces, decompressed.

    Args:
        max_bytes: after decompression.
        timeout_seconds: for all pieces, and for what is done with them.
        clock: of seconds.

    Raises:
        HTTPRequestEntityTooLarge: it is longer than *max_bytes*.
        HTTPBadRequest: it breaks off, or is not gzip although it should be.
        HTTPServiceUnavailable: the time is over.
    """
    deadline = clock() + timeout_seconds
    blocks = _read_blocks(body)
    size_bytes = 0
    for block in _decompress(blocks) if is_gzip else blocks:
        size_bytes += len(block)
        if size_bytes > max_bytes:
            raise too_large(max_bytes)
        if clock() > deadline:
            raise _too_slow(timeout_seconds)
        yield block


def iter_lines(
    blocks: Iterator[bytes], *, max_line_bytes: int, max_lines: int
) -> Iterator[bytes | None]:
    """Yield the lines that are not blank, without their ends; None for one over the limit.

    Raises:
        HTTPRequestEntityTooLarge: there are more than *max_lines*, blank ones included.
    """
    pending = b""
    line_count = 0
    for block in blocks:
        first, *others = block.split(b"\n")
        line_count += len(others)
        if line_count > max_lines:
            raise _too_many_lines(max_lines)
        pending += first
        for following in others:
            yield from _unless_blank(pending, max_line_bytes)
            pending = following
        # This much is enough to know that a line is too long.
        pending = pending[: max_line_bytes + 1]
    yield from _unless_blank(pending, max_line_bytes)


def iter_chunks(
    lines: Iterator[bytes | None], *, size: int, size_bytes: int
) -> Iterator[list[bytes | None]]:
    """Yield lists of up to *size* lines, shorter when they hold *size_bytes* together."""
    chunk: list[bytes | None] = []
    held_bytes = 0
    for line in lines:
        chunk.append(line)
        held_bytes += len(line or b"")
        if len(chunk) >= size or held_bytes >= size_bytes:
            yield chunk
            chunk, held_bytes = [], 0
    if chunk:
        yield chunk


def _unless_blank(line: bytes, max_line_bytes: int) -> Iterator[bytes | None]:
    if len(line) > max_line_bytes:
        yield None
    elif not line.isspace() and line:
        yield line


def _read_blocks(body: ReadableBody) -> Iterator[bytes]:
    size_bytes = 0
    while True:
        try:
            block = body.read(_BLOCK_BYTES)
        except OSError as exc:
            raise _bad_body(f"breaks off after {size_bytes} bytes ({exc})") from exc
        if not block:
            return
        size_bytes += len(block)
        yield block


def _decompress(blocks: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    is_fresh = True
    for block in blocks:
        rest = block
        while rest:
            is_fresh = False
            try:
                # Bounded: a block of zeros grows a thousandfold.
                yield inflater.decompress(rest, _BLOCK_BYTES)
            except zlib.error as exc:
                raise _bad_body(f"is not gzip as Content-Encoding says ({exc})") from exc
            rest = inflater.unconsumed_tail
            if inflater.eof:
                # Gzip files may follow each other.
                rest = inflater.unused_data
                inflater = zlib.decompressobj(_GZIP_WINDOW)
                is_fresh = True
    while not is_fresh and not inflater.eof:
        block = inflater.decompress(b"", _BLOCK_BYTES)
        if not block:
            raise _bad_body("breaks off in the middle of its gzip data")
        yield block


def _too_many_lines(max_lines: int) -> httpexceptions.HTTPException:
    return http_error(
        httpexceptions.HTTPRequestEntityTooLarge(),
        errno=ERRORS.REQUEST_TOO_LARGE,
        message=f"The body has more than {max_lines} lines (kinto.bulk.max_lines): send the "
        "records in several requests.",
    )


def _too_slow(timeout_seconds: float) -> httpexceptions.HTTPException:
    return http_error(
        httpexceptions.HTTPServiceUnavailable(),
        errno=ERRORS.BACKEND,
        message=f"The request takes longer than {timeout_seconds:g} s "
        "(kinto.bulk.timeout_seconds): send the records in several requests.",
    )


def _bad_body(reason: str) -> httpexceptions.HTTPException:
    return http_error(
        httpexceptions.HTTPBadRequest(),
        errno=ERRORS.INVALID_PARAMETERS,
        message=f"The body {reason}.",
    )
