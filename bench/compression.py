"""Repeated reads: as they are, in gzip and in zstd, and on a server that compresses nothing.

Two servers on one database, of which one has no compression at all, are asked for the same answers
in turn. Nothing is written meanwhile, so that both repeat kept answers, of which compressed forms
are kept, too. Printed are the median times, their ratios to the server without compression, and the
bytes of the bodies on the wire.

Run as ``python -m bench.compression --records 20000``.
"""

import argparse
import http.client
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.run.migrate import initialize_tables, migrate

from bench.corpus_database import connect, load_corpus, settle
from bench.kinto_server import settings
from bench.reads import RECORDS_PATH, running_server
from bench.steps import timed_step

_WITHOUT = {"KINTO_BUILDHUB_COMPRESSION": ""}
_WARM_UPS = 10

Connection = http.client.HTTPConnection


def main() -> None:
    """Fill a database, start both servers, ask them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=500)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="buildhub-bench-") as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
    ):
        record_id = _fill(url, arguments.records)
        paths = {"one record": f"{RECORDS_PATH}/{record_id}"}
        paths |= {f"{size:,} records": f"{RECORDS_PATH}?_limit={size}" for size in (10, 100, 1000)}
        with (
            running_server("ours", url, _WITHOUT) as without,
            running_server("ours", url) as compressing,
        ):
            _report(paths, without, compressing, arguments.runs)


def _fill(url: str, count: int) -> str:
    """Fill the database; return the ID of a record."""
    with timed_step(f"filling a database with {count:,} records"):
        with opened_registry(settings("ours", url), command="migrate") as registry:
            initialize_tables(registry)
        load_corpus(url, count)
        migrate(settings("ours", url), progress=lambda _: None)
        settle(url)
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM objects WHERE resource_name = 'record' LIMIT 1")
        return str(cursor.fetchone()[0])


def _report(
    paths: Mapping[str, str], without: Connection, compressing: Connection, runs: int
) -> None:
    print("\nMedians in milliseconds; ratios to the server without compression; bytes of bodies\n")
    print(f"{'':16} {'':10} {'ms':>8} {'ratio':>7} {'bytes':>10} {'share':>7}")
    for name, path in paths.items():
        ways = {
            "without": (without, "identity"),
            "identity": (compressing, "identity"),
            "gzip": (compressing, "gzip"),
            "zstd": (compressing, "zstd"),
        }
        times: dict[str, list[float]] = {way: [] for way in ways}
        sizes: dict[str, int] = {}
        for run in range(runs + _WARM_UPS):
            turn = run % len(ways)  # What comes after a long answer is slower.
            for way in [*list(ways)[turn:], *list(ways)[:turn]]:
                seconds, sizes[way] = _ask(*ways[way], path)
                if run >= _WARM_UPS:
                    times[way].append(seconds)
        base = statistics.median(times["without"])
        for way, found in times.items():
            median, share = statistics.median(found), sizes[way] / sizes["without"]
            print(
                f"{name:16} {way:10} {median * 1000:8.3f} {median / base:7.2f}"
                f" {sizes[way]:10,} {share:7.3f}",
                flush=True,
            )


def _ask(connection: Connection, coding: str, path: str) -> tuple[float, int]:
    """Return the time to the last byte, and the size of the body as it came."""
    started = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": coding})
    response = connection.getresponse()
    body = response.read()
    seconds = time.perf_counter() - started
    assert response.status == 200, response.status
    assert response.headers.get("Content-Encoding", "identity") == coding or len(body) < 1024
    return seconds, len(body)


if __name__ == "__main__":
    main()
