"""Who may POST events: whoever knows the token, and Pub/Sub for one account of Google."""

import hmac

from buildhub.archive.fetch import Fetcher
from buildhub.errors import ConfigError
from buildhub.events.google_tokens import BadToken, GoogleTokens
from buildhub.settings import Settings

_EXPECTED = "expected the header Authorization: Bearer, and the token"


class Senders:
    """Checks what a request shows.

    Args:
        token: that senders know; None if none is enough.
        google_tokens: None if Pub/Sub does not push.
    """

    def __init__(self, token: str | None, google_tokens: GoogleTokens | None) -> None:
        self._authorization = None if token is None else f"Bearer {token}".encode()
        self._google_tokens = google_tokens

    async def find_problem(self, authorization: str) -> str | None:
        """Return what is wrong with an ``Authorization`` header; None if its sender may POST.

        Raises:
            Unavailable: that cannot be known now.
        """
        given = authorization.encode("utf-8", "surrogateescape")
        if self._authorization is not None and hmac.compare_digest(given, self._authorization):
            return None
        scheme, _, token = authorization.partition(" ")
        if self._google_tokens is None or scheme.lower() != "bearer":
            return _EXPECTED
        if not GoogleTokens.has_form(token):
            return _EXPECTED
        try:
            await self._google_tokens.check(token)
        except BadToken as exc:
            return f"expected a token of Google: {exc}"
        return None


def make_senders(settings: Settings, fetcher: Fetcher) -> Senders:
    """Return who may POST, as the settings have it.

    Raises:
        ConfigError: nobody may, or something is missing.
    """
    audience, account = settings.pubsub_audience, settings.pubsub_account
    if (audience is None) != (account is None):
        missing = "PUBSUB_AUDIENCE" if audience is None else "PUBSUB_ACCOUNT"
        raise ConfigError(f"{missing} is not set; PUBSUB_AUDIENCE and PUBSUB_ACCOUNT go together")
    if audience is None or account is None:
        if settings.listen_token is None:
            raise ConfigError(
                "LISTEN_TOKEN is not set; expected what senders have to know, or PUBSUB_AUDIENCE "
                "and PUBSUB_ACCOUNT"
            )
        return Senders(settings.listen_token, None)
    tokens = GoogleTokens(fetcher, settings.pubsub_keys_url, audience, account)
    return Senders(settings.listen_token, tokens)
