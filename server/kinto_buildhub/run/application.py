"""The Kinto application, built from settings."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kinto
import transaction
from kinto.core.storage.postgresql.client import PostgreSQLClient
from pyramid.exceptions import ConfigurationError

from kinto_buildhub.errors import StartError
from kinto_buildhub.version import VERSION_FILE


@contextmanager
def opened_registry(settings: dict[str, str], *, command: str) -> Iterator[Any]:
    """Yield an application's registry for *command*, and close its connections afterwards.

    A process that is forked with open connections shares them with its parent, and each then reads
    results of the other's queries.

    What the thread has not committed is rolled back: Kinto leaves a transaction open, as within a
    request, and the next application's work would become a part of it.

    Raises:
        StartError: see :func:`make_application`.
    """
    registry = make_application(settings, command=command).registry
    try:
        yield registry
    finally:
        transaction.abort()
        for backend in (registry.storage, registry.permission, registry.cache):
            client = getattr(backend, "client", None)
            if isinstance(client, PostgreSQLClient):
                engine = client.session_factory.get_bind()
                client.session_factory.remove()
                engine.dispose()


def make_application(settings: dict[str, str], *, command: str | None = None) -> Any:
    """Build the Kinto application.

    Args:
        settings: as read from the ini file.
        command: the command that it is built for; None to serve requests.

    Raises:
        StartError: Kinto refuses the settings; gives its reason.
    """
    with warnings.catch_warnings():
        # One database for three purposes is intended, and so is TLS that ends at the proxy.
        warnings.filterwarnings("ignore", "Reuse existing PostgreSQL connection")
        warnings.filterwarnings("ignore", "HTTPS is not enabled")
        try:
            given = {"kinto.version_json_path": str(VERSION_FILE)} | settings
            return kinto.main({"command": command} if command else {}, **given)
        except (ConfigurationError, ImportError, ValueError) as exc:
            raise StartError(f"Kinto refuses its settings: {exc}") from exc
