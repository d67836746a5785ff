"""PostgreSQL from a wheel, for those who bring no database of their own.

The cluster lives in the data folder. It is started for us and stopped by us; a cluster that a
killed process left running is taken over.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg2

from kinto_buildhub.postgres.process import Cluster
from kinto_buildhub.postgres.supervisor import Keeper

DATABASE_NAME = "buildhub"

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)

_TITLE = "# Written by BuildHub when the cluster was made; edit freely."
_CONFIGURATION = f"""
{_TITLE}
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
# The disk is shared with nothing that spins.
random_page_cost = 1.1
timezone = UTC
"""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running embedded database.

    Attributes:
        url: of a database in UTF-8 and C collation, so that texts sort by code point, as they do
            in Python and in the search index. It stays the same when the cluster starts again.
        keeper: is to be asked now and then to look after it.
    """

    url: str
    keeper: Keeper


@contextmanager
def embedded_postgresql(folder: Path) -> Iterator[str]:
    """Run the cluster in *folder* while the context lasts; yield the URL of its database.

    Raises:
        StartError: see :func:`kept_postgresql`.
    """
    with kept_postgresql(folder, report=lambda sentence: None) as database:
        yield database.url


@contextmanager
def kept_postgresql(folder: Path, *, report: Callable[[str], None]) -> Iterator[Embedded]:
    """As `embedded_postgresql`, for those who look after the cluster while it runs.

    Args:
        folder: of the cluster, which is made first if need be.
        tell: takes a sentence when it has ended, and when it is up again.

    Raises:
        StartError: the cluster does not start; tells why, and where its log is.
    """
    cluster = Cluster(folder)
    with _ending_in_order():
        cluster.make()
        _configure(folder / "postgresql.conf")
        keeper = Keeper(cluster, report)
        try:
            keeper.start()
            _ensure_database(cluster.url("postgres"))
            yield Embedded(cluster.url(DATABASE_NAME), keeper)
        finally:
            cluster.stop()


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let what ends a program leave the context first, or PostgreSQL would stay behind.

    Gunicorn brings its own ways for both signals once it runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread may say what a signal does.
        return
    before = {
        number: signal.signal(number, _exit)
        for number in _ENDING_SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN  # As nohup has it.
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
