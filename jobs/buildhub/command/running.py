"""What all commands share: options made from settings, errors, signals and exit codes."""

import asyncio
import functools
import gc
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import click

from buildhub import logs
from buildhub.archive.bucket.client import SCHEME as ARCHIVE_SCHEME
from buildhub.counts.summary import ExitCode, exit_code_of
from buildhub.errors import BuildhubError
from buildhub.settings import SETTINGS, JobSetting, read_settings

Result = TypeVar("Result")

_NAMES = frozenset(setting.name for setting in SETTINGS)

SERVER_SETTINGS = ("server_url", "bucket_id", "collection_id", "initialize_server")
"""Names of the settings of all commands that publish."""

ARCHIVE_SETTINGS = (
    "parallel_request_count",
    "retry_count",
    "timeout_seconds",
    "cache_folder",
    "data_folder",
    "log_level",
)
"""Names of the settings of all commands that send requests to the archive."""

BUCKET_SETTINGS = ("archive_bucket", "gcs_endpoint_url", "gcs_credentials")
"""Names of the settings of all commands that may list the archive's bucket."""

_QUIET_LEVEL = "WARNING"

# Elsewhere the last word of a setting's name says what its value is.
_METAVARS = {"messages_in_flight": "COUNT"}

CREDENTIALS_HELP = """\b
Credentials of one kind, from the environment; with _FILE, a variable names a file:
  AUTH                                    user:password of an account
  BUILDHUB_TOKEN                          API token
  BUILDHUB_CLIENT_ID and BUILDHUB_SECRET  Hawk key, which signs each request

"""

EXIT_CODES_HELP = """\b
Exit codes:
  0    everything is done
  1    most is done; the counts show what is not, and the next run tries it again
  2    a setting, the credentials or an argument is invalid; nothing was done
  3    the server or the archive failed; the next run continues
  4    another run is already doing this work; nothing was done
  130  Ctrl-C; the next run continues
"""

PUBLISHING_HELP = CREDENTIALS_HELP + EXIT_CODES_HELP


def with_settings(
    *names: str, is_old_command: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command an option for each of the settings *names*, and pass it all settings.

    The command's first argument is the :class:`Settings`. An option of the command itself that has
    the name of a setting sets it. An invalid setting ends the command with a message and exit code
    2. Settings that only the old commands have are read where *is_old_command* says so.
    """
    chosen = [setting for setting in SETTINGS if setting.name in names]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(**given: Any) -> Any:
            options = {name: _as_text(given.pop(name)) for name in _NAMES & given.keys()}
            _sort_buckets(options)
            with reporting_errors():
                settings = read_settings(os.environ, options, is_old_command=is_old_command)
                levels = [settings.log_level, *([_QUIET_LEVEL] if given.get("quiet") else [])]
                level = max(levels, key=logging.getLevelNamesMapping().__getitem__)
                logs.configure(
                    level, log_format=settings.log_format, sentry_dsn=settings.sentry_dsn
                )
                # Its errors end the command, which says them.
                logging.getLogger("buildhub.client").disabled = True
                return function(settings, **given)

        command: Callable[..., Any] = wrapper
        for setting in reversed(chosen):
            command = _option(setting)(command)
        return command

    return decorate


class reporting_errors:  # noqa: N801
    """A context that turns expected errors into a message and an exit code."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Print expected errors without a traceback."""
        if isinstance(error, BuildhubError):
            fail(error)
        if isinstance(error, KeyboardInterrupt):
            click.echo("Stopped.", err=True)
            sys.exit(ExitCode.INTERRUPTED)
        if isinstance(error, BrokenPipeError):
            # The reader of our output has closed it. Python would complain again at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(ExitCode.SUCCESS)


def fail(error: BuildhubError) -> NoReturn:
    """Print *error* and exit."""
    click.echo(f"buildhub: {error}", err=True)
    sys.exit(exit_code_of(error))


def run(
    work: Coroutine[Any, Any, Result], *, on_interrupt: Callable[[], None] = lambda: None
) -> Result:
    """Run *work* to its end; Ctrl-C stops it cleanly, with a message."""
    # Jobs make millions of small objects and hardly a cycle. By default the search for cycles
    # takes a fifth of their time.
    gc.set_threshold(50_000, 20, 100)
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        click.echo("buildhub: stopped; the next run continues", err=True)
        on_interrupt()
        sys.exit(ExitCode.INTERRUPTED)


def _option(setting: JobSetting) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    is_flag = "/" in setting.option
    default = f" [default: {setting.default}]" if setting.default is not None else ""
    last_word = setting.name.rpartition("_")[2]
    return click.option(
        setting.option,
        setting.name,
        default=None,
        metavar=None if is_flag else _METAVARS.get(setting.name, last_word.upper()),
        help=f"{setting.help.replace('``', '')} [environment: {setting.variable}]{default}",
    )


def _sort_buckets(options: dict[str, str | None]) -> None:
    """Take a ``--bucket`` with a scheme for the archive's: no bucket of a catalogue has one."""
    bucket = options.get("bucket_id") or ""
    if bucket.startswith(ARCHIVE_SCHEME) and "archive_bucket" in options:
        options |= {"bucket_id": None, "archive_bucket": options["archive_bucket"] or bucket}


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
