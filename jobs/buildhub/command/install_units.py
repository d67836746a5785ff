"""``buildhub install-units``: systemd units of the server and the jobs, to look at or to write."""

import sys
from importlib import resources
from pathlib import Path

import click

from buildhub.counts.summary import ExitCode

_FOLDER = resources.files("buildhub.command") / "units"


@click.command("install-units", short_help="Print systemd units of the server and the jobs.")
@click.argument("names", metavar="[UNIT]...", nargs=-1)
@click.option(
    "--into",
    metavar="FOLDER",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Write them there, such as /etc/systemd/system, instead. Units that are there and are "
    "different are left alone.",
)
@click.option("--force", is_flag=True, help="With --into, replace units that are different.")
def command(names: tuple[str, ...], *, into: Path | None, force: bool) -> None:
    """Print systemd units: of the server, of its jobs, and timers for these.

    Each UNIT is a name such as buildhub.service; without one, all are taken. They expect BuildHub
    in /opt/buildhub, its data in /var/lib/buildhub, a user buildhub, and the settings of the
    server and of the jobs in /etc/buildhub/server.env and /etc/buildhub/jobs.env. To change
    one, use `systemctl edit`.
    """
    units = _read_units()
    for name in names:
        if name not in units:
            raise click.BadParameter(
                f"{name}: expected one of {', '.join(units)}", param_hint="UNIT"
            )
    chosen = {name: units[name] for name in names or units}
    if into is None:
        click.echo("\n".join(f"# {name}\n{text}" for name, text in chosen.items()), nl=False)
    elif not _write(chosen, into, force=force):
        sys.exit(ExitCode.PARTIAL)


def _read_units() -> dict[str, str]:
    """Return the text of each unit, by name."""
    files = sorted(_FOLDER.iterdir(), key=lambda file: file.name)
    return {file.name: file.read_text() for file in files if "." in file.name}


def _write(units: dict[str, str], folder: Path, *, force: bool) -> bool:
    """Write units; return whether all are there now."""
    is_whole = True
    for name, text in units.items():
        path = folder / name
        there = path.read_text() if path.exists() else None
        if there == text:
            click.echo(f"{path}: is there")
        elif there is None or force:
            path.write_text(text)
            click.echo(f"{path}: written")
        else:
            click.echo(f"{path}: is different, and was left alone; --force replaces it", err=True)
            is_whole = False
    return is_whole
