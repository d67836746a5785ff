"""``buildhub export``: the whole catalogue as files."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from buildhub.command.clients import connection_options
from buildhub.command.options import quiet_option
from buildhub.command.running import CREDENTIALS_HELP, EXIT_CODES_HELP, with_settings
from buildhub.export import Exported, export, export_changes
from buildhub.export.folder import ExportFolder
from buildhub.export.formats import FORMATS
from buildhub.export.layouts import BUILDS, LAYOUTS, Layout
from buildhub.export.signing import SigningKey
from buildhub.settings import Settings

PASSWORD_VARIABLE = "MINISIGN_PASSWORD"  # noqa: S105 - its name.

_SETTING_NAMES = (
    *("server_url", "bucket_id", "collection_id"),
    *("retry_count", "timeout_seconds", "log_level"),
)


@click.command(
    "export",
    epilog=CREDENTIALS_HELP + EXIT_CODES_HELP,
    short_help="Write the whole catalogue into files.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("exports"),
    show_default=True,
    help="Folder for exports.",
)
@click.option(
    "-f",
    "--format",
    "formats",
    type=click.Choice(list(FORMATS)),
    multiple=True,
    help="May be repeated. Parquet needs buildhub[export].  [default: ndjson]",
)
@click.option(
    "--layout",
    "layout_name",
    type=click.Choice(list(LAYOUTS)),
    default=BUILDS.name,
    show_default=True,
    help="Whole records, a tree of small files for a web server, or rows as in a known table.",
)
@click.option(
    "--keep",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Number of exports that stay in the folder.",
)
@click.option(
    "--sign-key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Secret key of minisign to sign with. MINISIGN_PASSWORD is its password.",
)
@click.option(
    "--changes",
    is_flag=True,
    help="Only what has changed since the last export in the folder, deletions included.",
)
@quiet_option
@with_settings(*_SETTING_NAMES)
def command(
    settings: Settings,
    *,
    output: Path,
    formats: tuple[str, ...],
    layout_name: str,
    keep: int,
    sign_key: Path | None,
    changes: bool,
    quiet: bool,
) -> None:
    """Write all records as they are at one timestamp.

    The files are put into a folder that is named after the timestamp, all at once, and the link
    `latest` then leads to it: builds.ndjson.gz, builds.csv or builds.parquet, metadata.json with
    timestamp, count, coverage and schema, and SHA256SUMS. A run that fails or is killed leaves the
    last export as it is.

    With --layout static, the set is a tree in the folder `static`: for each product the newest
    builds and all versions, each with its builds.

    With --changes, what has changed since is put into a folder changes-SINCE-TIMESTAMP beside it;
    nothing is written if nothing has.

    \b
    Examples:
      buildhub export --format parquet --format csv
      duckdb -c "SELECT count(*) FROM 'exports/latest/builds.parquet'"
      buildhub export --layout static
      cat exports/static/latest/firefox/latest-release-win64-fr.txt
    """
    password = os.environ.get(PASSWORD_VARIABLE)
    key = None if sign_key is None else SigningKey(sign_key, password)
    layout = LAYOUTS[layout_name]
    _check_usage(layout, formats, changes=changes)
    folder = ExportFolder(output / layout.folder)
    if changes:
        written = export_changes(connection_options(settings), folder, key=key)
        click.echo(_changes(written) if written else "Nothing has changed.")
        return
    with _progress(quiet=quiet) as show:
        exported = export(
            connection_options(settings),
            folder,
            formats or layout.formats[:1],
            layout=layout,
            key=key,
            kept=keep,
            on_progress=show,
        )
    for removed in () if quiet else exported.removed:
        click.echo(f"Removed {removed}.", err=True)
    click.echo(f"{exported.count:,} builds as of {exported.timestamp} in {exported.folder}")


def _check_usage(layout: Layout, formats: tuple[str, ...], *, changes: bool) -> None:
    refused = [each for each in formats if each not in layout.formats]
    if refused:
        known = " or ".join(layout.formats) or "none, so leave --format out"
        raise click.UsageError(f"--layout {layout.name} has no format {refused[0]}: {known}")
    if changes and layout is not BUILDS:
        raise click.UsageError(f"--changes is of whole records, and not of --layout {layout.name}")


def _changes(exported: Exported) -> str:
    return f"{exported.count:,} changes up to {exported.timestamp} in {exported.folder}"


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.completed:,} records read"), TimeElapsedColumn())
    is_shown = console.is_terminal and not quiet
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task("", total=None)
        yield lambda count: progress.update(task, completed=count)
