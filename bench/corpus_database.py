"""Fills a Kinto database with the corpus directly, without Kinto, and reads records from one."""

import io
import itertools
import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
from buildhub_schema import BUCKET_ID, COLLECTION_ID
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.migrate import migrate
from sqlalchemy import make_url

from bench.corpus import iter_records
from bench.kinto_server import settings

PARENT_ID = f"/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}"
_CHUNK = 20_000
_FIRST = datetime(2025, 3, 1)  # noqa: DTZ001 - a column without time zone; Kinto's are UTC.


@contextmanager
def connect(url: str) -> Iterator[Any]:
    """Yield a connection on which each statement is a transaction."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        yield connection


def database_url(url: str, name: str) -> str:
    """Return the URL of the database *name* on the same PostgreSQL server."""
    return str(make_url(url).set(database=name).render_as_string(hide_password=False))


@contextmanager
def loaded_database(count: int) -> Iterator[str]:
    """Run PostgreSQL with *count* records in our tables while the context lasts; yield its URL."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
    ):
        migrate(settings("ours", url), progress=lambda _: None)
        load_corpus(url, count)
        settle(url)
        yield url


def load_corpus(url: str, count: int) -> None:
    """Insert *count* records into the collection, in order of paths, a millisecond apart."""
    with connect(url) as connection, connection.cursor() as cursor:
        # Kinto's trigger draws a timestamp for each record; these already have theirs.
        cursor.execute("ALTER TABLE objects DISABLE TRIGGER USER")
        records = enumerate(iter_records(count))
        while chunk := list(itertools.islice(records, _CHUNK)):
            lines = "".join(_line(number, *record) for number, record in chunk)
            cursor.copy_expert(
                "COPY objects (id, parent_id, resource_name, last_modified, data, deleted) "
                "FROM STDIN",
                io.StringIO(lines),
            )
        cursor.execute("ALTER TABLE objects ENABLE TRIGGER USER")


def iter_collection(url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ID and content of each record of the collection, in the order of their IDs."""
    # A named cursor is read piece by piece.
    with closing(psycopg2.connect(url)) as connection, connection.cursor("records") as cursor:
        cursor.itersize = _CHUNK
        cursor.execute(
            "SELECT id, data FROM objects WHERE resource_name = 'record' AND parent_id = %s "
            "AND NOT deleted ORDER BY id",
            (PARENT_ID,),
        )
        yield from cursor


def copy_database(url: str, name: str) -> str:
    """Copy the database at *url*, which must have no connections, to *name*; return its URL."""
    source = make_url(url).database
    with connect(database_url(url, "postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        cursor.execute(f"ALTER DATABASE {name} SET timezone TO 'UTC'")
    return database_url(url, name)


def settle(url: str) -> None:
    """Vacuum now, so that the measurement does not depend on when autovacuum runs."""
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE objects")
        cursor.execute("CHECKPOINT")


def _line(number: int, record_id: str, record: dict[str, Any]) -> str:
    moment = _FIRST + timedelta(milliseconds=number)
    data = json.dumps(record | {"schema": 1_600_000_000_000}).replace("\\", "\\\\")
    return f"{record_id}\t{PARENT_ID}\trecord\t{moment.isoformat()}\t{data}\tf\n"
