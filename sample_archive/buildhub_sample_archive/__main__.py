"""``python -m buildhub_sample_archive``: serve the sample archive, or write its inventories."""

import signal
import threading
from pathlib import Path

import click

from buildhub_sample_archive.archive import SampleArchive
from buildhub_sample_archive.http.faults import FAULT_KINDS, Fault, parse_fault
from buildhub_sample_archive.http.listing import STYLES
from buildhub_sample_archive.http.server import S3_PATH, running_sample_archive
from buildhub_sample_archive.inventories.inventory import INVENTORIES, INVENTORY_BUCKET
from buildhub_sample_archive.inventories.store import newest_manifest_key, write_inventories
from buildhub_sample_archive.reports import FORMATS, write_report

_size = click.option(
    "--size",
    default="default",
    show_default=True,
    help="Size of the archive: tiny, default, full, or the approximate number of builds.",
)


@click.group()
def main() -> None:
    """A local archive that behaves like archive.mozilla.org.

    Its versions, dates and locales are real. Its files, build IDs and revisions are made up.
    """


@main.command()
@_size
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=0, show_default=True, help="Port to listen on; 0 chooses a free one."
)
@click.option(
    "--style",
    type=click.Choice(tuple(STYLES)),
    default="gcs",
    show_default=True,
    help="Form of the folder pages: as served from S3, or from Google Cloud Storage.",
)
@click.option(
    "faults",
    "--fault",
    multiple=True,
    metavar="KIND[,rate=,times=,seconds=,seed=][@PATTERN]",
    help="Inject a fault into the responses for paths that match the regular expression PATTERN. "
    f"Can be repeated. Kinds: {', '.join(FAULT_KINDS)}. rate: share of the paths, 0 to 1; times: "
    "number of requests for a path that fail; seconds: delay, or Retry-After; seed: other paths.",
)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps the inventories between runs. Default: a temporary one.",
)
def serve(
    size: str, host: str, port: int, style: str, faults: tuple[str, ...], cache: Path | None
) -> None:
    """Serve the archive until Ctrl-C.

    Folders and files are served over HTTP, inventories over the S3 protocol.
    """
    stopped = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stopped.set())
    try:
        chosen: list[Fault] = [parse_fault(text) for text in faults]
        with running_sample_archive(size, style, chosen, host=host, port=port, cache=cache) as url:
            click.echo(f"Sample archive ({size}, {style}) on {url}/")
            for inventory in INVENTORIES.values():
                key = newest_manifest_key(inventory)
                click.echo(f"  inventory {inventory.name}: {url}{S3_PATH}/{INVENTORY_BUCKET}/{key}")
            stopped.wait()
    except (ValueError, OSError) as exc:
        raise click.ClickException(str(exc)) from exc


@main.command()
@_size
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def inventory(size: str, folder: Path) -> None:
    """Write the newest inventories to FOLDER.

    They have the paths of their bucket. Prints the paths of the manifests.
    """
    try:
        manifests = write_inventories(SampleArchive(size), folder)
    except (ValueError, OSError) as exc:
        raise click.ClickException(str(exc)) from exc
    for manifest in manifests:
        click.echo(manifest)


@main.command()
@_size
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="csv",
    show_default=True,
    help="Of the report's shards.",
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def report(size: str, form: str, folder: Path) -> None:
    """Write an inventory report to FOLDER, as Google Cloud Storage does.

    Prints the path of its manifest.
    """
    try:
        click.echo(write_report(SampleArchive(size), folder, form))
    except (ValueError, OSError) as exc:
        raise click.ClickException(str(exc)) from exc


if __name__ == "__main__":
    main(prog_name="python -m buildhub_sample_archive")
