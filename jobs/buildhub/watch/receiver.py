"""Delivering builds to a webhook: one after the other, each until it is taken or given up."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from yarl import URL

from buildhub.aio.http_errors import BROKEN, describe_error
from buildhub.aio.retries import Busy, parse_wait_seconds, retry
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.client.options import CONNECT_SECONDS, USER_AGENT
from buildhub.errors import BuildhubError, ConfigError
from buildhub.watch.addresses import PublicResolver, check_host
from buildhub.watch.dead_letters import DeadLetters
from buildhub.watch.follow import Document
from buildhub.watch.signatures import Signer

TYPE = "build.published"

# The receiver does not want more, or would say the same the next time. Redirects are not followed:
# they could lead into a private network.
_FINAL = frozenset({HTTPStatus.GONE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


class Undeliverable(BuildhubError):
    """A message that the receiver does not take, and will not."""


class Receiver:
    """A webhook, as an asynchronous context.

    Args:
        url: where messages are sent to.
        signer: signs them.
        dead_letters: keeps those that are given up.
        policy: how often a message is sent again, and after which wait.
        timeout_seconds: of an attempt, from the connection to the answer.
        allows_private: whether it may be in a private network.
        report: takes a sentence about each message that is given up.

    Raises:
        ConfigError: the address is none of a webhook.
        PrivateAddress: it is in a private network.
    """

    def __init__(
        self,
        url: str,
        signer: Signer,
        dead_letters: DeadLetters,
        *,
        policy: RetryPolicy,
        timeout_seconds: float,
        allows_private: bool,
        report: Callable[[str], None],
    ) -> None:
        self._url = _parse_url(url)
        if not allows_private:
            check_host(self._url.host or "")
        self._signer, self._dead_letters = signer, dead_letters
        self._policy, self._report = policy, report
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=CONNECT_SECONDS)
        self._allows_private = allows_private
        # Not the query, which may hold a secret of the receiver's.
        self._shown = str(self._url.with_query(None))

    async def __aenter__(self) -> Self:
        resolver = None if self._allows_private else PublicResolver()
        # Each name is resolved again for each connection, and checked.
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, headers={"User-Agent": USER_AGENT}
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def deliver(self, document: Document) -> None:
        """Deliver a build, or keep it as a dead letter.

        Raises:
            DiskFailure: neither can be done.
        """
        message_id, body = make_message(document)

        async def attempt() -> None:
            await self._send(message_id, body)

        try:
            await retry(self._policy, attempt)
        except BuildhubError as exc:
            self._dead_letters.add(message_id, self._shown, body, str(exc))
            self._report(
                f"{document['id']} was not delivered, and is kept in {self._dead_letters.path}: "
                f"{exc}"
            )

    async def _send(self, message_id: str, body: bytes) -> None:
        signed = self._signer.sign(message_id, int(time.time()), body)
        headers = {"Content-Type": "application/json", **signed.headers}
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                status, asked = response.status, parse_wait_seconds(response.headers)
        except (*BROKEN, aiohttp.ClientError) as exc:
            raise Busy(f"{self._shown}: {describe_error(exc)}") from exc
        if 200 <= status < 300:
            return
        problem = f"{self._shown} answered with status {status}"
        if 300 <= status < 400 or status in _FINAL:
            raise Undeliverable(problem)
        raise Busy(problem, asked)


def make_message(document: Document) -> tuple[str, bytes]:
    """Return the ID and the body of the message about a build.

    Both are always the same for the same change, so that a receiver knows a message that it has
    got already, whoever sends it again.
    """
    moment = datetime.fromtimestamp(int(document["last_modified"]) / 1000, UTC)
    message: dict[str, Any] = {
        "type": TYPE,
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": document,
    }
    body = orjson.dumps(message, option=orjson.OPT_SORT_KEYS)
    return f"msg_{hashlib.sha256(body).hexdigest()[:32]}", body


def _parse_url(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError as exc:
        raise ConfigError(f"{text!r} is no address: {exc}") from exc
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(f"{text!r} is no address; expected one as https://host/path")
    if url.user is not None or url.password is not None:
        raise ConfigError(
            "the address of a webhook contains a name or password, which everybody on this machine "
            "can read; receivers know our messages by their signature"
        )
    return url.with_fragment(None)
