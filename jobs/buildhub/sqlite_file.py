"""SQLite files of the jobs: how they are opened, written in transactions, and how errors read."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from buildhub.errors import DiskFailure

Row = tuple[Any, ...]

IN_MEMORY = ":memory:"

# Another process may hold the file for as long as it writes a transaction.
_BUSY_TIMEOUT_SECONDS = 30

# Several processes may share a file that is kept; what a power cut loses is fetched again.
_KEPT = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL")

# A scratch file lives as long as the run, so there is nothing to make safe.
_SCRATCH = ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF")


class DatabaseFailure(DiskFailure):
    """SQLite cannot read or write its file.

    Attributes:
        sqlite_error: SQLite's name for it, such as ``SQLITE_FULL``; "" where it has none.
    """

    def __init__(self, message: str, sqlite_error: str) -> None:
        super().__init__(message)
        self.sqlite_error = sqlite_error

    @property
    def is_damage(self) -> bool:
        """Whether the file is no database, or not a sound one."""
        return self.sqlite_error.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))


class SqliteFile:
    """An open database. Every method raises :class:`DatabaseFailure`.

    Args:
        path: of the file.
        statements: run first; a schema, and what the connection needs.
        hint: what to do about a failure; ends its message.
        writes_per_commit: a transaction's size; None where nothing is ever committed.
        reads_only: never make the file, and refuse to write.
        any_thread: threads take turns, for which the caller has a lock.
    """

    def __init__(
        self,
        path: Path | str,
        statements: Iterable[str],
        *,
        hint: str,
        writes_per_commit: int | None,
        reads_only: bool = False,
        any_thread: bool = False,
    ) -> None:
        self._path = path
        self._hint = hint
        self._writes_per_commit = writes_per_commit
        self._pending_count = 0
        target = f"{Path(path).absolute().as_uri()}?mode=ro" if reads_only else path
        with self._translating_errors():
            self._connection = sqlite3.connect(
                target,
                isolation_level=None,
                timeout=_BUSY_TIMEOUT_SECONDS,
                uri=reads_only,
                check_same_thread=not any_thread,
            )
            try:
                for statement in statements:
                    self._connection.execute(statement)
            except sqlite3.Error:
                self._connection.close()
                raise

    def fetch_one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        """Return the first row."""
        with self._translating_errors():
            row: Row | None = self._connection.execute(query, values).fetchone()
            return row

    def fetch_all(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """Return all rows."""
        return list(self.iter_rows(query, values))

    def iter_rows(self, query: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """Yield the rows."""
        with self._translating_errors():
            # `yield from` would close the cursor of rows that nobody read to the end, which fails
            # when the file is closed already.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row

    def write(self, statement: str, values: Sequence[object] = ()) -> None:
        """Run one statement that changes a row; it is committed with others, or by ``commit``."""
        self.write_all(statement, [values])

    def write_all(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement that changes a row, once for each of *rows*."""
        with self._translating_errors():
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(statement, rows)
        self._pending_count += len(rows)
        if self._writes_per_commit and self._pending_count >= self._writes_per_commit:
            self.commit()

    def commit(self) -> None:
        """Write what is pending to the file."""
        self._pending_count = 0
        with self._translating_errors():
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Write what is pending, and close the file. A scratch file is only closed."""
        try:
            if self._writes_per_commit:
                self.commit()
        finally:
            self._connection.close()

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            name = getattr(exc, "sqlite_errorname", "")
            raise DatabaseFailure(f"{self._path}: {exc}; {self._hint}", name) from exc


def open_kept(
    path: Path | str,
    schema: Sequence[str],
    *,
    hint: str,
    writes_per_commit: int,
    any_thread: bool = False,
) -> SqliteFile:
    """Open a database that outlives the run, or make it.

    Args:
        path: of the file.
        schema: statements that create what is missing.
        hint: what to do about a failure; ends its message.
        writes_per_commit: what a run loses at most when it is killed; a commit costs about a
            millisecond. Between a first write and the commit no other process can write.
        any_thread: threads take turns, for which the caller has a lock.
    """
    return SqliteFile(
        path,
        (*_KEPT, *schema),
        hint=hint,
        writes_per_commit=writes_per_commit,
        any_thread=any_thread,
    )


def open_to_read(path: Path, *, hint: str) -> SqliteFile:
    """Open a database to read what is there, also while others write; never make it."""
    return SqliteFile(path, (), hint=hint, writes_per_commit=None, reads_only=True)


def open_scratch(path: Path, schema: Sequence[str]) -> SqliteFile:
    """Make a database for this run, in a temporary folder: one transaction that never ends."""
    hint = "TMPDIR names another place"
    return SqliteFile(path, (*_SCRATCH, *schema, "BEGIN"), hint=hint, writes_per_commit=None)
