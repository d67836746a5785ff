"""``buildhub init``: create or update the collection for this version of BuildHub."""

import click
from buildhub_schema.text.printable import printable

from buildhub.command.running import PUBLISHING_HELP, reporting_errors, run, with_settings
from buildhub.publish.initialize import Change, Initializer
from buildhub.publish.kinto_client import open_kinto_client
from buildhub.settings import Settings


@click.command(
    "init", epilog=PUBLISHING_HELP, short_help="Create or update the collection on a server."
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@with_settings("server_url", "bucket_id", "collection_id")
def command(settings: Settings, *, dry_run: bool) -> None:
    """Create or update bucket, collection, schema and permissions, and show what changes.

    Running it again changes nothing. What others have added to the collection is kept.
    """
    with reporting_errors():
        run(_initialize(settings, dry_run=dry_run))


async def _initialize(settings: Settings, *, dry_run: bool) -> None:
    async with open_kinto_client(settings) as client:
        client.require_credentials()
        initializer = Initializer(client, settings)
        changes = await initializer.plan()
        if not changes:
            click.echo(printable(f"{initializer.collection_url}: as it should be"))
        elif dry_run:
            for change in changes:
                _show(change)
            click.echo("Nothing was changed (--dry-run).")
        else:
            await initializer.apply(changes, on_applied=_show)


def _show(change: Change) -> None:
    click.echo("\n".join(map(printable, change.differences)))
