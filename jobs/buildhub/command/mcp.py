"""``buildhub mcp``: the client's questions as tools for agents."""

import signal

import click

from buildhub.client import AsyncBuildHub
from buildhub.command.clients import CLIENT_SETTINGS, client_options
from buildhub.command.running import CREDENTIALS_HELP, run, with_settings
from buildhub.errors import ConfigError
from buildhub.settings import Settings


@click.command(
    "mcp", epilog=CREDENTIALS_HELP, short_help="Answer agents, by the Model Context Protocol."
)
@with_settings("retry_count", *CLIENT_SETTINGS)
def command(settings: Settings) -> None:
    """Offer the questions of the client as tools for agents, over standard input and output.

    Programs with agents start this command. All tools only read. Each answer says whether something
    was found, is not there, is not covered, or is not indexed yet, and until when the catalogue is
    complete. Needs buildhub[mcp].
    """
    try:
        from buildhub.agents.server import serve
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] not in ("mcp", "pydantic"):
            raise
        raise ConfigError("agents need the package mcp: install buildhub[mcp]") from exc
    # A thread that waits for input cannot be interrupted, and there is nothing to be saved.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    hub = AsyncBuildHub(**client_options(settings), retry_policy=settings.retry_policy)
    run(serve(hub))
