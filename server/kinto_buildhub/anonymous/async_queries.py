"""Statements whose answer is waited for later, so that other work goes on meanwhile."""

import select
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ

# A database that takes longer for the little that is asked here is as good as gone.
PATIENCE_SECONDS = 5.0

Connect = Callable[[], Any]


class Asked:
    """A statement on its way."""

    def __init__(self, connection: Any, cursor: Any, idle: list[Any]) -> None:
        self._connection, self._cursor, self._idle = connection, cursor, idle

    def row(self) -> tuple[Any, ...] | None:
        """Wait for the answer and return its only row; to be called once.

        Raises:
            psycopg2.Error: there is no answer.
        """
        try:
            wait(self._connection)
            found: tuple[Any, ...] | None = self._cursor.fetchone()
        except BaseException:
            self._connection.close()
            raise
        self._idle.append(self._connection)
        return found


class Asker:
    """Asks on connections that it keeps, as many as there are statements on their way at once.

    Args:
        connect: returns a new asynchronous connection, ready to be asked.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._idle: list[Any] = []

    def ask(self, statement: str, values: Sequence[Any]) -> Asked:
        """Send a statement.

        Raises:
            psycopg2.Error: the database cannot be reached.
        """
        try:
            # The last one that was used: its process in the database has all at hand.
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            cursor = connection.cursor()
            cursor.execute(statement, values)
        except psycopg2.Error:
            connection.close()
            raise
        return Asked(connection, cursor, self._idle)

    def drop(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            with suppress(IndexError):  # Another thread may be quicker.
                self._idle.pop().close()


def wait(connection: Any) -> None:
    """Wait until an asynchronous connection has done what it was told.

    Raises:
        psycopg2.Error: it failed, or takes too long.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    while (state := connection.poll()) != POLL_OK:
        ready = select.poll()
        ready.register(connection, select.POLLIN if state == POLL_READ else select.POLLOUT)
        if not ready.poll(max(0.0, give_up - time.monotonic()) * 1000):
            raise psycopg2.OperationalError(f"no answer within {PATIENCE_SECONDS:g} s")
