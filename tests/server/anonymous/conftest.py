"""A server that counts what goes the ordinary way, with collections that everyone may read."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
import webtest
from kinto_buildhub.storage.indexes import ensure_indexes
from sqlalchemy import make_url

from tests.conftest import PUBLISHER_HEADERS
from tests.server.storage.conftest import SCHEMA

INCLUDES = "kinto.plugins.default_bucket kinto_buildhub tests.server.anonymous.kinto_path"

# Has no meaning, and sends a request the ordinary way.
ORDINARY = {"Cookie": "any=thing"}


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
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.request(
            f"{self.path}/records?{query}", method=method, headers=named, status="*"
        )

    def goes_short(self, ask: Callable[[], Any]) -> bool:
        """Tell whether what *ask* asks is answered without the ordinary way."""
        before = self.app.app.registry.ordinary_count
        ask()
        return bool(self.app.app.registry.ordinary_count == before)


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
