"""Datasette with the same records, in one SQLite table with an index for each facet.

It is no dependency of ours; an environment of its own brings it in:
``python -m venv datasette && datasette/bin/pip install datasette``.
"""

import json
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from kinto_buildhub.catalog.columns import COLUMNS, FACETS
from kinto_buildhub.catalog.pages.records import field_value

from tests.stand_ins.programs import free_port

# The names of columns are those of parameters of our page.
_FIELDS = {each.name: each.field for each in (*FACETS, *COLUMNS)} | {"url": "download.url"}
_NUMBERS = {"size"}
_INDEXED = tuple(name for name in _FIELDS if name != "url")
_TABLE = "catalogue/builds"
_START_TIMEOUT_SECONDS = 120


def fill(path: Path, records: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Write *records*, each with its ID, into a SQLite file, which is there when complete."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    _fill(unfinished, records)
    unfinished.rename(path)


def _fill(path: Path, records: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    columns = ", ".join(
        f"{name} {'INTEGER' if name in _NUMBERS else 'TEXT'}" for name in ("id", *_FIELDS)
    )
    places = ", ".join("?" * (len(_FIELDS) + 1))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE builds ({columns}, PRIMARY KEY (id))")
        database.executemany(
            f"INSERT INTO builds VALUES ({places})",
            ((record_id, *_values(record)) for record_id, record in records),
        )
        for name in _INDEXED:
            database.execute(f"CREATE INDEX by_{name} ON builds ({name})")
        database.execute("ANALYZE")


def _values(record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(field_value(record, field) for field in _FIELDS.values())


def sample(path: Path, count: int) -> list[dict[str, Any]]:
    """Return about *count* rows that have a build ID, from everywhere in the file."""
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        (total,) = database.execute("SELECT max(rowid) FROM builds").fetchone()
        rows = database.execute(
            "SELECT * FROM builds WHERE rowid % ? = 0 AND build IS NOT NULL ORDER BY rowid",
            (max(1, total // count),),
        )
        return [dict(row) for row in rows]


@contextmanager
def datasette(program: Path, file: Path) -> Iterator[str]:
    """Run Datasette on a file of `fill`; yield the address of its table."""
    table = {
        "facets": [facet.name for facet in FACETS],
        "sort_desc": "published",
        "size": 50,
    }
    metadata = file.with_name("metadata.json")
    metadata.write_text(json.dumps({"databases": {"catalogue": {"tables": {"builds": table}}}}))
    port = free_port()
    # Immutable, so that it counts once; with time to answer, else it leaves facets out.
    command = [
        *(str(program), "-i", str(file), "--metadata", str(metadata)),
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
