"""Bring a database up to date: Kinto's tables, and the indexes of the collections."""

from collections.abc import Callable

from kinto.core.storage.exceptions import BackendError

from kinto_buildhub.application import opened_registry
from kinto_buildhub.errors import StartError


def migrate(settings: dict[str, str], *, progress: Callable[[str], None]) -> None:
    """Create or update the tables of the database that *settings* name.

    Raises:
        StartError: the database cannot be reached or refuses.
    """
    try:
        with opened_registry(settings, command="migrate") as registry:
            for backend in (registry.storage, registry.permission, registry.cache):
                backend.initialize_schema()
    except BackendError as exc:
        raise StartError(f"The database cannot be used: {exc.original}") from exc
