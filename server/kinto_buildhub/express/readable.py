"""What a short way has to know of a collection, asked of the database in one statement."""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import sqlalchemy
from sqlalchemy.pool import NullPool

from kinto_buildhub.storage.ordering import timestamp_query

APPLICATION_NAME = "buildhub short way"

# After the database did not answer.
PAUSE_SECONDS = 1.0

# Somebody who makes collections by the thousand shall not fill the memory.
MOST_COLLECTIONS = 1000

# Planning the statements takes the database longer than executing them. The metadata is told only
# where it is not known yet; `xmin` tells the versions of a row apart even where one that was made
# anew was given the timestamp of the one before.
_READABLE = """
    SELECT found.version,
           CASE WHEN found.version <> $4 THEN CAST(found.data AS TEXT) END AS metadata,
           EXISTS (
               SELECT 1 FROM access_control_entries
                WHERE principal = 'system.Everyone'
                  AND object_id IN ($1, $2)
                  AND permission IN ('read', 'write')) AS is_public
      FROM (
          SELECT CAST(xmin AS TEXT) || ' ' || as_epoch(last_modified) AS version, data
            FROM objects
           WHERE resource_name = 'collection'
             AND parent_id = $1
             AND id = $3
             AND NOT deleted
      ) AS found
"""
_PREPARE = f"""
    PREPARE readable (text, text, text, text) AS {_READABLE};
    PREPARE listable (text, text, text, text) AS
    SELECT *
      FROM ({_READABLE}) AS readable
     CROSS JOIN ({timestamp_query(parent_id="$2", resource_name="'record'")}) AS changed
     CROSS JOIN (
         SELECT CASE WHEN NOT pg_is_in_recovery() THEN CAST(pg_current_snapshot() AS TEXT) END
             AS snapshot
     ) AS seen;
"""  # noqa: S608
_EXECUTE = {False: "EXECUTE readable (%s, %s, %s, %s)", True: "EXECUTE listable (%s, %s, %s, %s)"}

DatabaseError = (psycopg2.Error, sqlalchemy.exc.SQLAlchemyError)


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as it is now.

    Attributes:
        version: is another after each change of the metadata.
        is_public: whether a permission lets everyone read it.
        timestamp: of its records, in ms; None where nobody ever asked for it.
        state: of the whole database. Where it is the same as before, no transaction has ended in
            between, so that whatever was read then would be read again. None where that cannot
            be told: a standby does not list the transactions that it has yet to see the end of.
    """

    version: str
    metadata: dict[str, Any]
    is_public: bool
    timestamp: int | None = None
    state: str | None = None


class Readable:
    """Asks the database, on a connection for each thread, outside of any transaction."""

    def __init__(self, url: str) -> None:
        self._engine = sqlalchemy.create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
            # For who looks at the database's connections, unless the URL says another.
            connect_args={"fallback_application_name": APPLICATION_NAME},
        )
        sqlalchemy.event.listen(self._engine, "connect", self._prepare)
        self._connections = itertools.count()
        self._newest_connection = 0
        self._resume_at = 0.0
        self._local = threading.local()
        self._known: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}

    @contextmanager
    def connect(self, *, readonly: bool = True) -> Iterator[Any]:
        """Yield this thread's connection, as the client of a storage of Kinto's does.

        Raises:
            DatabaseError: the database does not answer; the next time gets a new connection.
        """
        try:
            if getattr(self._local, "connection", None) is None:
                self._local.connection = self._engine.connect()
            yield self._local.connection
        except DatabaseError as exc:
            # A statement that was wrong breaks nothing.
            if getattr(exc, "connection_invalidated", True):
                self._disconnect()
            raise

    def _disconnect(self) -> None:
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def find(
        self, bucket_id: str, collection_id: str, *, with_timestamp: bool = False
    ) -> Collection | None:
        """Return the collection; None if there is none, or if the database does not answer.

        Args:
            with_timestamp: tell that of its records, too.
        """
        if time.monotonic() < self._resume_at:
            return None
        key = (bucket_id, collection_id)
        version, metadata = self._known.get(key, ("", {}))
        bucket = f"/buckets/{bucket_id}"
        values = (bucket, f"{bucket}/collections/{collection_id}", collection_id, version)
        try:
            with self.connect() as connection, connection.connection.cursor() as cursor:
                newest_connection = self._newest_connection
                cursor.execute(_EXECUTE[with_timestamp], values)
                row = cursor.fetchone()
        except DatabaseError:
            # The ordinary way tells what is wrong. While it lasts, nobody waits for both.
            self._resume_at = time.monotonic() + PAUSE_SECONDS
            return None
        if row is None:
            return None
        new_version, text, is_public, *changed = row
        if text is not None:
            version, metadata = new_version, json.loads(text)
            if len(self._known) >= MOST_COLLECTIONS:
                self._known.clear()
            self._known[key] = version, metadata
        latest, is_set_up, snapshot = changed or (0, False, None)
        return Collection(
            version,
            metadata,
            is_public,
            timestamp=int(latest) if is_set_up else None,
            state=None if snapshot is None else f"{newest_connection} {snapshot}",
        )

    def _prepare(self, connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PREPARE)
        # A database that comes back after a crash, or another in its place, may have lost what
        # was known, and give the names of what was lost to something else.
        self._newest_connection = next(self._connections)
        self._known.clear()
