"""One Kinto server over HTTP: credentials, retries, and what it answers as our errors."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from buildhub.aio.http_errors import BROKEN, describe_error
from buildhub.aio.retries import BUSY_STATUSES, Busy, parse_wait_seconds, retry
from buildhub.archive.fetch import USER_AGENT
from buildhub.archive.hosts import refusing_other_servers
from buildhub.client.exchange import error_sentence
from buildhub.client.signing import signing
from buildhub.errors import BadData, ConfigError, CredentialsRefused, Refused, Unavailable
from buildhub.settings import CREDENTIAL_VARIABLES, Settings

_CONNECT_SECONDS = 30.0

# Kinto answers 409, "please retry", where two requests create the same object.
_RETRIED_STATUSES = BUSY_STATUSES | {409}


@dataclass(frozen=True, slots=True)
class KintoResponse:
    """What a server answered, whole."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON.

        Raises:
            ConfigError: it is none; whatever answers is no Kinto server.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as exc:
            raise ConfigError(
                f"{self.url}: expected JSON from a Kinto server, got {self.body[:40]!r}"
            ) from exc


class KintoClient:
    """Sends requests to one server, with one kind of credentials.

    Errors:
        Every method raises :class:`Unavailable` when the server does not answer, also after the
        retries, :class:`Refused` when it does not allow something, and :class:`BadData` when it
        finds something wrong with the request.
    """

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        self.url = settings.server_url
        self.account = settings.account
        self._credentials = settings.credentials
        self.retry_policy = settings.retry_policy
        self._session = session

    def require_credentials(self) -> None:
        """Check that there are credentials to write with, before any work is done.

        Raises:
            ConfigError: there are none.
        """
        if self._credentials is None:
            raise ConfigError(
                f"publishing to {self.url} needs credentials: set {CREDENTIAL_VARIABLES}; "
                "`buildhub credentials` makes them on the server"
            )

    async def fetch_server_info(self) -> dict[str, Any]:
        """Return the server's root page: ``capabilities``, ``settings`` and so on.

        Raises:
            ConfigError: what answers is no Kinto server.
            CredentialsRefused: it does not accept the credentials.
        """
        info = (await self.request("GET", f"{self.url}/")).json()
        if not isinstance(info, dict) or "http_api_version" not in info:
            raise ConfigError(f"{self.url}: no Kinto server, its root lacks http_api_version")
        if self._credentials is not None and "user" not in info:
            raise self._unaccepted()
        return info

    async def request(
        self,
        method: str,
        url: str,
        *,
        expected_errors: Collection[int] = (),
        target: str | None = None,
        **arguments: Any,
    ) -> KintoResponse:
        """Return the response to a request, tried again as the policy says.

        Args:
            method: of HTTP.
            url: absolute.
            expected_errors: error statuses that are returned, not raised.
            target: what messages name in place of *url*.
            **arguments: of aiohttp: ``json``, ``params``, ``headers``.
        """

        async def attempt() -> KintoResponse:
            async with self.open_response(method, url, **arguments) as response:
                body = await response.read()
                if response.status not in expected_errors:
                    self.raise_for_status(response.status, body, response.headers, target or url)
                return KintoResponse(url, response.status, response.headers, body)

        return await retry(self.retry_policy, attempt)

    @asynccontextmanager
    async def open_response(
        self, method: str, url: str, **arguments: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the response of one attempt, whatever its status, to read it as it comes.

        Raises:
            Busy: the connection cannot be made, breaks, or takes too long.
        """
        with self._translating_errors():
            async with self._session.request(method, url, **arguments) as response:
                yield response

    def raise_for_status(
        self, status: int, body: bytes, headers: Mapping[str, str], target: str
    ) -> None:
        """Raise an error for an error status; its message names *target*, a URL."""
        if status < 400:
            return
        message = error_sentence(body)
        if status in _RETRIED_STATUSES:
            raise Busy(f"{self.url}: answers {status}", parse_wait_seconds(headers))
        if status == 401:
            raise self._unaccepted(_find_detail(body))
        if status in (403, 405):
            raise Refused(
                f"{self.url} does not allow writing to {target} ({message}); "
                f"writing as {self.account!r}"
            )
        if status == 404:
            raise Refused(f"{target}: not found on the server; `buildhub init` makes it")
        raise BadData(f"{self.url}: answers {status} ({message})")

    def _unaccepted(self, detail: str = "") -> CredentialsRefused:
        if self._credentials is None:
            return CredentialsRefused(
                f"{self.url} asks for credentials: set {CREDENTIAL_VARIABLES}"
            )
        reason = f" ({detail})" if detail else ""
        return CredentialsRefused(
            f"{self.url} does not accept this {self._credentials}{reason}; "
            f"writing as {self.account!r}"
        )

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        try:
            yield
        except BROKEN as exc:
            raise Busy(f"{self.url}: {describe_error(exc)}") from exc
        except aiohttp.ClientError as exc:
            raise Unavailable(f"{self.url}: {describe_error(exc)}") from exc


@asynccontextmanager
async def open_kinto_client(settings: Settings) -> AsyncIterator[KintoClient]:
    """Open a client for the server that *settings* name, for as long as the context lasts."""
    timeout = aiohttp.ClientTimeout(
        total=settings.timeout_seconds,
        sock_connect=min(settings.timeout_seconds, _CONNECT_SECONDS),
    )
    async with aiohttp.ClientSession(
        headers={"User-Agent": USER_AGENT},
        timeout=timeout,
        trace_configs=[refusing_other_servers()],
        middlewares=(signing(settings),),
    ) as session:
        yield KintoClient(session, settings)


def _find_detail(body: bytes) -> str:
    """Return the ``detail`` of an error: what is wrong with a signature, such as its time."""
    try:
        detail = orjson.loads(body).get("detail")
    except (orjson.JSONDecodeError, AttributeError):
        return ""
    return detail if isinstance(detail, str) else ""
