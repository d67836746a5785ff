"""The bulk endpoint: records per second, compared with Kinto's batches and with plain SQL.

Usage: python -m bench.bulk [--records N] [--rounds N] [--indexes] [--long LINES]

The peers are ``/batch`` of a stock Kinto, with 200 PUTs per request, and SQL that upserts 1,000
records per statement into Kinto's table, with its trigger: the speed if HTTP, permissions,
validation and events cost nothing. All use one PostgreSQL, in one run, with the records of
`bench.corpus`. Requests are sent one after another; to ``bulk`` also two at a time, as publishers
do. Stock Kinto refuses two batches at a time, as they draw the same timestamps.

``--indexes`` adds all indexes of our migration, for ours and for SQL. ``--long 2000000`` sends one
long request at the end, and prints the memory it takes.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import requests
from buildhub_schema import collection_metadata
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.run.migrate import initialize_tables, migrate
from kinto_buildhub.storage.timestamps import skip_numbered_rows
from psycopg2.extras import execute_values

from bench.corpus import iter_records
from bench.corpus_database import connect, database_url
from bench.kinto_server import settings
from tests.stand_ins.live_server import LiveServer, live_server

_USER = {"Authorization": "Basic YmVuY2g6YmVuY2g="}
_NDJSON = _USER | {"Content-Type": "application/x-ndjson"}
_PARENT_ID = "/buckets/build-hub/collections/{}"
_BATCH_PUTS = 200
_STATEMENT_ROWS = 1000
_REQUEST_LINES = 2000
_AT_ONCE = 2

_UPSERT = """
INSERT INTO objects (id, parent_id, resource_name, data, deleted) VALUES %s
ON CONFLICT (id, parent_id, resource_name) DO UPDATE
   SET data = EXCLUDED.data, deleted = FALSE, last_modified = EXCLUDED.last_modified
"""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Speed:
    """A number of records, and the time they took."""

    count: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Records per second."""
        return self.count / self.seconds


def main() -> None:
    """Start PostgreSQL and both servers, run all rounds, print the best result of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000, help="per round")
    parser.add_argument("--rounds", type=int, default=5, help="the best one counts")
    parser.add_argument("--indexes", action="store_true", help="with our migration's indexes")
    parser.add_argument("--long", type=int, default=0, help="lines of one long request")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="buildhub-bench-") as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
        _server("stock", _new_database(url, "stock")) as stock,
        _server("ours", _new_database(url, "ours")) as ours,
    ):
        url = database_url(url, "ours")
        for server in (stock, ours):
            _create_collections(server)
        if arguments.indexes:
            migrate(settings("ours", url), progress=lambda _: None)
        else:
            with connect(url) as connection, connection.cursor() as cursor:
                # As a migration does; rows without a timestamp still get one from the trigger.
                skip_numbered_rows(cursor)
        rounds = [
            _run_round(stock, ours, url, list(_make_records(arguments.records, number)))
            for number in range(arguments.rounds)
        ]
        _report(rounds, arguments.records)
        print(f"peak memory of the server's process: {_peak_mb(ours):,.0f} MB")
        if arguments.long:
            _send_long(ours, arguments.long)


def _make_records(count: int, number: int) -> Iterator[Record]:
    for name, record in iter_records(count):
        yield {"id": f"{name}-{number}", **record}


def _run_round(
    stock: LiveServer, ours: LiveServer, url: str, records: list[Record]
) -> dict[str, Speed]:
    """Return the speed of each by name, and as ``growth`` that of the database in bytes."""
    changed = [{**each, "download": {**each["download"], "size": 1}} for each in records]
    others = [{**each, "id": f"{each['id']}-other"} for each in records]
    rows, bodies, other_bodies = _rows(records), _bodies(records), _bodies(others)
    changed_rows, changed_bodies = _rows(changed), _bodies(changed)
    speeds = {
        "batch, created": _timed(lambda: _put_in_batches(stock, records[: _BATCH_PUTS * 3])),
        "SQL, created": _timed(lambda: _upsert_plainly(url, rows)),
        "bulk, created": _timed(lambda: _send(ours, bodies, "created")),
        "bulk, two at once": _timed(lambda: _send(ours, other_bodies, "created", _AT_ONCE)),
        "SQL, updated": _timed(lambda: _upsert_plainly(url, changed_rows)),
        "bulk, updated": _timed(lambda: _send(ours, changed_bodies, "updated")),
    }
    before = _database_bytes(url)
    speeds["bulk, unchanged"] = _timed(lambda: _send(ours, changed_bodies, "unchanged"))
    return speeds | {"growth": Speed(_database_bytes(url) - before, 1)}


def _report(rounds: list[dict[str, Speed]], count: int) -> None:
    """Print the best result of each, as other work on the machine can only slow it down."""
    names = [name for name in rounds[0] if name != "growth"]
    best = {name: max(each[name].per_second for each in rounds) for name in names}
    print(f"{count:,} records of about 900 bytes, the best of {len(rounds)} rounds\n")
    for name in names:
        print(f"{name:18} {best[name]:8,.0f}/s")
    print(f"\nbulk, created = {best['bulk, created'] / best['batch, created']:.0f} times batch")
    print(f"two at once   = {best['bulk, two at once'] / best['batch, created']:.0f} times batch")
    print(f"bulk, created = {best['bulk, created'] / best['SQL, created']:.2f} times SQL")
    print(f"bulk, updated = {best['bulk, updated'] / best['SQL, updated']:.2f} times SQL")
    growth = max(each["growth"].count for each in rounds)
    print(f"with unchanged records the database grew by {growth:,} bytes")


def _send_long(server: LiveServer, count: int) -> None:
    """Send lines as they are created, and print the server's memory in between."""

    def lines() -> Iterator[bytes]:
        for number, record in enumerate(_make_records(count, 0), start=1):
            yield json.dumps(record).encode() + b"\n"
            if number in (20_000, 200_000, count):
                print(f"after {number:9,} lines of one request: {_peak_mb(server):,.0f} MB")

    speed = _timed(lambda: sum(_post(server, lines()).values()))
    print(f"{speed.count:,} lines in one request: {speed.per_second:,.0f}/s")


