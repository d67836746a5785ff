"""From rows of an inventory to records, compared with reading the rows alone; and peak memory.

Usage: python -m bench.pipeline [--sizes 20000 200000]

The peer is ``gzip`` with ``csv.reader`` over the same file, in the same process. The rows are those
of the sample archive, in order of keys; seven in ten are no builds. Measured is what a load does
with them before it publishes, without metadata. The unit is processor time, which other work on the
machine hardly affects.

Peak memory is that of ``buildhub records --offline`` in its own process, for inventories of several
sizes. It may not grow with the size.
"""

import argparse
import asyncio
import csv
import gc
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

from buildhub.archive.metadata_finder import PathsOnly
from buildhub.counts.read import ReadCounts
from buildhub.inventory.rows import find_columns
from buildhub.publish.deferred import open_deferred
from buildhub.records.derive import Deriver
from buildhub.records.pipeline import derive_part
from buildhub.records.recognise import Recogniser
from buildhub.settings import read_settings
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.inventories.inventory import INVENTORIES, gzipped, iter_rows, parts_of

MINIMUM_SHARE = 0.25
LARGEST_MEMORY_MB = 200
ROUNDS = 8


def write_inventory(path: Path, builds: int) -> None:
    """Write the sample's ``firefox`` inventory with about *builds* builds, as one part."""
    archive, inventory = SampleArchive(builds), INVENTORIES["firefox"]
    with path.open("wb") as file:
        for units in parts_of(archive, inventory):
            file.writelines(gzipped(iter_rows(inventory, units)))


def read_only(path: Path) -> ReadCounts:
    """Decompress and parse: the peer."""
    read_counts = ReadCounts()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            read_counts.rows += 1
    return read_counts


def derive(path: Path) -> ReadCounts:
    """Do what a load does before it publishes."""
    settings, read_counts = read_settings({}), ReadCounts()
    recogniser = Recogniser(settings.products)
    deriver = Deriver(PathsOnly(), settings.archive_url)

    async def run() -> None:
        with path.open("rb", buffering=0) as file, open_deferred() as deferred:
            pieces = derive_part(
                file, find_columns(), recogniser, deriver, read_counts, name="bench", parallel=16
            )
            async for derived in pieces:
                deferred.defer_unpreferred(derived)

    asyncio.run(run())
    return read_counts


def timed(work: Callable[[Path], ReadCounts], path: Path) -> tuple[float, ReadCounts]:
    """Return the seconds of processor time of *work*, and its counts."""
    started = time.process_time()
    read_counts = work(path)
    return time.process_time() - started, read_counts


def peak_memory_mb(path: Path) -> float:
    """Return the peak memory of ``buildhub records`` for an inventory."""
    with path.open("rb") as rows:
        process = subprocess.Popen(
            [sys.executable, "-m", "buildhub", "records", "--offline"],
            stdin=rows,
            stdout=subprocess.DEVNULL,
        )
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"buildhub records ended with {status}"
    return usage.ru_maxrss / 1024


def main() -> None:
    """Measure, print, and fail if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000], help="in builds")
    sizes = parser.parse_args().sizes
    gc.set_threshold(50_000, 20, 100)  # As the command sets it.
    with tempfile.TemporaryDirectory() as folder:
        paths = {size: Path(folder) / f"{size}.csv.gz" for size in sizes}
        for size, path in paths.items():
            write_inventory(path, size)
        share = report_speed(paths[sizes[0]])
        memory = [report_memory(path) for path in paths.values()]
    assert share >= MINIMUM_SHARE, f"{share:.2f} of the peer's speed: expected {MINIMUM_SHARE}"
    assert max(memory) < LARGEST_MEMORY_MB, f"{max(memory):.0f} MB: too much"


def report_speed(path: Path) -> float:
    """Print both speeds; return the ratio.

    They take turns, and the shortest time of all rounds counts, as other work on the machine can
    only add time.
    """
    rounds = [(timed(read_only, path), timed(derive, path)) for _ in range(ROUNDS)]
    peer_seconds, peer = min((peer for peer, _ in rounds), key=itemgetter(0))
    seconds, read_counts = min((ours for _, ours in rounds), key=itemgetter(0))
    share = peer_seconds / seconds
    print(f"gzip + csv.reader     {peer.rows / peer_seconds:>12,.0f} rows/s")
    rate = read_counts.rows / seconds
    print(f"rows to records       {rate:>12,.0f} rows/s   {share:.2f} of the peer")
    print(f"records               {read_counts.builds / seconds:>12,.0f} per second")
    print(f"rows that are builds  {read_counts.builds / read_counts.rows:>12.0%}")
    return share


def report_memory(path: Path) -> float:
    """Print the peak memory for one inventory, and return it."""
    rows, peak = read_only(path).rows, peak_memory_mb(path)
    print(f"peak memory           {peak:>9.0f} MB    for {rows:,} rows")
    return peak


if __name__ == "__main__":
    main()
