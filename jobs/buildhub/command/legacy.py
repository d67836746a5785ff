"""The commands of earlier versions, with their old names and environment variables."""

import sys

import click

from buildhub.command.load import LOAD_SETTING_NAMES, conclude
from buildhub.command.options import verbose_option
from buildhub.command.progress_bar import shown_progress
from buildhub.command.records import command as records
from buildhub.command.records import conflict_reporter
from buildhub.command.running import EXIT_CODES_HELP, run, with_settings
from buildhub.load import load
from buildhub.pipes.to_kinto import publish_records
from buildhub.settings import SETTINGS, Settings


def inventory_to_records() -> None:
    """Run ``buildhub records``."""
    records(prog_name="inventory-to-records")


@click.command(epilog=EXIT_CODES_HELP)
@click.option("-s", "--server", "server_url", help="Server, as https://host/v1.")
@click.option("-b", "--bucket", "bucket_id", help="Bucket of the catalogue.")
@click.option("-c", "--collection", "collection_id", help="Collection of the catalogue.")
@click.option(
    "-a",
    "--auth",
    help="user:password. Other users of this machine can see it; prefer AUTH or AUTH_FILE.",
)
@verbose_option
@with_settings()
def to_kinto(settings: Settings, *, verbose: bool) -> None:
    """Publish records from standard input, one JSON object a line.

    Pipe the output of inventory-to-records into it. `buildhub load` does both, and finds the
    inventories.
    """
    with shown_progress() as on_progress:
        summary = run(
            publish_records(
                settings,
                sys.stdin.buffer,
                on_progress=on_progress,
                on_conflict=conflict_reporter(verbose),
            )
        )
    conclude(summary, verbose=verbose)


_VARIABLES = "\n".join(
    f"  {setting.variable}" for setting in SETTINGS if setting.name in LOAD_SETTING_NAMES
)


@click.command(
    epilog=f"\b\nEnvironment:\n  AUTH, AUTH_FILE\n{_VARIABLES}\n\n{EXIT_CODES_HELP}",
)
@with_settings()
def latest_inventory_to_kinto(settings: Settings) -> None:
    """Publish the latest inventories: `buildhub load`, with settings from the environment only."""
    with shown_progress() as on_progress:
        summary = run(load(settings, on_progress=on_progress))
    conclude(summary, verbose=False)
