"""The commands of earlier versions, with their old names and environment variables."""

import sys

import click

from buildhub.command.load import LOAD_SETTING_NAMES, conclude
from buildhub.command.options import quiet_option, skip_incomplete_option, verbose_option
from buildhub.command.progress_bar import shown_progress
from buildhub.command.records import SETTING_NAMES as RECORDS_SETTING_NAMES
from buildhub.command.records import conflict_reporter, print_records
from buildhub.command.running import EXIT_CODES_HELP, PUBLISHING_HELP, run, with_settings
from buildhub.load import load
from buildhub.pipes.to_kinto import publish_records
from buildhub.settings import SETTINGS, Settings

_debug_option = click.option(
    "-D", "--debug", "log_level", flag_value="DEBUG", help="Log everything: LOG_LEVEL=DEBUG."
)


@click.command(epilog=EXIT_CODES_HELP)
@skip_incomplete_option
@click.option("--offline", is_flag=True, help="Send no requests to the archive: use paths only.")
@_debug_option
@verbose_option
@with_settings(
    *(name for name in RECORDS_SETTING_NAMES if name not in ("min_age_hours", "log_level")),
    is_old_command=True,
)
def inventory_to_records(
    settings: Settings, *, skip_incomplete: bool, offline: bool, verbose: bool
) -> None:
    """Print the records of an inventory's CSV on standard input, as {"data": {…}}, one a line.

    Builds without a build ID are left out, unless --offline asks for what the paths say.
    MIN_AGE_LAST_MODIFIED_HOURS leaves out files that changed longer ago. `buildhub records` prints
    bare records, of all builds.
    """
    print_records(
        settings,
        _write_in_envelopes,
        skip_incomplete=skip_incomplete or not offline,
        offline=offline,
        verbose=verbose,
    )


def _write_in_envelopes(lines: bytes) -> None:
    envelopes = (b'{"data":%s}\n' % line for line in lines.splitlines())
    sys.stdout.buffer.write(b"".join(envelopes))


@click.command(epilog=PUBLISHING_HELP)
@click.option("-s", "--server", "server_url", help="Server, as https://host/v1.")
@click.option("-b", "--bucket", "bucket_id", help="Bucket of the catalogue.")
@click.option("-c", "--collection", "collection_id", help="Collection of the catalogue.")
@click.option(
    "-a",
    "--auth",
    help="user:password. Other users of this machine can see it; prefer AUTH or AUTH_FILE.",
)
@click.option("--retry", "retry_count", type=int, help="How often a request is retried.")
@click.option(
    "--skip",
    is_flag=True,
    help="Skip records that are stored already and are equal. This is always done.",
)
@_debug_option
@quiet_option
@verbose_option
@with_settings(is_old_command=True)
def to_kinto(settings: Settings, *, skip: bool, quiet: bool, verbose: bool) -> None:
    """Publish records from standard input, one JSON object a line.

    A line is a record, or {"data": {…}}, which may have "permissions" beside the data. A record
    without an ID gets one.

    Pipe the output of inventory-to-records into it. `buildhub load` does both, and finds the
    inventories.
    """
    with shown_progress(quiet=quiet) as on_progress:
        summary = run(
            publish_records(
                settings,
                sys.stdin.buffer,
                on_progress=on_progress,
                on_conflict=conflict_reporter(verbose),
            )
        )
    conclude(summary, verbose=verbose, quiet=quiet)


_SETTING_NAMES = {*LOAD_SETTING_NAMES, "max_age_hours"} - {"min_age_hours"}
_VARIABLES = "\n".join(
    f"  {setting.variable}" for setting in SETTINGS if setting.name in _SETTING_NAMES
)


@click.command(
    epilog=f"\b\nEnvironment:\n{_VARIABLES}\n\n{PUBLISHING_HELP}",
)
@with_settings(is_old_command=True)
def latest_inventory_to_kinto(settings: Settings) -> None:
    """Publish the latest inventories: `buildhub load`, with settings from the environment only."""
    with shown_progress() as on_progress:
        summary = run(load(settings, on_progress=on_progress))
    conclude(summary, verbose=False)
