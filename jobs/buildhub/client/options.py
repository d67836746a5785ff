"""How a client connects: server, collection, credentials, patience. The same for both drivers."""

import importlib.metadata
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from buildhub_schema import BUCKET_ID, COLLECTION_ID

from buildhub import setting_parsers
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.client.answer_cache import AnswerCache
from buildhub.client.exchange import Question
from buildhub.client.signing import authorization

DEFAULT_SERVER = "http://localhost:8888/v1"
SERVER_VARIABLE = "SERVER_URL"
USER_AGENT = f"buildhub-client/{importlib.metadata.version('buildhub')}"
CONNECT_SECONDS = 10.0

RECORDS_PER_REQUEST = 1000
"""A megabyte: iterating takes little memory, and no request takes the server long."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of at most one kind."""

    auth: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.client_id is None) != (self.secret is None):
            raise ValueError("client_id and secret belong together; one of them is missing")
        kinds = {"auth": self.auth, "token": self.token, "client_id": self.client_id}
        given = [name for name, value in kinds.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are credentials of different kinds")

    @property
    def sender(self) -> str:
        """Who sends, to tell senders apart; passwords and keys are not in it, tokens are."""
        if self.auth is not None:
            return f"account {self.auth.partition(':')[0]}"
        if self.client_id is not None:
            return f"client {self.client_id}"
        return f"token {self.token}" if self.token is not None else "nobody"


@dataclass(frozen=True, slots=True)
class Options:
    """How a client connects.

    Attributes:
        root: address of the API: ``https://host/v1``.
        credentials: of the sender; none for an anonymous client.
        timeout_seconds: how long the server may be silent.
        cache: file for answers, or None.
    """

    root: str
    bucket: str = BUCKET_ID
    collection: str = COLLECTION_ID
    credentials: Credentials = Credentials()
    timeout_seconds: float = 30.0
    retry_policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(4))
    cache: Path | None = None

    def open_cache(self) -> AnswerCache | None:
        """Open the file for answers, if there is to be one.

        Raises:
            DiskFailure: it cannot be made there.
        """
        return None if self.cache is None else AnswerCache(self.cache, self.credentials.sender)

    def headers(self, question: Question[Any], url: str) -> dict[str, str]:
        """Return the headers of one attempt; each is signed anew."""
        signature = authorization(
            self.credentials,
            method=question.method,
            url=url,
            content_type=question.headers.get("Content-Type", ""),
            body=question.body or b"",
        )
        headers = {"User-Agent": USER_AGENT, **question.headers}
        return headers if signature is None else {**headers, "Authorization": signature}


def make_options(server_url: str | None, credentials: Credentials, **options: Any) -> Options:
    """Return the options of a client; what is None is left to its default."""
    given = {name: value for name, value in options.items() if value is not None}
    return Options(find_server_url(server_url), credentials=credentials, **given)


def find_server_url(given: str | None) -> str:
    """Return the address of the API: as given, else from the environment, else the local one.

    Raises:
        ValueError: it is none.
    """
    return setting_parsers.server_url(given or os.environ.get(SERVER_VARIABLE) or DEFAULT_SERVER)
