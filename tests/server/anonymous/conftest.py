"""A server that counts requests on Kinto's own path, with collections that everyone may read."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
import webtest
from kinto_buildhub.anonymous.queries.database import APPLICATION_NAME
from kinto_buildhub.storage.indexes import ensure_indexes
from sqlalchemy import make_url

from tests.conftest import PUBLISHER_HEADERS
from tests.server.storage.conftest import SCHEMA

INCLUDES = "kinto.plugins.default_bucket kinto_buildhub tests.server.anonymous.kinto_path"

# Has no meaning, and makes a request not eligible.
ON_KINTO_PATH = {"Cookie": "any=thing"}


@dataclass(frozen=True)
class Place:
    """A collection that everyone may read, on a server of which we see the database."""

    app: webtest.TestApp
    connection: Any
    bucket_id: str

    @property
    def path(self) -> str:
        """The address of the collection."""
        return f"/v1/buckets/{self.bucket_id}/collections/things"

    def fill(self, records: list[dict[str, Any]], deleted: int = 0) -> None:
        """Put these records, in this order, in place of all others; the last are tombstones."""
        kept = len(records) - deleted
        rows = [
            (
                f"r{number}",
                self.path.removeprefix("/v1"),
                f"2020-01-01T00:00:00.{number:03d}",
                json.dumps(record if number < kept else {"deleted": True}),
                number >= kept,
            )
            for number, record in enumerate(records)
        ]
        with self.connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM objects WHERE resource_name = 'record' AND parent_id = %s",
                (self.path.removeprefix("/v1"),),
            )
            cursor.executemany(
                "INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)"
                " VALUES (%s, %s, 'record', %s, %s, %s)",
                rows,
            )

    def ask(self, query: str = "", method: str = "GET", **headers: str) -> webtest.TestResponse:
        """Ask for records, whatever the answer; ``If_None_Match`` is If-None-Match."""
        return self._get(f"records?{query}", method, headers)

    def get_record(
        self, record_id: str, method: str = "GET", **headers: str
    ) -> webtest.TestResponse:
        """Ask for one record, as `ask` does."""
        return self._get(f"records/{record_id}", method, headers)

    def _get(self, endpoint: str, method: str, headers: dict[str, str]) -> webtest.TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.request(f"{self.path}/{endpoint}", method=method, headers=named, status="*")

    def last_statement(self) -> str:
        """Return what the fast path last asked the database."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT query FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = %s"
                " ORDER BY query_start DESC LIMIT 1",
                (APPLICATION_NAME,),
            )
            return str(cursor.fetchone()[0])

    def end_connections(self) -> int:
        """End the connections of the fast path; return how many there were."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = %s",
                (APPLICATION_NAME,),
            )
            return int(cursor.fetchone()[0])

    def is_kept(self, ask: Callable[[], Any]) -> bool:
        """Return whether an answer is taken from memory, and the database not asked for more."""
        return self.is_fast(ask) and self.last_statement().startswith("EXECUTE ")

    def is_fast(self, ask: Callable[[], Any]) -> bool:
        """Return whether what *ask* asks is answered without Kinto's own path."""
        before = self.app.app.registry.kinto_path_count
        ask()
        return bool(self.app.app.registry.kinto_path_count == before)


@pytest.fixture(scope="session")
def make_place(
    make_app: Callable[..., webtest.TestApp], make_database: Callable[[], str]
) -> Iterator[Callable[..., Place]]:
    """A function that makes a server of its own, from settings, with one such place."""
    with ExitStack() as stack:

        def make(**changes: str) -> Place:
            url = make_database()
            app = make_app(url, **{"kinto.includes": INCLUDES} | changes)
            connection = stack.enter_context(closing(psycopg2.connect(url)))
            connection.autocommit = True
            with connection.cursor() as cursor:
                # Tables of ten rows are read from end to end, unless that is made unattractive.
                cursor.execute(f"ALTER DATABASE {make_url(url).database} SET enable_seqscan TO off")
            return make_collection(app, connection, {"schema": SCHEMA})

        yield make


def make_collection(app: webtest.TestApp, connection: Any, metadata: dict[str, Any]) -> Place:
    """Make a bucket that everyone may read, the collection in it, and the database's indexes."""
    place = Place(app, connection, f"place-{uuid.uuid4().hex}")
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    app.put_json(f"/v1/buckets/{place.bucket_id}", everyone, headers=PUBLISHER_HEADERS)
    app.put_json(place.path, {"data": metadata}, headers=PUBLISHER_HEADERS)
    ensure_indexes(connection, progress=lambda _: None)
    # Before anybody has asked for it, a list has no timestamp.
    app.get(f"{place.path}/records", headers=PUBLISHER_HEADERS)
    return place


@pytest.fixture(scope="session")
def shared_place(make_place: Callable[..., Place]) -> Place:
    """A place for tests that change only its records."""
    return make_place()


@pytest.fixture
def place(shared_place: Place) -> Place:
    """An empty collection of its own, with a schema, on the shared server."""
    return make_collection(shared_place.app, shared_place.connection, {"schema": SCHEMA})


@pytest.fixture(scope="session")
def bare_place(shared_place: Place) -> Place:
    """A place without a schema, and so without indexes."""
    return make_collection(shared_place.app, shared_place.connection, {})