def _put_in_batches(stock: LiveServer, records: list[Record]) -> int:
    path = f"/v1{_PARENT_ID.format('bulk')}/records/"
    remaining = iter(records)
    while part := list(islice(remaining, _BATCH_PUTS)):
        body = {
            "defaults": {"method": "PUT"},
            "requests": [{"path": path + each["id"], "body": {"data": each}} for each in part],
        }
        answer = requests.post(f"{stock.url}/batch", json=body, headers=_USER, timeout=120)
        assert {each["status"] for each in answer.json()["responses"]} == {201}
    return len(records)


def _upsert_plainly(url: str, rows: list[tuple[Any, ...]]) -> int:
    with connect(url) as connection, connection.cursor() as cursor:
        for start in range(0, len(rows), _STATEMENT_ROWS):
            part = rows[start : start + _STATEMENT_ROWS]
            execute_values(cursor, _UPSERT, part, page_size=_STATEMENT_ROWS)
    return len(rows)


def _rows(records: list[Record]) -> list[tuple[Any, ...]]:
    parent_id = _PARENT_ID.format("sql")
    return [
        (each["id"], parent_id, "record", json.dumps(_without_id(each)), False) for each in records
    ]


def _bodies(records: list[Record]) -> list[bytes]:
    """Return request bodies of 2,000 records each, as a publisher sends them."""
    lines = [json.dumps(each).encode() + b"\n" for each in records]
    return [
        b"".join(lines[start : start + _REQUEST_LINES])
        for start in range(0, len(lines), _REQUEST_LINES)
    ]


def _send(server: LiveServer, bodies: list[bytes], expected: str, at_once: int = 1) -> int:
    with ThreadPoolExecutor(at_once) as pool:
        summaries = list(pool.map(partial(_post, server), bodies))
    count = sum(int(summary[expected]) for summary in summaries)
    assert count == sum(sum(summary.values()) for summary in summaries), summaries
    return count


def _post(server: LiveServer, body: bytes | Iterable[bytes]) -> Any:
    url = f"{server.url}{_PARENT_ID.format('bulk')}/bulk"
    answer = requests.post(url, data=body, headers=_NDJSON, timeout=600)
    return json.loads(answer.content.splitlines()[-1])["summary"]


def _without_id(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "id"}


def _timed(work: Callable[[], int]) -> Speed:
    start = time.perf_counter()
    count = work()
    return Speed(count, time.perf_counter() - start)


@contextmanager
def _server(kind: str, url: str) -> Iterator[LiveServer]:
    with live_server(settings(kind, url) | {"kinto.batch_max_requests": "200"}) as server:
        yield server


def _new_database(url: str, kind: str) -> str:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {kind} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        cursor.execute(f"ALTER DATABASE {kind} SET timezone TO 'UTC'")
    url = database_url(url, kind)
    with opened_registry(settings(kind, url), command="migrate") as registry:
        initialize_tables(registry)
    return url


def _create_collections(server: LiveServer) -> None:
    bucket = f"{server.url}/buckets/build-hub"
    requests.put(bucket, json={}, headers=_USER, timeout=30).raise_for_status()
    for name in ("bulk", "sql"):
        body = {"data": collection_metadata()}
        url = f"{bucket}/collections/{name}"
        requests.put(url, json=body, headers=_USER, timeout=30).raise_for_status()


def _database_bytes(url: str) -> int:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        # Tables and indexes, without the free space and visibility maps that vacuum writes.
        cursor.execute("SELECT sum(pg_relation_size(oid)) FROM pg_class")
        return int(cursor.fetchone()[0])


def _peak_mb(server: LiveServer) -> float:
    (worker_id,) = server.worker_ids()
    status = Path(f"/proc/{worker_id}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
