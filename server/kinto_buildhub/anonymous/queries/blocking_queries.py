"""Statements whose row a thread waits for, as nothing else is to be done meanwhile.

An asynchronous statement hands over the interpreter several times, which takes long where other
threads want it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from kinto_buildhub.anonymous.queries.idle_pool import IdlePool

Row = tuple[Any, ...]


class BlockingQueries:
    """Executes statements on a pool of connections, one for each statement in flight.

    Args:
        connect: returns a new connection that is ready for statements.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        # A cursor knows its connection, and making one takes time.
        self._cursors = IdlePool(
            lambda: connect().cursor(), lambda cursor: cursor.connection.close()
        )

    def fetch(self, statement: str, values: Sequence[Any] = ()) -> tuple[Row | None, int]:
        """Return the only row of a statement, and how many connections there were before it.

        Raises:
            psycopg2.Error: the database cannot be reached, or the statement failed.
        """
        cursor = self._cursors.take()
        newest = self._cursors.connection_count
        try:
            cursor.execute(statement, values)
            row = cursor.fetchone()
        except BaseException:
            cursor.connection.close()
            raise
        self._cursors.put(cursor)
        return row, newest

    def close_idle(self) -> None:
        """Close the connections that are not in use."""
        self._cursors.close_idle()
