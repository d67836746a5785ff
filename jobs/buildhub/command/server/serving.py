"""Commands that run a server, or work on its database: serve, migrate, reindex, accounts."""

import os
import secrets
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from kinto_buildhub.errors import SettingsError, StartError
from kinto_buildhub.run.accounts import set_password
from kinto_buildhub.run.configuration import find_ini
from kinto_buildhub.run.data_folder import DataFolder, write_private
from kinto_buildhub.run.log_format import log_to_stderr
from kinto_buildhub.run.migrate import migrate as migrate_database
from kinto_buildhub.run.reindex import reindex as reindex_collections
from kinto_buildhub.run.serve import serve as run_server
from kinto_buildhub.run.serve import shared_database, with_search

from buildhub.command.options import data_option, port_option
from buildhub.command.running import reporting_errors
from buildhub.counts.summary import ExitCode
from buildhub.settings import refuse_unknown_names

PUBLISHER = "publisher"

Command = Callable[..., None]


def report(sentence: str) -> None:
    """Print *sentence* to standard error."""
    click.echo(sentence, err=True)


def report_start_error(error: StartError) -> ExitCode:
    """Print why a server does not start, and return the exit code."""
    if not isinstance(error, SettingsError):
        report(f"Error: {error}")
        return ExitCode.FAILURE
    for problem in error.problems:
        report(f"Error: {problem}")
    return ExitCode.USAGE


def server_options(command: Command) -> Command:
    """Add the options that identify the server, and turn its errors into exit codes."""

    @click.option(
        "--ini",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="KINTO_INI",
        show_envvar=True,
        help="Settings file.  [default: ./kinto.ini, or the packaged one]",
    )
    @data_option("Folder of the embedded database.")
    @wraps(command)
    def wrapped(ini: Path | None, data: Path, **options: Any) -> None:
        with reporting_errors():
            refuse_unknown_names(os.environ)
        log_to_stderr()
        # Whatever ends this process, the database that it started has to end first.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            command(ini=find_ini(ini), data=DataFolder(data), **options)
        except KeyboardInterrupt as exc:
            report("Stopped.")
            raise SystemExit(130) from exc
        except StartError as exc:
            raise SystemExit(report_start_error(exc)) from exc

    return wrapped


@click.command()
@server_options
@click.option(
    "--host",
    envvar="HOST",
    show_envvar=True,
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on.",
)
@port_option("Port to listen on.")
@click.option(
    "--workers",
    envvar="WORKERS",
    show_envvar=True,
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Number of server processes.",
)
def serve(ini: Path, data: DataFolder, host: str, port: int, workers: int) -> None:
    """Run the server.

    It uses an embedded database unless the settings name another one.

    \b
    Settings are read from kinto.ini; environment variables override them:
      KINTO_STORAGE_URL, KINTO_PERMISSION_URL, KINTO_CACHE_URL
                                 URLs of your own PostgreSQL database
      KINTO_USERID_HMAC_SECRET   the server's secret; required with your own database
    """
    run_server(ini, data, host=host, port=port, workers=workers, report=report)


@click.command()
@server_options
def migrate(ini: Path, data: DataFolder) -> None:
    """Create or update the database's tables and indexes.

    A server may be running meanwhile.
    """
    with shared_database(ini, data, report=report) as settings:
        migrate_database(settings, progress=report)


@click.command()
@server_options
def reindex(ini: Path, data: DataFolder) -> None:
    """Rebuild the search index from the database.

    The old index answers searches until the new one replaces it.
    """
    with shared_database(ini, data, report=report) as settings:
        migrate_database(settings, progress=report)
        reindex_collections(with_search(settings, data), report=report)


@click.command()
@server_options
@click.argument("name", default=PUBLISHER)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write name:password to.  [default: NAME.auth in the data folder]",
)
@click.option("--rotate", is_flag=True, help="Give an existing account a new password.")
def account(ini: Path, data: DataFolder, name: str, output: Path | None, rotate: bool) -> None:
    """Create an account for people and jobs that sign in with a password.

    The account NAME gets a random password, which is written to a file that only you can read, and
    not printed. Name that file in AUTH_FILE when you run the jobs.
    """
    path = output or data.credentials(name)
    with shared_database(ini, data, report=report) as settings:
        if output is None:
            data.make()
        migrate_database(settings, progress=report)
        create_credentials(settings, name, path, rotate=rotate)
    report(f"Wrote {name}:<password> to {path}. Use it with AUTH_FILE={path}")


def create_credentials(settings: dict[str, str], name: str, path: Path, *, rotate: bool) -> None:
    """Give the account *name* a random password and write ``name:password`` to *path*."""
    password = secrets.token_urlsafe(24)
    set_password(settings, name, password, rotate=rotate)
    write_private(path, f"{name}:{password}\n")
