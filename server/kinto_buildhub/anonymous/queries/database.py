"""The database as the fast path uses it: outside of any transaction, and paused after a failure."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
import sqlalchemy
from sqlalchemy.pool import NullPool

from kinto_buildhub.anonymous.failures import FailureLog
from kinto_buildhub.anonymous.queries.async_queries import TIMEOUT_SECONDS, AsyncQueries, PendingRow
from kinto_buildhub.anonymous.queries.blocking_queries import BlockingQueries, Row
from kinto_buildhub.anonymous.queries.idle_pool import IdlePool
from kinto_buildhub.storage.async_waits import wait
from kinto_buildhub.storage.watchdog import WATCHDOG

APPLICATION_NAME = "buildhub fast path"

# After a failure, Kinto's own path reports what is wrong; nobody waits for both meanwhile.
PAUSE_SECONDS = 1.0

DatabaseError = (psycopg2.Error, sqlalchemy.exc.SQLAlchemyError)

# Shown in pg_stat_activity, unless the URL gives another name.
_NAMED = {"fallback_application_name": APPLICATION_NAME}


class Database:
    """Connections for single rows, some of them asynchronous, and SQLAlchemy's for lists.

    Args:
        url: of PostgreSQL, for SQLAlchemy.
        prepare: SQL to run on each new connection for single rows.
        failures: where a database that does not answer is reported.
        on_connect: called with each of them.
    """

    def __init__(
        self,
        url: str,
        prepare: str,
        failures: FailureLog,
        *,
        on_connect: Callable[[], None] = lambda: None,
        pause_seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = sqlalchemy.create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
            connect_args=_NAMED,
        )
        WATCHDOG.watch(self._engine)
        self._prepare, self._failures, self._on_connect = prepare, failures, on_connect
        self._pause_seconds, self._clock = pause_seconds, clock
        self._rows = AsyncQueries(self._connect_async)
        self._rows_now = BlockingQueries(self._connect_now)
        self._connections = IdlePool(self._engine.connect, _close)
        self._resume_at = 0.0

    def fetch_now(
        self, statement: str, values: Sequence[Any] = ()
    ) -> tuple[Row | None, int] | None:
        """Return what `BlockingQueries.fetch` returns; None while the database does not answer."""
        if self._clock() < self._resume_at:
            return None
        try:
            return self._rows_now.fetch(statement, values)
        except DatabaseError as exc:
            self._pause(exc)
            return None

    def send(self, statement: str, values: Sequence[Any] = ()) -> PendingRow | None:
        """Send a statement that returns one row; None while the database does not answer."""
        if self._clock() < self._resume_at:
            return None
        try:
            WATCHDOG.check(self._engine)
            return self._rows.send(statement, values)
        except DatabaseError as exc:
            self._pause(exc)
            return None

    def fetch(self, pending: PendingRow) -> tuple[Any, ...] | None:
        """Return the row of a statement; None if there is none, or the database fails."""
        try:
            return pending.fetch()
        except DatabaseError as exc:
            self._pause(exc)
            return None

    @contextmanager
    def connect(self, *, readonly: bool = True) -> Iterator[Any]:
        """Yield a connection, as the client of one of Kinto's storages does.

        Raises:
            DatabaseError: the database does not answer; the next call gets a new connection.
        """
        connection = self._connections.take()
        is_broken = False
        try:
            yield connection
        except DatabaseError as exc:
            # A wrong statement does not break the connection.
            is_broken = getattr(exc, "connection_invalidated", True)
            raise
        finally:
            if is_broken:
                _close(connection)
            else:
                self._connections.put(connection)

    def _pause(self, exc: Exception) -> None:
        self._failures.report(exc)
        self._resume_at = self._clock() + self._pause_seconds
        self.close_idle()  # What broke one connection has most likely broken all.

    def close_idle(self) -> None:
        """Close the connections that are not in use."""
        self._rows.close_idle()
        self._rows_now.close_idle()
        self._connections.close_idle()

    def _connect_now(self) -> Any:
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(self._prepare)
        except BaseException:
            connection.close()
            raise
        self._on_connect()
        return connection

    def _connect_async(self) -> Any:
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        connection = psycopg2.connect(*arguments, **{**_NAMED, **options}, async_=True)
        try:
            wait(connection, TIMEOUT_SECONDS)
            cursor = connection.cursor()  # Must live until the statements are done.
            cursor.execute(self._prepare)
            wait(connection, TIMEOUT_SECONDS)
        except BaseException:
            connection.close()
            raise
        self._on_connect()
        return connection


def _close(connection: Any) -> None:
    # Whatever state it is in, nothing more is sent to the database.
    connection.invalidate()
    connection.close()
