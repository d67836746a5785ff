"""The content codings that answers are sent in.

gzip by ISA-L, which takes a tenth of the time of zlib for the same size, and zstd by the module of
Python 3.14's standard library, which older versions have as a package.
"""

import sys
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from isal import isal_zlib

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Higher levels take longer and save nothing: the records of a list resemble each other.
_LEVEL = 1
# Of zlib's parameter: the largest window, in gzip's format.
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Stream(Protocol):
    """Compresses a body that comes in pieces."""

    def add(self, piece: bytes) -> bytes:
        """Return all that a client needs to read the body as far as it has come."""

    def end(self) -> bytes:
        """Return the end."""


class Coding(NamedTuple):
    """A content coding.

    Attributes:
        name: as in ``Content-Encoding``.
        compress: compresses a whole body.
        stream: starts a body that comes in pieces.
        zeros: what tells its entity tags from those of other codings.
    """

    name: str
    compress: Callable[[bytes], bytes]
    stream: Callable[[], Stream]
    zeros: str


class _GzipStream:
    def __init__(self) -> None:
        self._compressor = isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def add(self, piece: bytes) -> bytes:
        start: bytes = self._compressor.compress(piece)
        return start + bytes(self._compressor.flush(zlib.Z_SYNC_FLUSH))

    def end(self) -> bytes:
        return bytes(self._compressor.flush())


class _ZstdStream:
    def __init__(self) -> None:
        self._compressor = zstd.ZstdCompressor(_LEVEL)

    def add(self, piece: bytes) -> bytes:
        return self._compressor.compress(piece, mode=zstd.ZstdCompressor.FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._compressor.flush()


def _gzip(body: bytes) -> bytes:
    return bytes(isal_zlib.compress(body, _LEVEL, _GZIP_WINDOW))


def _zstd(body: bytes) -> bytes:
    return zstd.compress(body, _LEVEL)


CODINGS: Mapping[str, Coding] = MappingProxyType(
    {
        each.name: each
        for each in (
            Coding("gzip", _gzip, _GzipStream, "0"),
            Coding("zstd", _zstd, _ZstdStream, "00"),
        )
    }
)
