"""The one client that asks the archive: bounded, patient, and honest about its name."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp
import yarl

from buildhub.aio.retries import (
    BROKEN,
    BUSY_STATUSES,
    Busy,
    asked_wait_seconds,
    describe_error,
    retrying,
)
from buildhub.errors import BadData, Unavailable
from buildhub.rules.entry import LARGEST_SIZE
from buildhub.temporary_files import writing

USER_AGENT = f"buildhub/{importlib.metadata.version('buildhub')}"

# The largest answer that we ask for into memory is a folder page; half a megabyte was the
# largest of them. Something far beyond is not what we asked for.
LARGEST_BODY_BYTES = 16 * 2**20

# The archive's are digests, of 64 characters at most.
_LONGEST_ETAG = 256

_ABSENT_STATUSES = frozenset({404, 410})
_NOT_MODIFIED = 304

# Whole answers. A part that nobody asked for, or a redirect to nowhere, is none.
_WHOLE_STATUSES = frozenset({200, 203})
_CHUNK_BYTES = 2**18


@dataclass(frozen=True, slots=True)
class Response:
    """What the archive answered.

    Attributes:
        body: None where there is no such thing, and where it is what the caller has already.
        etag: stands for this state of the thing; None where the archive gives none.
    """

    url: str
    status: int
    body: bytes | None
    etag: str | None = None

    @property
    def is_unchanged(self) -> bool:
        """Tell whether the caller's copy is as good as a new one."""
        return self.status == _NOT_MODIFIED


