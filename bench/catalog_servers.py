"""Both servers with the builds of a sample archive, in a folder that a second run finds filled.

Ours is filled as users fill it, by ``buildhub load``; Datasette gets what our database then holds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kinto_buildhub.run.configuration import PACKAGED_INI
from kinto_buildhub.run.data_folder import DataFolder
from kinto_buildhub.run.serve import running_database

from bench.catalog_peer import datasette, fill
from bench.corpus_database import iter_collection, settle
from bench.load import (
    archive_addresses,
    run_buildhub,
    running_server,
    wait_for_index,
)
from bench.steps import timed_step
from bench.walk import running_archive
from tests.stand_ins.programs import free_port

# With millions of builds on a busy machine.
_INDEX_TIMEOUT_SECONDS = 4 * 3600.0


def fill_both(folder: Path, sample: str) -> Path:
    """Fill *folder* for both servers unless it is; return the path of Datasette's file.

    What was stopped is continued: a load twice publishes nothing twice.
    """
    ours, table = DataFolder(folder / "buildhub"), folder / "catalogue.db"
    if table.exists():
        return table
    ours.make()
    with (
        timed_step(f"buildhub load of the {sample} sample"),
        running_archive(sample, "gcs", port=_archive_port(folder)) as archive_url,
        running_server(ours.path) as environment,
    ):
        run_buildhub("load", environment | archive_addresses(archive_url))
        wait_for_index(environment, _INDEX_TIMEOUT_SECONDS)
    with (
        timed_step("the same records for Datasette"),
        running_database(PACKAGED_INI, ours, report=lambda _: None) as running,
    ):
        settle(running.settings["kinto.storage_url"])
        fill(table, iter_collection(running.settings["kinto.storage_url"]))
    return table


def _archive_port(folder: Path) -> int:
    """Return the port that the addresses of the builds have, also where a fill is continued."""
    kept = folder / "archive.port"
    if not kept.exists():
        kept.write_text(str(free_port()))
    return int(kept.read_text())


@contextmanager
def both_servers(folder: Path, program: Path) -> Iterator[tuple[str, str]]:
    """Run both on a filled *folder*; yield the address of our page, and of the table's."""
    with (
        running_server(folder / "buildhub") as environment,
        datasette(program, folder / "catalogue.db") as table,
    ):
        wait_for_index(environment)
        yield f"{environment['SERVER_URL']}/catalog/", table
