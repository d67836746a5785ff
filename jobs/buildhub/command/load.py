"""``buildhub load``: publish every build of the archive's inventories."""

import sys

import click

from buildhub.command.options import skip_incomplete_option, verbose_option
from buildhub.command.progress_bar import shown_progress
from buildhub.command.records import SETTING_NAMES as RECORDS_SETTING_NAMES
from buildhub.command.records import conflict_reporter
from buildhub.command.running import (
    EXIT_CODES_HELP,
    SERVER_SETTINGS,
    run,
    with_settings,
)
from buildhub.counts.summary import ExitCode, Summary
from buildhub.load import load
from buildhub.settings import Settings

LOAD_SETTING_NAMES = (
    *SERVER_SETTINGS,
    *RECORDS_SETTING_NAMES,
    "inventories",
    "inventories_url",
    "s3_endpoint_url",
    "csv_download_directory",
)


@click.command(
    "load",
    epilog=EXIT_CODES_HELP,
    short_help="Publish every build of the archive's inventories.",
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@skip_incomplete_option
@verbose_option
@with_settings(*LOAD_SETTING_NAMES)
def command(
    settings: Settings, *, sources: tuple[str, ...], skip_incomplete: bool, verbose: bool
) -> None:
    """Publish every build of the archive's inventories.

    A SOURCE is a manifest.json, or a folder that contains one, or dated folders: a path, an
    https:// URL or an s3:// URL. Without a SOURCE, the latest of each of the INVENTORIES is loaded.

    It is safe to load twice: the second time, nothing is written.

    AUTH contains the publishing account as user:password, or AUTH_FILE names a file that does.
    """

    summary = Summary()
    with shown_progress() as on_progress:
        run(
            load(
                settings,
                sources=sources,
                skip_incomplete=skip_incomplete,
                on_progress=on_progress,
                on_conflict=conflict_reporter(verbose),
                summary=summary,
            ),
            on_interrupt=lambda: click.echo(summary.line()),
        )
    conclude(summary, verbose=verbose)


def conclude(summary: Summary, *, verbose: bool) -> None:
    """Print the summary, and exit with its exit code."""
    if verbose:
        click.echo("\n".join(summary.skipped_lines()), err=True)
    if summary.failure:
        click.echo(f"buildhub: {summary.failure}", err=True)
    if summary.exit_code != ExitCode.USAGE:
        click.echo(summary.line())
    sys.exit(summary.exit_code)
