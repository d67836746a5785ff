"""What a short way has to know of a collection, asked of the database in one statement."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg2
import sqlalchemy
from sqlalchemy.pool import NullPool

from kinto_buildhub.anonymous.async_queries import Asked, Asker, wait
from kinto_buildhub.storage.ordered_writes import timestamp_query

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


_Key = tuple[str, str]
_Known = tuple[str, dict[str, Any]]
_UNKNOWN: _Known = ("", {})

# For who looks at the database's connections, unless the URL says another.
_NAMED = {"fallback_application_name": APPLICATION_NAME}


Answer = Callable[[], Collection | None]
"""Waits for what `Readable.find` would have returned, and returns that; to be called once."""


class Readable:
    """Asks the database, outside of any transaction."""

    def __init__(self, url: str) -> None:
        self._engine = sqlalchemy.create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
            connect_args=_NAMED,
        )
        sqlalchemy.event.listen(self._engine, "connect", self._prepare)
        self._asker = Asker(self._connect_beside)
        self._connections = itertools.count()
        self._newest_connection = 0
        self._resume_at = 0.0
        self._idle: list[Any] = []
        self._known: dict[_Key, _Known] = {}

    @contextmanager
    def connect(self, *, readonly: bool = True) -> Iterator[Any]:
        """Yield a connection, as the client of a storage of Kinto's does.

        Raises:
            DatabaseError: the database does not answer; the next time gets a new connection.
        """
        try:
            # The last one that was used: its process in the database has all at hand.
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
        is_broken = False
        try:
            yield connection
        except DatabaseError as exc:
            # A statement that was wrong breaks nothing.
            is_broken = getattr(exc, "connection_invalidated", True)
            raise
        finally:
            if is_broken:
                _close(connection)
            else:
                self._idle.append(connection)

    def find(
        self, bucket_id: str, collection_id: str, *, with_timestamp: bool = False
    ) -> Collection | None:
        """Return the collection; None if there is none, or if the database does not answer.

        Args:
            with_timestamp: tell that of its records, too.
        """
        if time.monotonic() < self._resume_at:
            return None
        key, known = self._known_of(bucket_id, collection_id)
        try:
            with self.connect() as connection, connection.connection.cursor() as cursor:
                newest_connection = self._newest_connection
                cursor.execute(_EXECUTE[with_timestamp], _values(key, known))
                row = cursor.fetchone()
        except DatabaseError:
            self._pause()
            return None
        return self._read(key, known, row, newest_connection)

    def ask(self, bucket_id: str, collection_id: str) -> Answer | None:
        """Ask what `find` returns, and let the database work while the caller does.

        None stands for a database that does not answer.
        """
        if time.monotonic() < self._resume_at:
            return None
        key, known = self._known_of(bucket_id, collection_id)
        try:
            asked = self._asker.ask(_EXECUTE[False], _values(key, known))
        except DatabaseError:
            self._pause()
            return None
        return partial(self._answer, asked, key, known)

    def _answer(self, asked: Asked, key: _Key, known: _Known) -> Collection | None:
        try:
            row = asked.row()
        except DatabaseError:
            self._pause()
            return None
        return self._read(key, known, row)

    def _pause(self) -> None:
        # The ordinary way tells what is wrong. While it lasts, nobody waits for both.
        self._resume_at = time.monotonic() + PAUSE_SECONDS
        # What broke one connection has most likely broken all.
        self._asker.drop()
        while self._idle:
            with suppress(IndexError):  # Another thread may be quicker.
                _close(self._idle.pop())

    def _known_of(self, bucket_id: str, collection_id: str) -> tuple[_Key, _Known]:
        key = (bucket_id, collection_id)
        return key, self._known.get(key, _UNKNOWN)

    def _read(
        self, key: _Key, known: _Known, row: Any, newest_connection: int = 0
    ) -> Collection | None:
        if row is None:
            return None
        version, text, is_public, *changed = row
        if text is not None:
            known = version, json.loads(text)
            if len(self._known) >= MOST_COLLECTIONS:
                self._known.clear()
            self._known[key] = known
        latest, is_set_up, snapshot = changed or (0, False, None)
        return Collection(
            version,
            known[1],
            is_public,
            timestamp=int(latest) if is_set_up else None,
            state=None if snapshot is None else f"{newest_connection} {snapshot}",
        )

    def _connect_beside(self) -> Any:
        arguments, named = self._engine.dialect.create_connect_args(self._engine.url)
        connection = psycopg2.connect(*arguments, **{**_NAMED, **named}, async_=True)
        try:
            wait(connection)
            cursor = connection.cursor()  # Waiting needs it to be there still.
            cursor.execute(_PREPARE)
            wait(connection)
        except BaseException:
            connection.close()
            raise
        self._known.clear()
        return connection

    def _prepare(self, connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PREPARE)
        # A database that comes back after a crash, or another in its place, may have lost what
        # was known, and give the names of what was lost to something else.
        self._newest_connection = next(self._connections)
        self._known.clear()


def _close(connection: Any) -> None:
    # Whatever state it is in, nothing is said to the database any more.
    connection.invalidate()
    connection.close()


def _values(key: _Key, known: _Known) -> tuple[str, str, str, str]:
    bucket_id, collection_id = key
    bucket = f"/buckets/{bucket_id}"
    return bucket, f"{bucket}/collections/{collection_id}", collection_id, known[0]
