"""The one HTTP client for the archive: a limit on requests in flight, and retries."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp
import yarl

from buildhub.aio.http_errors import BROKEN, describe_error
from buildhub.aio.retries import BUSY_STATUSES, Busy, parse_wait_seconds, retry
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.hosts import refusing_other_servers
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
        body: None where nothing is at the URL, and where it is what the caller has already.
        etag: stands for this state of the thing; None where the archive gives none.
    """

    url: str
    status: int
    body: bytes | None
    etag: str | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether the caller's copy is as good as a new one."""
        return self.status == _NOT_MODIFIED


class Fetcher:
    """Fetches from the archive, a few requests at a time.

    Errors:
        Every method raises :class:`Unavailable` when the archive does not answer usefully, also
        after the retries. That a thing is absent is an answer, and final.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        parallel: int,
        retry_policy: RetryPolicy,
        largest_body_bytes: int = LARGEST_BODY_BYTES,
        account_headers: Mapping[str, str] | None = None,
        account_root: str = "",
    ) -> None:
        self._session = session
        self._account_headers, self._account_root = account_headers, account_root
        self._slots = asyncio.Semaphore(parallel)
        self._retry_policy = retry_policy
        self._largest_body_bytes = largest_body_bytes
        self.request_count = 0
        """How many requests were made so far, repeated ones too."""

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        known_etag: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the body at *url*, whole; without it where its ETag is the *known_etag*."""
        conditions = {"If-None-Match": known_etag} if known_etag else {}
        sent = {"Accept": accept, **conditions, **(headers or {})}

        async def attempt() -> Response:
            async with self._request("GET", url, sent) as response:
                etag = _etag(response.headers)
                if response.status in _ABSENT_STATUSES or response.status == _NOT_MODIFIED:
                    return Response(url, response.status, None, etag)
                chunks = response.content.iter_chunked(_CHUNK_BYTES)
                limited = bounded(chunks, self._largest_body_bytes, url)
                body = b"".join([chunk async for chunk in limited])
                return Response(url, response.status, body, etag)

        return await retry(self._retry_policy, attempt)

    async def download(
        self,
        url: str,
        target: Path,
        *,
        largest_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> bool:
        """Write what is at *url* to *target*. False where nothing is there.

        Raises:
            BadData: there is more than *largest_bytes*.
        """

        async def attempt() -> bool:
            async with self._request("GET", url, headers) as response:
                if response.status in _ABSENT_STATUSES:
                    return False
                chunks = response.content.iter_chunked(_CHUNK_BYTES)
                await write_chunks(bounded(chunks, largest_bytes, url), target)
                return True

        return await retry(self._retry_policy, attempt)

    async def head(self, url: str) -> Mapping[str, str] | None:
        """Return the headers of *url*, whatever their case, or None where nothing is there.

        Their length is the file's own, not that of a compressed response.
        """

        async def attempt() -> Mapping[str, str] | None:
            headers = {"Accept-Encoding": "identity"}
            async with self._request("HEAD", url, headers) as response:
                return None if response.status in _ABSENT_STATUSES else response.headers

        return await retry(self._retry_policy, attempt)

    async def fetch_size(self, url: str) -> int | None:
        """Return the exact size of what is at *url*, None where it is not known."""
        headers = await self.head(url)
        return None if headers is None else parse_length(headers)

    @asynccontextmanager
    async def _request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Make one attempt; the slot is free again while we wait for the next."""
        async with self._slots:
            self.request_count += 1
            try:
                # Addresses come encoded: yarl must not guess again.
                target = yarl.URL(url, encoded=True)
                if self._account_headers and url.startswith(self._account_root):
                    headers = {**(headers or {}), **self._account_headers}
                async with self._session.request(method, target, headers=headers) as response:
                    is_conditional = "If-None-Match" in (headers or {})
                    _raise_for_status(response, url, is_conditional=is_conditional)
                    yield response
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
    """Return the ``Content-Length`` of *headers*, None where it is no size of a file."""
    text = headers.get("Content-Length", "")
    # No more digits than the largest size has: Python refuses to read thousands of them.
    size = int(text) if text.isdecimal() and len(text) <= len(str(LARGEST_SIZE)) else None
    return size if size is not None and size <= LARGEST_SIZE else None


def address(root: str, path: str) -> str:
    """Return the address of *path* in the archive at *root*.

    ``+`` and ``:`` are encoded as well: object stores read a bare ``+`` as a space.
    """
    return root + quote(path)


@asynccontextmanager
async def open_fetcher(
    *,
    parallel: int,
    retry_policy: RetryPolicy,
    timeout_seconds: float,
    largest_body_bytes: int = LARGEST_BODY_BYTES,
    account: str | None = None,
    account_root: str = "",
) -> AsyncIterator[Fetcher]:
    """Open a client for as long as the context lasts.

    Args:
        parallel: the largest number of concurrent requests.
        retry_policy: how often a request is tried again.
        timeout_seconds: of one request.
        largest_body_bytes: limit for what is read into memory.
        account: ``user:password`` for URLs that start with *account_root*; None sends none.
        account_root: the archive's address.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=min(timeout_seconds, 30))
    async with aiohttp.ClientSession(
        timeout=timeout,
        headers={"User-Agent": USER_AGENT},
        connector=aiohttp.TCPConnector(limit=parallel),
        raise_for_status=False,
        trace_configs=[refusing_other_servers()],
    ) as session:
        headers = {}
        if account is not None:
            user, _, password = account.partition(":")
            headers["Authorization"] = aiohttp.encode_basic_auth(user, password, encoding="utf-8")
        yield Fetcher(
            session,
            account_headers=headers,
            account_root=account_root,
            parallel=parallel,
            retry_policy=retry_policy,
            largest_body_bytes=largest_body_bytes,
        )


def _raise_for_status(response: aiohttp.ClientResponse, url: str, *, is_conditional: bool) -> None:
    if response.status in BUSY_STATUSES:
        wait_seconds = parse_wait_seconds(response.headers)
        raise Busy(f"{url}: the archive answers {response.status}", wait_seconds)
    expected = _WHOLE_STATUSES | _ABSENT_STATUSES | ({_NOT_MODIFIED} if is_conditional else set())
    if response.status not in expected:
        raise Unavailable(f"{url}: the archive answers {response.status} {response.reason}")


def _etag(headers: Mapping[str, str]) -> str | None:
    """Return the ETag, None where there is none that could be kept and sent back."""
    etag = headers.get("ETag", "")
    fits = etag and etag.isascii() and etag.isprintable() and len(etag) <= _LONGEST_ETAG
    return etag if fits else None
