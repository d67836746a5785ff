"""``buildhub records``: from an inventory on standard input to records on standard output."""

import sys
from collections.abc import Callable
from typing import NoReturn

import click
from buildhub_schema.text.printable import printable

from buildhub.command.options import skip_incomplete_option, verbose_option
from buildhub.command.running import ARCHIVE_SETTINGS, EXIT_CODES_HELP, run, with_settings
from buildhub.pipes.records import write_records
from buildhub.publish.deferred import Conflict
from buildhub.settings import Settings

SETTING_NAMES = (
    "archive_url",
    "products",
    "min_age_hours",
    *ARCHIVE_SETTINGS,
)


@click.command(
    "records", epilog=EXIT_CODES_HELP, short_help="Convert the rows of an inventory to records."
)
@skip_incomplete_option
@click.option(
    "--offline", is_flag=True, help="Use only the paths; send no requests to the archive."
)
@verbose_option
@with_settings(*SETTING_NAMES)
def command(settings: Settings, *, skip_incomplete: bool, offline: bool, verbose: bool) -> None:
    """Read an inventory's CSV from standard input and print its records as JSON, one per line.

    The CSV has the format of Amazon S3, gzipped or not: no header, and the columns Bucket, Key,
    Size, LastModifiedDate, ETag. If several files would get the same record ID, only the
    record of the preferred one is printed.
    """
    print_records(
        settings,
        sys.stdout.buffer.write,
        skip_incomplete=skip_incomplete,
        offline=offline,
        verbose=verbose,
    )


def print_records(
    settings: Settings,
    write: Callable[[bytes], object],
    *,
    skip_incomplete: bool,
    offline: bool,
    verbose: bool,
) -> NoReturn:
    """Turn the CSV on standard input into records, and exit.

    Args:
        settings: of the command.
        write: takes records, as JSON with ``\\n`` at the end of each.
        skip_incomplete, offline, verbose: the command's options.
    """
    summary = run(
        write_records(
            settings,
            sys.stdin.buffer,
            write,
            skip_incomplete=skip_incomplete,
            offline=offline,
            on_conflict=conflict_reporter(verbose),
        )
    )
    sys.stdout.buffer.flush()
    if verbose:
        click.echo("\n".join(summary.skipped_lines()), err=True)
        click.echo(summary.line(), err=True)
    if summary.failure:
        raise summary.failure
    sys.exit(summary.exit_code)


def conflict_reporter(verbose: bool) -> Callable[[Conflict], None]:
    """Return a function that prints a file that is left out because another one takes its ID."""

    def report(conflict: Conflict) -> None:
        if verbose:
            text = f"{conflict.path}: {conflict.record_id} is {conflict.winner_path}"
            click.echo(printable(f"conflict {text} ({conflict.rule})"), err=True)

    return report
