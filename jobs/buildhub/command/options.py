"""Options that more than one command has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_PORT = 8888
LAST_PORT = 65535

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def port_option(help_text: str, *, last: int = LAST_PORT) -> Callable[[Decorated], Decorated]:
    """Return the option for the server's port; *last* is the highest allowed."""
    return click.option(
        "--port",
        envvar="PORT",
        show_envvar=True,
        type=click.IntRange(1, last),
        default=DEFAULT_PORT,
        show_default=True,
        help=help_text,
    )


def data_option(help_text: str) -> Callable[[Decorated], Decorated]:
    """Return the option for the data folder of a server that this command runs."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="BUILDHUB_DATA",
        show_envvar=True,
        default=Path(".data"),
        show_default=True,
        help=help_text,
    )


verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Print what was skipped, and why."
)

quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Print only warnings and errors, for cron. A run that finds another one ends silently.",
)

skip_incomplete_option = click.option(
    "--skip-incomplete", is_flag=True, help="Skip builds without a build ID."
)


def scope_options(command: Decorated) -> Decorated:
    """Add the options that limit a command to a part of the archive.

    They are passed as ``since``, ``versions`` and ``products``, the last one spelled as in the
    setting.
    """
    for option in reversed(_SCOPE_OPTIONS):
        command = option(command)
    return command


def _joined(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> str | None:
    return " ".join(values) or None


_SCOPE_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--since",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DAY",
        help="Only builds whose files were written on this day or later, such as 2024-05-31.",
    ),
    click.option(
        "--version",
        "versions",
        multiple=True,
        metavar="VERSION",
        help="Only this version, including its candidates. Can be repeated.",
    ),
    click.option(
        "--product",
        "--products",
        "products",
        multiple=True,
        callback=_joined,
        metavar="PRODUCT",
        help="Only this product. Can be repeated. [environment: PRODUCTS] [default: all]",
    ),
)
