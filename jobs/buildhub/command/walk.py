"""``buildhub walk``: publish what is new in the archive's own listings."""

from datetime import datetime

import click

from buildhub.command.load import LOAD_SETTING_NAMES, conclude
from buildhub.command.options import (
    quiet_option,
    scope_options,
    skip_incomplete_option,
    verbose_option,
)
from buildhub.command.progress_bar import shown_progress
from buildhub.command.records import conflict_reporter
from buildhub.command.running import BUCKET_SETTINGS, PUBLISHING_HELP, run, with_settings
from buildhub.settings import Settings
from buildhub.walk import walk

# Settings of inventories, and the products, for which a walk has an option that can be repeated.
_NOT_FOR_WALKS = frozenset(
    {"inventories", "inventories_url", "s3_endpoint_url", "csv_download_directory", "products"}
)
_SETTING_NAMES = (
    *(name for name in LOAD_SETTING_NAMES if name not in _NOT_FOR_WALKS),
    *BUCKET_SETTINGS,
)


@click.command(
    "walk",
    epilog=PUBLISHING_HELP,
    short_help="Publish what is new in the archive's listings.",
)
@click.option(
    "--full",
    is_flag=True,
    help="Read and publish everything again, for example once a month.",
)
@scope_options
@skip_incomplete_option
@verbose_option
@quiet_option
@with_settings(*_SETTING_NAMES)
def command(
    settings: Settings,
    *,
    full: bool,
    since: datetime | None,
    versions: tuple[str, ...],
    skip_incomplete: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Publish what is new in the archive's folder listings.

    The first walk reads everything, which takes hours. The data folder stores what was published,
    so later walks request only what may have changed, and an interrupted walk can be continued.
    What cannot be read is logged, and the next walk tries it again.

    With --bucket gs://NAME, the archive's bucket is listed instead: with a hundredth of the
    requests, the first walk takes minutes.
    """
    with shown_progress("walk", quiet=quiet) as on_progress:
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
    conclude(summary, verbose=verbose, quiet=quiet)
