"""The commands of earlier systems, under their old names and with their old variables."""

import sys

import click

from buildhub.command.load import LOAD_SETTING_NAMES, conclude
from buildhub.command.progress import shown_progress
from buildhub.command.records import command as records
from buildhub.command.records import conflict_reporter
from buildhub.command.running import EXIT_CODES_HELP, run, with_settings
from buildhub.load import load
from buildhub.pipes.to_kinto import send
from buildhub.settings import SETTINGS, Settings


def inventory_to_records() -> None:
    """Run ``buildhub records``."""
    records(prog_name="inventory-to-records")


@click.command(epilog=EXIT_CODES_HELP)
@click.option("-s", "--server", "server_url", help="Server, as https://host/v1.")
@click.option("-b", "--bucket", "bucket_id", help="Bucket of the catalogue.")
@click.option("-c", "--collection", "collection_id", help="Collection of the catalogue.")
@click.option(
    "-a", "--auth", help="user:password. AUTH and AUTH_FILE keep it from other users' eyes."
)
@click.option("-v", "--verbose", is_flag=True, help="Tell what was left out, and why.")
@with_settings()
def to_kinto(settings: Settings, *, verbose: bool) -> None:
    """Publish records from standard input, a JSON object a line.

    Use it behind inventory-to-records; `buildhub load` does both, and finds the inventories.
    """
    with shown_progress() as on_progress:
        summary = run(
            send(
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
    """Publish the latest inventories, as the environment says: `buildhub load` for cron."""
    with shown_progress() as on_progress:
        summary = run(load(settings, on_progress=on_progress))
    conclude(summary, verbose=False)
