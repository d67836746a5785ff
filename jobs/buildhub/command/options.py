"""Options that more than one command has; what they mean is written down here once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_PORT = 8888
LAST_PORT = 65535

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def port_option(help_text: str, *, last: int = LAST_PORT) -> Callable[[Decorated], Decorated]:
    """Return the option for the server's port, of which *last* is the highest that will do."""
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
    """Return the option for the data folder of a server that runs here."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="BUILDHUB_DATA",
        show_envvar=True,
        default=Path(".data"),
        show_default=True,
        help=help_text,
    )


def narrowing_options(command: Decorated) -> Decorated:
    """Add the options that narrow a command to a part of the archive.

    They are passed as ``since``, ``versions`` and ``products``, the last one as a setting is
    written.
    """
    for option in reversed(_NARROWING):
        command = option(command)
    return command


def _joined(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> str | None:
    return " ".join(values) or None


_NARROWING: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--since",
        type=click.DateTime(["%Y-%m-%d"]),
        help="Look at what is of this day (2024-05-31) or younger, and at nothing older.",
    ),
    click.option(
        "--version",
        "versions",
        multiple=True,
        help="Look at this version alone, its candidates too. Can be repeated.",
    ),
    click.option(
        "--product",
        "--products",
        "products",
        multiple=True,
        callback=_joined,
        help="Look at this product alone. Can be repeated. [environment: PRODUCTS] "
        "[default: all four]",
    ),
)
