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

from buildhub.disk import writing
from buildhub.errors import BadData, Unavailable
from buildhub.retries import BROKEN, BUSY_STATUSES, Busy, asked_wait_seconds, describe, retrying

USER_AGENT = f"buildhub/{importlib.metadata.version('buildhub')}"

# The largest answer that we ask for into memory is a folder page; half a megabyte was the
# largest of them. Something far beyond is not what we asked for.
LARGEST_BODY_BYTES = 16 * 2**20

_ABSENT_STATUSES = frozenset({404, 410})
_NOT_MODIFIED = 304
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
                    etag = answer.headers.get("ETag")
                    if answer.status in _ABSENT_STATUSES or answer.status == _NOT_MODIFIED:
                        return Response(url, answer.status, None, etag)
                    return Response(url, answer.status, await _read_bounded(answer, url), etag)
        raise AssertionError("stamina returns or raises")

    async def download(self, url: str, target: Path) -> bool:
        """Write what is at *url* to *target*. False where there is no such thing."""
        async for attempt in retrying(self._retries):
            with attempt:
                async with self._ask(url) as answer:
                    if answer.status in _ABSENT_STATUSES:
                        return False
                    await write_chunks(answer.content.iter_chunked(_CHUNK_BYTES), target)
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

    async def size(self, url: str) -> int | None:
        """Return the exact size of what is at *url*, None where that cannot be told."""
        headers = await self.head(url)
        length = (headers or {}).get("Content-Length", "")
        return int(length) if length.isdecimal() else None

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
                    _judge(answer, url)
                    yield answer
            except BROKEN as exc:
                raise Busy(f"{url}: {describe(exc)}") from exc
            except aiohttp.ClientError as exc:
                raise Unavailable(f"{url}: {describe(exc)}") from exc


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


def _judge(answer: aiohttp.ClientResponse, url: str) -> None:
    if answer.status in BUSY_STATUSES:
        wait_seconds = asked_wait_seconds(answer.headers)
        raise Busy(f"{url}: the archive answers {answer.status}", wait_seconds)
    if answer.status >= 400 and answer.status not in _ABSENT_STATUSES:
        raise Unavailable(f"{url}: the archive answers {answer.status} {answer.reason}")


async def _read_bounded(answer: aiohttp.ClientResponse, url: str) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise BadData(f"{url}: more than {LARGEST_BODY_BYTES} bytes, expected a small file")
    return bytes(body)
