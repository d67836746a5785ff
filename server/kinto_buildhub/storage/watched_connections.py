"""Connections and cursors of psycopg2 that note since when a statement runs."""

from collections.abc import Iterable
from typing import Any, Protocol

import psycopg2.extensions
from psycopg2.extensions import STATUS_READY

Server = tuple[str, str]
"""Host and port of a database."""


class Watcher(Protocol):
    """Who is told of each statement."""

    def begin(self, connection: "WatchedConnection") -> None:
        """Set `overdue_at`; raise an error if the statement is not to be executed."""


class WatchedConnection(psycopg2.extensions.connection):
    """A connection whose statements do not wait for ever.

    Attributes:
        watchdog: watches it.
        server: of the database.
        overdue_at: when the watchdog looks at the statement that runs; None if there is none.
    """

    watchdog: Watcher
    server: Server
    overdue_at: float | None = None

    def commit(self) -> None:
        """See psycopg2's."""
        if self.status == STATUS_READY:
            return
        self.watchdog.begin(self)
        try:
            super().commit()
        finally:
            self.overdue_at = None

    def rollback(self) -> None:
        """See psycopg2's."""
        if self.status == STATUS_READY:
            return
        self.watchdog.begin(self)
        try:
            super().rollback()
        finally:
            self.overdue_at = None


class WatchedCursor(psycopg2.extensions.cursor):
    """A cursor of such a connection."""

    connection: WatchedConnection

    def execute(self, query: Any, vars: Any = None) -> None:
        """See psycopg2's."""
        connection = self.connection
        connection.watchdog.begin(connection)
        try:
            super().execute(query, vars)
        finally:
            connection.overdue_at = None

    def executemany(self, query: Any, vars_list: Iterable[Any]) -> None:
        """See psycopg2's."""
        connection = self.connection
        connection.watchdog.begin(connection)
        try:
            super().executemany(query, vars_list)
        finally:
            connection.overdue_at = None
