"""Connections that are not in use, for the next statement."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Connection = TypeVar("Connection")


class IdlePool(Generic[Connection]):
    """Connections of one kind. Threads may share it, without a lock.

    Args:
        connect: returns a new connection that is ready for statements.
        close: closes one.

    Attributes:
        connection_count: the number of connections that were made so far.
    """

    def __init__(
        self, connect: Callable[[], Connection], close: Callable[[Connection], object]
    ) -> None:
        self._connect, self._close = connect, close
        self._idle: list[Connection] = []
        self._numbers = itertools.count(1)
        self.connection_count = 0

    def take(self) -> Connection:
        """Return a connection for one statement; a new one if all are in use."""
        try:
            # The last one that was used: the caches of its backend process are warm.
            return self._idle.pop()
        except IndexError:
            connection = self._connect()
            self.connection_count = next(self._numbers)
            return connection

    def put(self, connection: Connection) -> None:
        """Put a connection back. One that may be broken is closed in place of that."""
        self._idle.append(connection)

    def close_idle(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            with suppress(IndexError):  # Another thread may be quicker.
                self._close(self._idle.pop())
