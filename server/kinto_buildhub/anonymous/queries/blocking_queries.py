"""Statements whose row a thread waits for, as nothing else is to be done meanwhile.

An asynchronous statement hands over the interpreter several times, which takes long where other
threads want it.
"""

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

Connect = Callable[[], Any]
Row = tuple[Any, ...]


class BlockingQueries:
    """Executes statements on a pool of connections, one for each statement in flight.

    Args:
        connect: returns a new connection that is ready for statements.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._numbers = itertools.count(1)
        self._newest = 0
        self._idle: list[Any] = []

    def fetch(self, statement: str, values: Sequence[Any] = ()) -> tuple[Row | None, int]:
        """Return the only row of a statement, and how many connections there were before it.

        Raises:
            psycopg2.Error: the database cannot be reached, or the statement failed.
        """
        try:
            # The last one that was used: the caches of its backend process are warm.
            cursor = self._idle.pop()
        except IndexError:
            cursor = self._connect().cursor()
            self._newest = next(self._numbers)
        newest = self._newest
        try:
            cursor.execute(statement, values)
            row = cursor.fetchone()
        except BaseException:
            cursor.connection.close()
            raise
        self._idle.append(cursor)
        return row, newest

    def close_idle(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            with suppress(IndexError):  # Another thread may be quicker.
                self._idle.pop().connection.close()