class Fetcher:
    """Asks the archive for things, a few at a time.

    Errors:
        Every method raises :class:`Unavailable` when the archive does not answer usefully, also
        after the retries. That a thing is absent is an answer, and final.
    """

    def __init__(self, session: aiohttp.ClientSession, *, parallel: int, retries: int) -> None:
        self._session = session
        self._slots = asyncio.Semaphore(parallel)
        self._retries = retries
        self.request_count = 0
        """How many requests were made so far, repeated ones too."""

    async def get(
        self, url: str, *, accept: str = "*/*", known_etag: str | None = None
    ) -> Response:
        """Return the body at *url*, whole; without it where its ETag is the *known_etag*."""
        headers = {"Accept": accept} | ({"If-None-Match": known_etag} if known_etag else {})
        async for attempt in retrying(self._retries):
            with attempt:
                async with self._ask(url, headers=headers) as answer:
                    etag = _etag(answer.headers)
                    if answer.status in _ABSENT_STATUSES or answer.status == _NOT_MODIFIED:
                        return Response(url, answer.status, None, etag)
                    return Response(url, answer.status, await _read_bounded(answer, url), etag)
        raise AssertionError("stamina returns or raises")

    async def download(self, url: str, target: Path, *, largest_bytes: int) -> bool:
        """Write what is at *url* to *target*. False where there is no such thing.

        Raises:
            BadData: there is more than *largest_bytes*.
        """
        async for attempt in retrying(self._retries):
            with attempt:
                async with self._ask(url) as answer:
                    if answer.status in _ABSENT_STATUSES:
                        return False
                    chunks = bounded(answer.content.iter_chunked(_CHUNK_BYTES), largest_bytes, url)
                    await write_chunks(chunks, target)
                    return True
        raise AssertionError("stamina returns or raises")

    async def head(self, url: str) -> Mapping[str, str] | None:
        """Return the headers of *url*, whatever their case, or None where there is no such thing.

        The length that they tell is the file's own, not that of a packed answer.
        """
        headers = {"Accept-Encoding": "identity"}
        async for attempt in retrying(self._retries):
            with attempt:
                async with self._ask(url, method="HEAD", headers=headers) as answer:
                    return None if answer.status in _ABSENT_STATUSES else answer.headers
        raise AssertionError("stamina returns or raises")

    async def fetch_size(self, url: str) -> int | None:
        """Return the exact size of what is at *url*, None where that cannot be told."""
        headers = await self.head(url)
        return None if headers is None else parse_length(headers)

    @asynccontextmanager
    async def _ask(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Make one attempt; the slot is free again while we wait for the next."""
        async with self._slots:
            self.request_count += 1
            try:
                # Addresses come encoded: yarl must not guess again.
                target = yarl.URL(url, encoded=True)
                async with self._session.request(method, target, headers=headers) as answer:
                    _judge(answer, url, conditional="If-None-Match" in (headers or {}))
                    yield answer
            except BROKEN as exc:
                raise Busy(f"{url}: {describe_error(exc)}") from exc
            except (aiohttp.ClientError, UnicodeError) as exc:
                # A redirect may lead to what can be no host's name.
                raise Unavailable(f"{url}: {describe_error(exc)}") from exc


async def bounded(
    chunks: AsyncIterator[bytes], largest_bytes: int, name: str
) -> AsyncIterator[bytes]:
    """Yield *chunks* of a body, as long as they are no more than they may be.

    Raises:
        BadData: they are; names the thing.
    """
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > largest_bytes:
            raise BadData(f"{name}: more than the {largest_bytes} bytes that it may have")
        yield chunk


async def write_chunks(chunks: AsyncIterator[bytes], target: Path) -> None:
    """Write a body to a file as it comes.

    Raises:
        DiskFailure: the file cannot be written.
    """
    with writing(target):
        file = target.open("wb")
    with file:
        async for chunk in chunks:
            with writing(target):
                file.write(chunk)
                file.flush()


def parse_length(headers: Mapping[str, str]) -> int | None:
    """Return the ``Content-Length`` of *headers*, None where it tells no size that a file has."""
    told = headers.get("Content-Length", "")
    # No more digits than the largest size has: Python refuses to read thousands of them.
    size = int(told) if told.isdecimal() and len(told) <= len(str(LARGEST_SIZE)) else None
    return size if size is not None and size <= LARGEST_SIZE else None


def address(root: str, path: str) -> str:
    """Return the address of *path* in the archive at *root*.

    ``+`` and ``:`` are encoded as well: object stores read a bare ``+`` as a space.
    """
    return root + quote(path)


@asynccontextmanager
async def open_fetcher(
    *, parallel: int, retries: int, timeout_seconds: float
) -> AsyncIterator[Fetcher]:
    """Open a client for as long as the context lasts."""
    timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=min(timeout_seconds, 30))
    async with aiohttp.ClientSession(
        timeout=timeout,
        headers={"User-Agent": USER_AGENT},
        connector=aiohttp.TCPConnector(limit=parallel),
        raise_for_status=False,
    ) as session:
        yield Fetcher(session, parallel=parallel, retries=retries)


def _judge(answer: aiohttp.ClientResponse, url: str, *, conditional: bool) -> None:
    if answer.status in BUSY_STATUSES:
        wait_seconds = asked_wait_seconds(answer.headers)
        raise Busy(f"{url}: the archive answers {answer.status}", wait_seconds)
    expected = _WHOLE_STATUSES | _ABSENT_STATUSES | ({_NOT_MODIFIED} if conditional else set())
    if answer.status not in expected:
        raise Unavailable(f"{url}: the archive answers {answer.status} {answer.reason}")


async def _read_bounded(answer: aiohttp.ClientResponse, url: str) -> bytes:
    chunks = answer.content.iter_chunked(_CHUNK_BYTES)
    return b"".join([chunk async for chunk in bounded(chunks, LARGEST_BODY_BYTES, url)])


def _etag(headers: Mapping[str, str]) -> str | None:
    """Return the ETag, None where there is none that could be kept and sent back."""
    etag = headers.get("ETag", "")
    fits = etag and etag.isascii() and etag.isprintable() and len(etag) <= _LONGEST_ETAG
    return etag if fits else None
