"""Sends questions over aiohttp, for asynchronous programs."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp

from buildhub.aio.http_errors import BROKEN, describe_error
from buildhub.aio.retries import BUSY_STATUSES, Busy, parse_wait_seconds, retry
from buildhub.client.downloads import CHUNK_BYTES, PartialFile, check_download, check_end
from buildhub.client.errors import BuildhubError
from buildhub.client.exchange import Answer, Question
from buildhub.client.options import CONNECT_SECONDS, USER_AGENT, Options
from buildhub.client.transport import logger

Value = TypeVar("Value")


class AsyncTransport:
    """As :class:`buildhub.client.transport.Transport`, for one event loop."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._cache = options.open_cache()
        self._session: aiohttp.ClientSession | None = None
        self._wait_until = 0.0

    async def ask(self, question: Question[Value]) -> Value:
        """Return the value of the answer; raise as `Transport.ask` does."""
        try:
            return question.answered(await self._send_or_keep(question))
        except BuildhubError as exc:
            logger.error("%s", exc)
            raise

    async def download(self, url: str, file: PartialFile) -> None:
        """Do as `Transport.download`."""

        async def attempt() -> None:
            await self._download_once(url, file)

        await retry(self._options.retry_policy, attempt)

    @asynccontextmanager
    async def stream(
        self, question: Question[Any], *, silence_seconds: float
    ) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        """Send a question once, and yield the pieces of an answer that stays open.

        Args:
            silence_seconds: how long nothing may come.

        Raises:
            RequestError: the answer is an error.
            Busy: the server does not answer, or the connection breaks.
        """
        url = question.url(self._options.root)
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=silence_seconds)
        try:
            async with self._open_session().request(
                question.method,
                url,
                headers=self._options.headers(question, url),
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                if response.status != HTTPStatus.OK:
                    body = await response.read()
                    answer = Answer(url, response.status, response.headers, body)
                    _check_not_busy(answer)
                    answer.check()
                yield _pieces(response)
        except (*BROKEN, aiohttp.ClientError) as exc:
            raise Busy(f"{url}: {describe_error(exc)}") from exc

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._cache is not None:
            self._cache.close()

    async def _send_or_keep(self, question: Question[Any]) -> Answer:
        """Do as `Transport._send_or_keep`; the disk does not hold the event loop up."""
        cache = self._cache
        if cache is None:
            return await self._send(question)
        url = question.url(self._options.root)
        kept = await asyncio.to_thread(cache.find, url, question)
        answer = await self._send(question if kept is None else kept.asked_again(question))
        return await asyncio.to_thread(cache.settle, url, question, kept, answer)

    async def _send(self, question: Question[Any]) -> Answer:
        async def attempt() -> Answer:
            return await self._send_once(question)

        return await retry(self._options.retry_policy, attempt)

    async def _send_once(self, question: Question[Any]) -> Answer:
        await asyncio.sleep(max(self._wait_until - time.monotonic(), 0.0))
        url = question.url(self._options.root)
        try:
            async with self._open_session().request(
                question.method,
                url,
                data=question.body,
                headers=self._options.headers(question, url),
                allow_redirects=False,
            ) as response:
                answer = Answer(url, response.status, response.headers, await response.read())
        except (*BROKEN, aiohttp.ClientError) as exc:
            raise Busy(f"{url}: {describe_error(exc)}") from exc
        _check_not_busy(answer)
        asked = parse_wait_seconds(answer.headers, name="Backoff")
        self._wait_until = time.monotonic() + self._options.retry_policy.waits.limit(asked)
        return answer

    async def _download_once(self, url: str, file: PartialFile) -> None:
        headers = {"User-Agent": USER_AGENT, **file.request_headers()}
        try:
            async with self._open_session().get(url, headers=headers) as response:
                check_download(url, response.status, response.headers, file)
                with file.open(response.status) as write:
                    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                        await asyncio.to_thread(write, chunk)
        except (*BROKEN, aiohttp.ClientError) as exc:
            raise Busy(f"{url}: {describe_error(exc)}") from exc
        check_end(url, file)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(
                sock_connect=CONNECT_SECONDS, sock_read=self._options.timeout_seconds
            )
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session


def _check_not_busy(answer: Answer) -> None:
    """Raise :class:`Busy` if the server asks for patience, or is being restarted."""
    if answer.status in BUSY_STATUSES:
        raise Busy(answer.message, parse_wait_seconds(answer.headers))


async def _pieces(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    async for piece in response.content.iter_any():
        yield piece
