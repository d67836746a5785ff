"""Whom the store takes us for: nobody, or an account of Google Cloud."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from buildhub.aio.retries import Busy, retry
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.errors import ConfigError

SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"

_ANONYMOUS = "anonymous"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Authorizes(Protocol):
    """Makes the headers that say who asks."""

    async def headers(self) -> Mapping[str, str]:
        """Return them; raises Unavailable where they cannot be had now."""


class Anonymous:
    """Nobody in particular."""

    async def headers(self) -> Mapping[str, str]:
        """Return no headers."""
        return {}


class GoogleCredentials:
    """The account that this machine's environment names, as Google's own libraries find it.

    A token is requested when it is needed, and again before it ends. It is kept in memory only,
    and never in a message.

    Args:
        credentials: from ``google.auth``.
        request: how it sends its requests.
        retry_policy: how often a token is asked for again.
    """

    def __init__(self, credentials: Any, request: Any, retry_policy: RetryPolicy) -> None:
        self._credentials = credentials
        self._request = request
        self._retry_policy = retry_policy
        self._refreshing = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """Return the header with a token that is valid for some minutes at least.

        Raises:
            ConfigError: the account is refused, or the key is none.
            Unavailable: the token's server does not answer.
        """
        async with self._refreshing:
            if not self._credentials.valid:
                await retry(self._retry_policy, self._refresh)
        return {"Authorization": f"Bearer {self._credentials.token}"}

    async def _refresh(self) -> None:
        from google.auth import exceptions

        try:
            await asyncio.to_thread(self._credentials.refresh, self._request)
        except exceptions.TransportError as exc:
            raise Busy(f"the server of Google's tokens: {exc}") from exc
        except exceptions.RefreshError as exc:
            if exc.retryable:
                raise Busy(f"the server of Google's tokens: {exc}") from exc
            raise ConfigError(f"GCS_CREDENTIALS=google: no token ({exc})") from exc


def open_credentials(kind: str, endpoint_url: str, retry_policy: RetryPolicy) -> Authorizes:
    """Return what makes the headers for the store at *endpoint_url*.

    Args:
        kind: ``anonymous`` or ``google``.
        endpoint_url: of the store.
        retry_policy: how often a token is asked for again.

    Raises:
        ConfigError: the library is not installed, the environment names no account, or a token
            would go over a network unencrypted.
    """
    if kind == _ANONYMOUS:
        return Anonymous()
    parts = urlsplit(endpoint_url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ConfigError(f"GCS_ENDPOINT_URL {endpoint_url}: a token is sent by https only")
    try:
        import google.auth
        from google.auth.transport.requests import Request
    except ImportError as exc:
        raise ConfigError(f"GCS_CREDENTIALS=google needs buildhub[gcp]: {exc}") from exc
    try:
        credentials, _ = google.auth.default(scopes=[SCOPE])
    except google.auth.exceptions.GoogleAuthError as exc:
        raise ConfigError(f"GCS_CREDENTIALS=google: {exc}") from exc
    return GoogleCredentials(credentials, Request(), retry_policy)
