"""Bring a database up to date: Kinto's tables and trigger, indexes, and tables of credentials."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import transaction
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.postgresql import Storage as PostgreSQLStorage
from sqlalchemy import make_url

from kinto_buildhub.credentials.tables import ensure_tables
from kinto_buildhub.errors import StartError
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.storage.indexes import ensure_indexes
from kinto_buildhub.storage.timestamps import skip_numbered_rows

# An arbitrary number that nothing else locks in the same database.
_LOCK = 7_305_118_246
_POLL_SECONDS = 0.5

# By default PostgreSQL vacuums and analyzes a table when a fifth of it has changed. After a load of
# millions it would count records one by one until then, and plan for the table as it was.
_TABLE_SETTINGS = {
    "autovacuum_vacuum_insert_scale_factor": "0",
    "autovacuum_vacuum_insert_threshold": "50000",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
}

# Kinto's trigger looks up the latest timestamp for each row that is written. PostgreSQL plans that
# query once a connection. While a collection is empty, the plan is to read and sort all of it, and
# the first load then takes time with the square of its size. These settings leave only the index.
_TRIGGER_SETTINGS = {"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off"}


def migrate(settings: dict[str, str], *, progress: Callable[[str], None]) -> None:
    """Create or update tables and indexes of the database that *settings* name.

    A running server can go on reading and writing. A second migration waits for the first. Running
    it again changes nothing.

    Args:
        settings: as read from the ini file.
        progress: takes a sentence about each step that may take long.

    Raises:
        StartError: the database cannot be reached or refuses.
    """
    try:
        with opened_registry(settings, command="migrate") as registry:
            if isinstance(registry.storage, PostgreSQLStorage):
                _migrate_postgresql(registry, progress)
            else:
                initialize_tables(registry)
    except BackendError as exc:
        raise StartError(f"The database cannot be used: {exc.original}") from exc
    except psycopg2.Error as exc:
        raise StartError(f"The database cannot be used: {exc}") from exc


def initialize_tables(registry: Any) -> None:
    """Create or update Kinto's own tables."""
    for backend in (registry.storage, registry.permission, registry.cache):
        backend.initialize_schema()
    # Kinto leaves a transaction open, as within a request.
    transaction.abort()


def _migrate_postgresql(registry: Any, progress: Callable[[str], None]) -> None:
    with _connect(registry.settings["storage_url"]) as connection, _locked(connection, progress):
        initialize_tables(registry)
        _set_up_table(connection)
        _set_up_trigger(connection, progress)
        ensure_indexes(connection, progress=progress)
        ensure_tables(connection)


@contextmanager
def _connect(url: str) -> Iterator[Any]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(plain)) as connection:
        connection.autocommit = True  # Indexes cannot be built concurrently in a transaction.
        yield connection


@contextmanager
def _locked(connection: Any, progress: Callable[[str], None]) -> Iterator[None]:
    """Keep other migrations out; the lock goes with the connection if this process dies."""
    with connection.cursor() as cursor:
        # Not the call that waits. CREATE INDEX CONCURRENTLY waits for all statements that may still
        # read the old state, and a waiting lock is one of them: the two would wait for each other.
        for attempt in range(1_000_000_000):
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
            if cursor.fetchone()[0]:
                break
            if attempt == 0:
                progress("Another migration is running; waiting for it to end.")
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            if not connection.closed:
                cursor.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _set_up_table(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = 'objects'::regclass")
        present = set(cursor.fetchone()[0] or ())
        wanted = [f"{name}={value}" for name, value in _TABLE_SETTINGS.items()]
        if not present.issuperset(wanted):
            cursor.execute(f"ALTER TABLE objects SET ({', '.join(wanted)})")


def _set_up_trigger(connection: Any, progress: Callable[[str], None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE oid = 'bump_timestamp'::regproc")
        present = set(cursor.fetchone()[0] or ())
        for name, value in _TRIGGER_SETTINGS.items():
            if f"{name}={value}" not in present:
                cursor.execute(f"ALTER FUNCTION bump_timestamp() SET {name} TO {value}")
        _skip_numbered_rows(cursor, progress)


def _skip_numbered_rows(cursor: Any, progress: Callable[[str], None]) -> None:
    """Change the trigger when no transaction is writing.

    Other writers queue up behind a statement that waits for the table. So it gives up after a
    second and tries again.
    """
    cursor.execute("SET lock_timeout = '1s'")
    for attempt in range(1_000_000_000):
        try:
            skip_numbered_rows(cursor)
            break
        except psycopg2.errors.LockNotAvailable:
            if attempt == 0:
                progress("Records are being written; waiting for a moment to change the trigger.")
            time.sleep(_POLL_SECONDS)
    cursor.execute("RESET lock_timeout")
