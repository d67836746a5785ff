"""Statements whose row is fetched later, so that other work goes on meanwhile."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg2

from kinto_buildhub.anonymous.queries.idle_pool import IdlePool
from kinto_buildhub.storage.async_waits import wait

# A database that takes longer for one of these small statements counts as unreachable, and Kinto's
# own path waits for it.
TIMEOUT_SECONDS = 2.0


class PendingRow:
    """A statement that was sent.

    Attributes:
        newest_connection: the number of connections that had been made when it was sent.
    """

    def __init__(
        self, pool: IdlePool[Any], timeout_seconds: float, connection: Any, cursor: Any
    ) -> None:
        self._pool, self._timeout_seconds = pool, timeout_seconds
        self._connection, self._cursor = connection, cursor
        self.newest_connection = pool.connection_count

    def fetch(self) -> tuple[Any, ...] | None:
        """Wait for the only row and return it; to be called once.

        Raises:
            psycopg2.Error: the statement failed, or took too long.
        """
        try:
            wait(self._connection, self._timeout_seconds)
            row: tuple[Any, ...] | None = self._cursor.fetchone()
        except BaseException:
            self._connection.close()
            raise
        self._pool.put(self._connection)
        return row


class AsyncQueries:
    """Sends statements on a pool of connections, one for each statement in flight.

    Args:
        connect: returns a new asynchronous connection that is ready for statements.
        timeout_seconds: how long to wait for a row.
    """

    def __init__(
        self, connect: Callable[[], Any], timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._pool = IdlePool(connect, lambda connection: connection.close())
        self.timeout_seconds = timeout_seconds

    def send(self, statement: str, values: Sequence[Any] = ()) -> PendingRow:
        """Send a statement.

        Raises:
            psycopg2.Error: the database cannot be reached.
        """
        connection = self._pool.take()
        try:
            cursor = connection.cursor()
            pending = PendingRow(self._pool, self.timeout_seconds, connection, cursor)
            cursor.execute(statement, values)
        except psycopg2.Error:
            connection.close()
            raise
        return pending

    def close_idle(self) -> None:
        """Close the connections that are not in use."""
        self._pool.close_idle()
