"""Kinto's storage and ours, side by side on one database with indexes."""

import json
import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
from kinto.core.storage.postgresql import Storage as StockStorage
from kinto.core.storage.postgresql.client import PostgreSQLClient
from kinto_buildhub.storage import Storage
from kinto_buildhub.storage.indexes import ensure_indexes
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import scoped_session, sessionmaker

PARENT_ID = "/buckets/pair/collections/things"
SCHEMA = {
    "type": "object",
    "properties": {
        "made": {"type": "string", "x-sortable": True, "x-published": True},
        "it": {
            "properties": {
                "kind": {"type": "string", "x-facet": True},
                "size": {"type": "integer", "x-sortable": True},
            }
        },
        "plain": {"type": "string"},
    },
}


@dataclass(frozen=True)
class Pair:
    """Both storages, and a connection to put records where they look.

    ``wary`` is ours too, and takes a sample of the records of each value.
    """

    stock: StockStorage
    ours: Storage
    wary: Storage
    connection: Any

    def fill(self, records: list[dict[str, Any]]) -> None:
        """Put these records, in this order, in place of all others."""
        rows = [
            (f"r{number}", PARENT_ID, f"2020-01-01T00:00:00.{number:03d}", json.dumps(record))
            for number, record in enumerate(records)
        ]
        with self.connection.cursor() as cursor:
            cursor.execute("DELETE FROM objects WHERE resource_name = 'record'")
            cursor.executemany(
                "INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)"
                " VALUES (%s, %s, 'record', %s, %s, false)",
                rows,
            )


@contextmanager
def connected_storage(url: str, cls: type[StockStorage] = Storage) -> Iterator[StockStorage]:
    """A storage on the database at *url*, without an application around it."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg2"))
    client = PostgreSQLClient(scoped_session(sessionmaker(bind=engine)), True, lambda _: None)
    yield cls(client=client, max_fetch_size=100)
    client.session_factory.remove()
    engine.dispose()


@pytest.fixture(scope="session")
def pair(make_database):
    url = make_database()
    with connected_storage(url) as storage:
        storage.initialize_schema()
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)"
                " VALUES ('things', '/buckets/pair', 'collection', now(), %s, false)",
                (json.dumps({"schema": SCHEMA}),),
            )
            # Tables of ten rows are read from end to end, unless that is made unattractive.
            cursor.execute(f"ALTER DATABASE {make_url(url).database} SET enable_seqscan TO off")
        ensure_indexes(connection, progress=lambda _: None)
        with (
            connected_storage(url, StockStorage) as stock,
            connected_storage(url) as ours,
            connected_storage(url) as wary,
        ):
            wary._statistics.is_rare = lambda field, value: True
            wary._statistics.count = lambda field, value: math.inf
            yield Pair(stock, ours, wary, connection)
