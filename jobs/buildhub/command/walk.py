"""``buildhub walk``: the archive's listings in, published records out; only what is new."""

from datetime import datetime

import click

from buildhub.command.load import LOAD_SETTING_NAMES, conclude
from buildhub.command.options import narrowing_options
from buildhub.command.progress import shown_progress
from buildhub.command.records import conflict_reporter
from buildhub.command.running import EXIT_CODES_HELP, run, with_settings
from buildhub.settings import Settings
from buildhub.walk import walk

# What only inventories have, and the products, for which there is an option to repeat.
_NOT_OF_A_WALK = frozenset(
    {"inventories", "inventories_url", "s3_endpoint_url", "csv_download_directory", "products"}
)
_SETTING_NAMES = tuple(name for name in LOAD_SETTING_NAMES if name not in _NOT_OF_A_WALK)


@click.command(
    "walk",
    epilog=EXIT_CODES_HELP,
    short_help="Publish what is new in the archive's own listings.",
)
@click.option(
    "--full",
    is_flag=True,
    help="Ask for everything again, and publish it again; once a month, say.",
)
@narrowing_options
@click.option("--skip-incomplete", is_flag=True, help="Leave out builds without a build ID.")
@click.option("-v", "--verbose", is_flag=True, help="Tell what was left out, and why.")
@with_settings(*_SETTING_NAMES)
def command(
    settings: Settings,
    *,
    full: bool,
    since: datetime | None,
    versions: tuple[str, ...],
    skip_incomplete: bool,
    verbose: bool,
) -> None:
    """Publish what is new in the archive, as its own listings tell, to the server.

    The first walk reads everything, which takes hours. What it has published is remembered in the
    data folder, so that the next ones ask only for what can have changed, and one that was stopped
    goes on where it was. What could not be had is named, and looked at again by the next walk.

    The publishing account is read from AUTH as user:password, or from the file that AUTH_FILE
    names.
    """
    with shown_progress("walk") as on_progress:
        summary = run(
            walk(
                settings,
                full=full,
                since=since.date() if since else None,
                versions=versions,
                skip_incomplete=skip_incomplete,
                on_progress=on_progress,
                on_conflict=conflict_reporter(verbose),
            )
        )
    conclude(summary, verbose=verbose)
