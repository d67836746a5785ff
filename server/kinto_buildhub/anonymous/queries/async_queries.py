"""Statements whose row is fetched later, so that other work goes on meanwhile."""

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg2

from kinto_buildhub.storage.async_waits import wait

# A database that takes longer for one of these small statements counts as unreachable, and Kinto's
# own path waits for it.
TIMEOUT_SECONDS = 2.0

Connect = Callable[[], Any]


class PendingRow:
    """A statement that was sent.

    Attributes:
        newest_connection: the number of connections that had been made when it was sent.
    """

    def __init__(self, queries: "AsyncQueries", connection: Any, cursor: Any) -> None:
        self._queries, self._connection, self._cursor = queries, connection, cursor
        self.newest_connection = queries.connection_count

    def fetch(self) -> tuple[Any, ...] | None:
        """Wait for the only row and return it; to be called once.

        Raises:
            psycopg2.Error: the statement failed, or took too long.
        """
        try:
            wait(self._connection, self._queries.timeout_seconds)
            row: tuple[Any, ...] | None = self._cursor.fetchone()
        except BaseException:
            self._connection.close()
            raise
        self._queries.release(self._connection)
        return row


class AsyncQueries:
    """Sends statements on a pool of connections, one for each statement in flight.

    Args:
        connect: returns a new asynchronous connection that is ready for statements.
        timeout_seconds: how long to wait for a row.
    """

    def __init__(self, connect: Connect, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._connect = connect
        self._numbers = itertools.count(1)
        self._idle: list[Any] = []
        self.timeout_seconds = timeout_seconds
        self.connection_count = 0

    def send(self, statement: str, values: Sequence[Any] = ()) -> PendingRow:
        """Send a statement.

        Raises:
            psycopg2.Error: the database cannot be reached.
        """
        try:
            # The last one that was used: the caches of its backend process are warm.
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
            self.connection_count = next(self._numbers)
        try:
            cursor = connection.cursor()
            pending = PendingRow(self, connection, cursor)
            cursor.execute(statement, values)
        except psycopg2.Error:
            connection.close()
            raise
        return pending

    def release(self, connection: Any) -> None:
        """Put a connection back into the pool."""
        self._idle.append(connection)

    def close_idle(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            with suppress(IndexError):  # Another thread may be quicker.
                self._idle.pop().close()
