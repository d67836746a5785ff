"""``buildhub load``: publish every build of the archive's inventories."""

import sys

import click

from buildhub.command.options import quiet_option, skip_incomplete_option, verbose_option
from buildhub.command.progress_bar import shown_progress
from buildhub.command.records import SETTING_NAMES as RECORDS_SETTING_NAMES
from buildhub.command.records import conflict_reporter
from buildhub.command.running import (
    BUCKET_SETTINGS,
    PUBLISHING_HELP,
    SERVER_SETTINGS,
    run,
    with_settings,
)
from buildhub.counts.summary import ExitCode, Summary
from buildhub.load import load
from buildhub.settings import Settings

# Nothing was done.
_NOTHING_TO_PRINT = frozenset({ExitCode.USAGE, ExitCode.ALREADY_RUNNING})

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
    epilog=PUBLISHING_HELP,
    short_help="Publish every build in the archive's inventories.",
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@skip_incomplete_option
@verbose_option
@quiet_option
@with_settings(*LOAD_SETTING_NAMES, *BUCKET_SETTINGS)
def command(
    settings: Settings,
    *,
    sources: tuple[str, ...],
    skip_incomplete: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Publish every build in the archive's inventories.

    A SOURCE is a manifest.json, or a folder that contains one or has dated folders, or reports of
    Google Cloud Storage: a path, an https://, s3:// or gs:// URL. Without a SOURCE, the latest of
    each of the INVENTORIES is loaded.
    With --bucket gs://NAME and no SOURCE, the archive's bucket is listed instead.

    Loading twice is safe: the second load writes nothing.
    """

    summary = Summary()
    with shown_progress(quiet=quiet) as on_progress:
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
    conclude(summary, verbose=verbose, quiet=quiet)


def conclude(summary: Summary, *, verbose: bool, quiet: bool = False) -> None:
    """Print the summary, and exit with its exit code.

    Args:
        summary: of the run.
        verbose: print what was left out, too.
        quiet: print only what is worth a mail: not that all is done, or that another run does it.
    """
    code = summary.exit_code
    if verbose:
        click.echo("\n".join(summary.skipped_lines()), err=True)
    if summary.failure and not (quiet and code == ExitCode.ALREADY_RUNNING):
        click.echo(f"buildhub: {summary.failure}", err=True)
    if code not in (_NOTHING_TO_PRINT | {ExitCode.SUCCESS} if quiet else _NOTHING_TO_PRINT):
        click.echo(summary.line())
    sys.exit(code)
