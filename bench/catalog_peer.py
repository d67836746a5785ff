"""Datasette with the same records, in one SQLite table with an index for each facet.

It is no dependency of ours; an environment of its own brings it in:
``python -m venv datasette && datasette/bin/pip install datasette``.
"""

import json
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from kinto_buildhub.catalog.columns import COLUMNS, FACETS
from kinto_buildhub.catalog.pages.records import field_value

from bench.corpus import iter_records

# The names of columns are those of parameters of our page.
_FIELDS = {each.name: each.field for each in (*FACETS, *COLUMNS)} | {"url": "download.url"}
_NUMBERS = {"size"}
_INDEXED = tuple(name for name in _FIELDS if name != "url")
_TABLE = "catalogue/builds"
_START_TIMEOUT_SECONDS = 120


def fill(path: Path, count: int) -> None:
    """Write *count* records of the corpus into a new SQLite file."""
    columns = ", ".join(
        f"{name} {'INTEGER' if name in _NUMBERS else 'TEXT'}" for name in ("id", *_FIELDS)
    )
    places = ", ".join("?" * (len(_FIELDS) + 1))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE builds ({columns}, PRIMARY KEY (id))")
        database.executemany(
            f"INSERT INTO builds VALUES ({places})",
            ((record_id, *_values(record)) for record_id, record in iter_records(count)),
        )
        for name in _INDEXED:
            database.execute(f"CREATE INDEX by_{name} ON builds ({name})")
        database.execute("ANALYZE")


def _values(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(field_value(record, field) for field in _FIELDS.values())


@contextmanager
def datasette(program: Path, folder: Path, count: int) -> Iterator[str]:
    """Run Datasette on the records; yield the address of their table."""
    fill(folder / "catalogue.db", count)
    table = {
        "facets": [facet.name for facet in FACETS],
        "sort_desc": "published",
        "size": 50,
    }
    metadata = folder / "metadata.json"
    metadata.write_text(json.dumps({"databases": {"catalogue": {"tables": {"builds": table}}}}))
    port = _free_port()
    # Immutable, so that it counts once; with time to answer, else it leaves facets out.
    command = [
        *(str(program), "-i", str(folder / "catalogue.db"), "--metadata", str(metadata)),
        *("--port", str(port), "--setting", "facet_time_limit_ms", "60000"),
        *("--setting", "sql_time_limit_ms", "60000", "--setting", "suggest_facets", "off"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/{_TABLE}"
        _wait_for(process, url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", url: str) -> None:
    give_up = time.monotonic() + _START_TIMEOUT_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urlopen(url, timeout=60):  # noqa: S310 - our own.
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("datasette does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
