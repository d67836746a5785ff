"""The tokens of Google with which Pub/Sub shows who pushes (OpenID Connect)."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping

import orjson

from buildhub.archive.fetch import Fetcher
from buildhub.errors import BadData, ConfigError, Unavailable

_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
_CLOCK_SKEW_SECONDS = 60

# Google changes its keys every few days, and publishes new ones before it uses them.
_KEPT_SECONDS = 3600.0
# A token may name a key that nobody has: that must not make a request each.
_ASKED_AGAIN_SECONDS = 10.0

_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


class BadToken(Exception):
    """The token does not show that the expected account pushes to us; the message says why."""


class GoogleTokens:
    """Checks tokens.

    Args:
        fetcher: of the keys.
        keys_url: certificates by key ID, as JSON.
        audience: whom tokens must be for.
        account: the email address of the service account that must have asked for them.
        clock: returns seconds.

    Raises:
        ConfigError: Google's library is not installed.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        keys_url: str,
        audience: str,
        account: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            import google.auth.jwt  # noqa: F401
        except ImportError as exc:
            raise ConfigError(f"PUBSUB_AUDIENCE needs `pip install buildhub[gcp]`: {exc}") from exc
        self._fetcher = fetcher
        self._keys_url = keys_url
        self._audience = audience
        self._account = account
        self._clock = clock
        self._certificates: Mapping[str, str] = {}
        self._asked = -_KEPT_SECONDS
        self._fetching = asyncio.Lock()

    @staticmethod
    def has_form(token: str) -> bool:
        """Whether a text looks like such a token."""
        return _FORM.fullmatch(token) is not None

    async def check(self, token: str) -> None:
        """Check a token.

        Raises:
            BadToken: it is not one, or of somebody else, or for somebody else, or too old.
            Unavailable: the keys cannot be had now.
        """
        from google.auth import jwt
        from google.auth.exceptions import GoogleAuthError

        try:
            key_id = jwt.decode_header(token).get("kid")
            certificates = await self._certificates_with(key_id)
            claims = jwt.decode(
                token,
                certs=certificates,
                audience=self._audience,
                clock_skew_in_seconds=_CLOCK_SKEW_SECONDS,
            )
        except (GoogleAuthError, ValueError) as exc:
            raise BadToken(str(exc)) from exc
        if claims.get("iss") not in _ISSUERS:
            raise BadToken("it is not issued by Google")
        if claims.get("email") != self._account or claims.get("email_verified") is not True:
            raise BadToken(f"it is not of {self._account}")

    async def _certificates_with(self, key_id: object) -> Mapping[str, str]:
        """Return the certificates, fetched again if they are old or lack the key."""
        async with self._fetching:
            is_known = key_id in self._certificates
            age_seconds = self._clock() - self._asked
            if age_seconds >= (_KEPT_SECONDS if is_known else _ASKED_AGAIN_SECONDS):
                self._asked = self._clock()
                self._certificates = await self._fetch()
            elif not self._certificates:
                raise Unavailable(f"{self._keys_url}: there were no certificates a moment ago")
            return self._certificates

    async def _fetch(self) -> Mapping[str, str]:
        try:
            body = (await self._fetcher.get(self._keys_url, accept="application/json")).body
            found = orjson.loads(body or b"")
        except (BadData, orjson.JSONDecodeError) as exc:
            raise Unavailable(f"{self._keys_url}: expected certificates in JSON") from exc
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            raise Unavailable(f"{self._keys_url}: expected certificates by key ID")
        return found
