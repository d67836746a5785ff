"""The embedded PostgreSQL, from a wheel, for servers without a database of their own.

It lives in the data folder, and runs only while the server does. A process that a killed server
left running is adopted.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg2

from kinto_buildhub.postgres import RESTART_PAUSES_SECONDS
from kinto_buildhub.postgres.process import PostgresProcess
from kinto_buildhub.postgres.supervisor import Supervisor

Report = Callable[[str], None]

DATABASE_NAME = "buildhub"

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)

_TITLE = "# Written by BuildHub"
_CONFIGURATION = f"""
{_TITLE} when the database was made; edit freely.
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
# Random reads of solid-state disks cost little more than sequential ones.
random_page_cost = 1.1
timezone = UTC
"""


@dataclass(frozen=True, slots=True)
class EmbeddedDatabase:
    """A running embedded database.

    Attributes:
        url: of a database in UTF-8 and C collation, so that texts sort by code point, as they do
            in Python and in the search index. It stays the same when PostgreSQL is restarted.
        supervisor: restarts it; its ``check`` has to be called about once a second.
    """

    url: str
    supervisor: Supervisor


@contextmanager
def embedded_postgresql(folder: Path) -> Iterator[str]:
    """Run PostgreSQL on *folder* while the context lasts; yield the URL of its database.

    Raises:
        StartError: see :func:`supervised_postgresql`.
    """
    with supervised_postgresql(folder, report=lambda sentence: None) as database:
        yield database.url


@contextmanager
def supervised_postgresql(
    folder: Path, *, report: Report, pauses_seconds: Sequence[float] = RESTART_PAUSES_SECONDS
) -> Iterator[EmbeddedDatabase]:
    """Run PostgreSQL as `embedded_postgresql` does, for a caller that supervises it.

    Args:
        folder: its data directory, which is initialized if need be.
        report: takes a sentence when it has ended, and when it is up again.
        pauses_seconds: the wait before each attempt to start it.

    Raises:
        StartError: it does not start. Names the reason and the log.
    """
    process = PostgresProcess(folder)
    with _signals_end_the_context():
        process.initialize()
        _configure(folder / "postgresql.conf")
        supervisor = Supervisor(process, report, pauses_seconds=pauses_seconds)
        try:
            supervisor.start()
            _ensure_database(process.url("postgres"))
            yield EmbeddedDatabase(process.url(DATABASE_NAME), supervisor)
        finally:
            process.stop()


@contextmanager
def _signals_end_the_context() -> Iterator[None]:
    """Turn signals that end the program into an exit through the context, which stops PostgreSQL.

    Gunicorn installs handlers of its own for both once it runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread may set signal handlers.
        return
    before = {
        number: signal.signal(number, _exit)
        for number in _ENDING_SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN  # Ignored under nohup.
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _configure(path: Path) -> None:
    text = path.read_text()
    if _TITLE not in text:  # The rest of it may have been edited since.
        path.write_text(text + _CONFIGURATION)


def _ensure_database(uri: str) -> None:
    connection = psycopg2.connect(uri)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE_NAME,))
            if cursor.fetchone() is None:
                cursor.execute(
                    f"CREATE DATABASE {DATABASE_NAME} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
                )
                cursor.execute(f"ALTER DATABASE {DATABASE_NAME} SET timezone TO 'UTC'")
    finally:
        connection.close()
