"""The client of a command, from its settings."""

from typing import Any

from buildhub.client.options import Credentials, Options
from buildhub.settings import Settings

CLIENT_SETTINGS = (
    *("server_url", "bucket_id", "collection_id"),
    *("timeout_seconds", "answer_cache_path", "log_level"),
)
"""Names of the settings of all commands that ask questions."""


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the arguments of a client, of either kind."""
    return {
        "server_url": settings.server_url,
        "auth": settings.auth,
        "token": settings.token,
        "client_id": settings.client_id,
        "secret": settings.secret,
        "bucket": settings.bucket_id,
        "collection": settings.collection_id,
        "timeout_seconds": settings.timeout_seconds,
        "cache": settings.answer_cache_path,
    }


def connection_options(settings: Settings) -> Options:
    """Return how a command connects that runs for long, and keeps no answers."""
    return Options(
        settings.server_url,
        settings.bucket_id,
        settings.collection_id,
        Credentials(settings.auth, settings.token, settings.client_id, settings.secret),
        settings.timeout_seconds,
        settings.retry_policy,
    )
