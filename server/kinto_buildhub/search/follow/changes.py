"""Kinto's storage, read for the indexes: collections with a mapping, and changes of records.

Each read has its own transaction, which ends at once: a thread that only reads must not keep a
connection, or an old snapshot of the data.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import transaction
from kinto.core.storage import Filter, Sort
from kinto.core.storage.exceptions import BackendError, ObjectNotFoundError
from kinto.core.storage.postgresql.client import PostgreSQLClient
from kinto.core.utils import COMPARISON
from kinto.core.utils import sqlalchemy as sa

from kinto_buildhub.search.engine import BEGINNING, Change
from kinto_buildhub.search.errors import BeingRebuilt, StoreUnavailable
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import METADATA_KEY, BadMapping, Mapping, read_mapping

# The number of changes read at once.
BATCH_SIZE = 5000
MODIFIED = "last_modified"

# A restored dump is another database, or has other tables in it. A restored folder, or another
# server, has another start.
_IDENTITY = """
SELECT pg_postmaster_start_time(), pg_relation_filenode('objects'),
       (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(:name, 0))"


class Store:
    """Reads the storage. Each method raises `StoreUnavailable` when the storage does not answer."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Any]:
        """Read in a transaction of this thread."""
        transaction.begin()
        try:
            yield self._storage
        except BackendError as exc:
            raise StoreUnavailable(f"The storage does not answer: {exc}") from exc
        finally:
            transaction.abort()

    def mappings(self) -> dict[IndexId, Mapping | BadMapping]:
        """Return each collection that has a mapping, with the mapping or what is wrong with it."""
        with self._reading() as storage:
            found = {}
            for bucket in storage.list_all(resource_name="bucket", parent_id=""):
                collections = storage.list_all(
                    resource_name="collection", parent_id=f"/buckets/{bucket['id']}"
                )
                for collection in collections:
                    if METADATA_KEY in collection:
                        index = IndexId(bucket["id"], collection["id"])
                        found[index] = read_mapping(collection)
            return found

    def collection(self, index: IndexId) -> dict[str, Any] | None:
        """Return the collection's metadata; None if the collection does not exist."""
        with self._reading() as storage:
            try:
                found: dict[str, Any] = storage.get(
                    "collection", index.bucket_uri, index.collection_id
                )
            except ObjectNotFoundError:
                return None
            return found

    def changes(self, index: IndexId, since: int, limit: int = BATCH_SIZE) -> list[Change]:
        """Return the first changes after *since*, oldest first, deletions included."""
        with self._reading() as storage:
            rows = storage.list_all(
                resource_name="record",
                parent_id=index.collection_uri,
                filters=[Filter(MODIFIED, since, COMPARISON.GT)],
                sorting=[Sort(MODIFIED, 1)],
                limit=limit,
                include_deleted=True,
            )
        return [
            Change(row["id"], row[MODIFIED], None if row.get("deleted") else row) for row in rows
        ]

    def count(self, index: IndexId) -> int:
        """Return the number of records."""
        with self._reading() as storage:
            return int(storage.count_all(resource_name="record", parent_id=index.collection_uri))

    def newest(self, index: IndexId) -> int:
        """Return the timestamp of the newest change; `BEGINNING` if there is none."""
        return self._newest(index, [], include_deleted=True)

    def newest_record(self, index: IndexId, up_to: int) -> int:
        """Return the newest timestamp of a record up to *up_to*; `BEGINNING` if there is none."""
        return self._newest(index, [Filter(MODIFIED, up_to, COMPARISON.MAX)], include_deleted=False)

    def _newest(self, index: IndexId, filters: list[Filter], *, include_deleted: bool) -> int:
        with self._reading() as storage:
            rows = storage.list_all(
                resource_name="record",
                parent_id=index.collection_uri,
                filters=filters,
                sorting=[Sort(MODIFIED, -1)],
                limit=1,
                include_deleted=include_deleted,
            )
        return int(rows[0][MODIFIED]) if rows else BEGINNING

    def identity(self) -> tuple[str, ...]:
        """Return a value that differs once the database was restarted, restored or replaced.

        It may differ for other reasons, too. Storages without a database have an empty one.
        """
        client = getattr(self._storage, "client", None)
        if not isinstance(client, PostgreSQLClient):
            return ()
        with self._reading(), client.connect(readonly=True) as connection:
            row = connection.execute(sa.text(_IDENTITY)).fetchone()
        return tuple(str(value) for value in row)

    @contextlib.contextmanager
    def rebuilding(self, index: IndexId) -> Iterator[None]:
        """Keep others from rebuilding an index meanwhile, wherever they run.

        Raises:
            BeingRebuilt: another one is rebuilding it.
        """
        client = getattr(self._storage, "client", None)
        if not isinstance(client, PostgreSQLClient):
            yield
            return
        # A connection of its own, as the lock lives as long as that.
        engine = client.session_factory.session_factory.kw["bind"]
        name = {"name": f"buildhub rebuilds {index}"}
        try:
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            is_free = connection.scalar(sa.text(_LOCK), name)
        except sa.exc.SQLAlchemyError as exc:
            raise StoreUnavailable(f"The storage does not answer: {exc}") from exc
        try:
            if not is_free:
                raise BeingRebuilt(f"The index of {index} is being rebuilt by another process.")
            yield
        finally:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                if is_free:  # At once: a closed connection's lock ends a little later.
                    connection.execute(sa.text(_UNLOCK), name)
            connection.invalidate()  # Closed, not put back into the pool, perhaps with the lock.
            connection.close()

    def record(self, index: IndexId, record_id: str) -> dict[str, Any] | None:
        """Return one record; None if it does not exist."""
        with self._reading() as storage:
            try:
                found: dict[str, Any] = storage.get("record", index.collection_uri, record_id)
            except ObjectNotFoundError:
                return None
            return found
