"""A watchdog for the statements of this process: PostgreSQL may be stopped, and end no connection.

libpq waits for an answer for ever. Its limits are for networks that break, and PostgreSQL's own
``statement_timeout`` is counted by the process that is stopped. psycopg2 could wait in Python, but
each statement would then hand over the interpreter several times more.

So connections note since when a statement runs. After some silence, a thread asks the database on
another connection what it does: a statement may take long for good reasons, as it deletes a
collection, or waits for another's lock. If there is no answer, the thread shuts the socket down, on
which libpq waits.
"""

import logging
import os
import socket
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import psycopg2
import sqlalchemy
from kinto.core.storage.postgresql.client import PostgreSQLClient

from kinto_buildhub.storage.async_waits import wait
from kinto_buildhub.storage.watched_connections import Server, WatchedConnection, WatchedCursor

SILENCE_SECONDS = 2.0
# On a busy machine, a new connection takes a while.
CONNECT_SECONDS = 3
_TICK_SECONDS = 0.25

# Processes that have not begun with a statement that was sent to them a while ago.
_STOPPED = """
SELECT pid FROM pg_stat_activity
 WHERE pid = ANY (CAST(%s AS integer[])) AND state LIKE 'idle%%'
   AND state_change < clock_timestamp() - interval '1 second'
"""


logger = logging.getLogger(__name__)


class Watchdog:
    """Watches connections of a process, and knows which databases do not answer.

    Args:
        silence_seconds: how long a statement may take before the database is asked.
        connect_seconds: how long a new connection may take, in whole seconds.
        clock: of seconds.
    """

    def __init__(
        self,
        *,
        silence_seconds: float = SILENCE_SECONDS,
        connect_seconds: int = CONNECT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._silence_seconds, self._connect_seconds = silence_seconds, connect_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._connections: weakref.WeakSet[WatchedConnection] = weakref.WeakSet()
        self._connect_async: dict[Server, Callable[[], Any]] = {}
        self._silent: set[Server] = set()
        # Statements, each known by when it was overdue first, and when to look at them again.
        self._given_time: weakref.WeakKeyDictionary[WatchedConnection, tuple[float, float]] = (
            weakref.WeakKeyDictionary()
        )
        self._process_id: int | None = None

    def watch(self, engine: sqlalchemy.Engine) -> None:
        """Watch the connections that an engine makes from now on."""
        if not sqlalchemy.event.contains(engine, "do_connect", self._connect):
            sqlalchemy.event.listen(engine, "do_connect", self._connect)
            engine.dispose()

    def check(self, engine: sqlalchemy.Engine) -> None:
        """Check that the database of an engine answers, as far as is known.

        Raises:
            psycopg2.OperationalError: it does not.
        """
        if self._silent:
            _, parameters = engine.dialect.create_connect_args(engine.url)
            self._check(_server(parameters))

    def begin(self, connection: WatchedConnection) -> None:
        """Note that a statement begins.

        Raises:
            psycopg2.OperationalError: the database does not answer.
        """
        if self._silent:
            self._check(connection.server)
        connection.overdue_at = self._clock() + self._silence_seconds

    def _check(self, server: Server) -> None:
        if server in self._silent:
            raise psycopg2.OperationalError("the database does not answer; it is asked again")

    def _connect(self, dialect: Any, _: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
        server = _server(parameters)
        if self._silent:
            self._check(server)
        connect = partial(dialect.loaded_dbapi.connect, *arguments)
        self._connect_async[server] = partial(connect, **parameters, async_=True)
        self._run_once()
        watched = {
            "connect_timeout": self._connect_seconds,
            "connection_factory": WatchedConnection,
            "cursor_factory": WatchedCursor,
        }
        started = self._clock()
        try:
            connection: WatchedConnection = connect(**(watched | parameters))
        except psycopg2.OperationalError:
            if self._clock() - started >= self._connect_seconds - 1:
                self._silent.add(server)
            raise
        connection.watchdog, connection.server = self, server
        with self._lock:
            self._connections.add(connection)
        return connection

    # The thread.

    def _run_once(self) -> None:
        """Start the thread, also in a process that was forked meanwhile."""
        with self._lock:
            if self._process_id == os.getpid():
                return
            self._process_id = os.getpid()
        threading.Thread(target=self._run, name="database-watchdog", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            try:
                self._look()
            except Exception:
                # Without it, requests would wait for ever again.
                logger.exception("database_watchdog_failed")

    def _look(self) -> None:
        for server in tuple(self._silent):
            with suppress(psycopg2.Error):
                self._find_stopped(server, [])
                self._silent.discard(server)
        for server, overdue in self._find_overdue().items():
            self._look_at(server, overdue)

    def _find_overdue(self) -> dict[Server, dict[WatchedConnection, float]]:
        """Return connections with a statement to look at, and since when it is overdue."""
        with self._lock:
            connections = tuple(self._connections)
        found: dict[Server, dict[WatchedConnection, float]] = defaultdict(dict)
        for each in connections:
            overdue_at = each.overdue_at
            if overdue_at is not None and self._is_due(each, overdue_at):
                found[each.server][each] = overdue_at
        return found

    def _is_due(self, connection: WatchedConnection, overdue_at: float) -> bool:
        statement, look_at = self._given_time.get(connection, (overdue_at, overdue_at))
        return self._clock() >= (look_at if statement == overdue_at else overdue_at)

    def _look_at(self, server: Server, overdue: dict[WatchedConnection, float]) -> None:
        """End the statements that nobody works on; give the others more time."""
        by_process = {each.info.backend_pid: each for each in overdue}
        try:
            stopped = [by_process[each] for each in self._find_stopped(server, list(by_process))]
        except psycopg2.Error:
            self._silent.add(server)
            stopped = list(overdue)
        for connection, overdue_at in overdue.items():
            if connection not in stopped:
                self._given_time[connection] = overdue_at, self._clock() + self._silence_seconds
            elif connection.overdue_at == overdue_at:  # It has not come to its end meanwhile.
                _shut_down(connection)

    def _find_stopped(self, server: Server, process_ids: list[int]) -> list[int]:
        """Ask a database which of these processes of its own are stopped.

        Raises:
            psycopg2.Error: it does not answer.
        """
        asking = self._connect_async[server]()
        try:
            wait(asking, self._connect_seconds)
            cursor = asking.cursor()
            cursor.execute(_STOPPED, (process_ids,))
            wait(asking, self._connect_seconds)
            return [process_id for (process_id,) in cursor.fetchall()]
        finally:
            asking.close()


def _server(parameters: dict[str, Any]) -> Server:
    return str(parameters.get("host")), str(parameters.get("port"))


def _shut_down(connection: WatchedConnection) -> None:
    """End the wait of a thread for the answer to its statement, with an error."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as shared:
            shared.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg2.Error):
        pass  # It has ended.


WATCHDOG = Watchdog()
"""The one of this process."""


def includeme(config: Any) -> None:
    """Watch the connections of Kinto's backends."""
    for name in ("storage", "permission", "cache"):
        client = getattr(getattr(config.registry, name, None), "client", None)
        if isinstance(client, PostgreSQLClient):
            WATCHDOG.watch(client.session_factory.session_factory.kw["bind"])
