"""What the archive answered, kept across runs: hits and misses, in one SQLite file.

The cache only saves time. It may be deleted, and a file that is damaged or a disk that is full
costs requests, never records.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from buildhub.errors import ConfigError

log = structlog.get_logger(__name__)

# What a run loses at most when it is killed; each commit costs about a millisecond.
WRITES_PER_COMMIT = 200

_WRONG_PLACE = frozenset({"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM"})

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
    url TEXT PRIMARY KEY, status INTEGER NOT NULL, body BLOB, asked REAL NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """What a URL answered once: *body* is None where there was nothing.

    Attributes:
        asked: when, as seconds since 1970.
    """

    status: int
    body: bytes | None
    asked: float


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long an answer about a build of some age is believed.

    A build that is new may get its metadata, and its next candidate, any minute; one that is
    years old will not.
    """

    younger_than: timedelta
    believed_for: timedelta


FRESHNESS: tuple[Freshness, ...] = (
    Freshness(timedelta(days=2), timedelta(minutes=15)),
    Freshness(timedelta(days=30), timedelta(hours=6)),
    Freshness(timedelta(days=365), timedelta(days=3)),
    Freshness(timedelta.max, timedelta(days=60)),
)


def believed_seconds(age_seconds: float) -> float:
    """Return for how long what may change is believed, about a build of *age_seconds*."""
    for row in FRESHNESS:
        if age_seconds < row.younger_than.total_seconds():
            return row.believed_for.total_seconds()
    return FRESHNESS[-1].believed_for.total_seconds()


class ResponseCache:
    """Answers by URL."""

    def __init__(
        self,
        path: Path | None,
        *,
        clock: Callable[[], float] = time.time,
        writes_per_commit: int = WRITES_PER_COMMIT,
    ) -> None:
        """Open the file at *path*, or make it; a damaged one is moved aside.

        Without a path it lasts as long as the object. Between its first write and the commit
        nobody else can write, so a job that writes seldom should commit each time.

        Raises:
            ConfigError: the folder cannot be made or written.
        """
        self._path = path
        self._clock = clock
        self._pending = 0
        self._writes_per_commit = writes_per_commit
        connection = _open(path) if path else _connect(":memory:")
        self._connection: sqlite3.Connection | None = connection

    def find_response(self, url: str) -> CachedResponse | None:
        """Return what *url* answered, however long ago."""
        row = self._execute("SELECT status, body, asked FROM answer WHERE url = ?", (url,))
        return CachedResponse(*row) if row else None

    def store_response(self, url: str, status: int, body: bytes | None) -> CachedResponse:
        """Remember what *url* answered just now."""
        answer = CachedResponse(status, body, self._clock())
        self._execute(
            "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)",
            (url, answer.status, answer.body, answer.asked),
        )
        self._count_write()
        return answer

    def forget_response(self, url: str) -> None:
        """Ask for *url* the next time, whatever it answered."""
        self._execute("DELETE FROM answer WHERE url = ?", (url,))
        self._count_write()

    def commit(self) -> None:
        """Write what is pending to the file."""
        self._pending = 0
        self._execute("COMMIT") if self._connection and self._connection.in_transaction else None

    def close(self) -> None:
        """Write what is pending, and close the file."""
        self.commit()
        if self._connection:
            self._connection.close()
            self._connection = None

    def _count_write(self) -> None:
        self._pending += 1
        if self._pending >= self._writes_per_commit:
            self.commit()

    def _execute(self, statement: str, values: tuple[object, ...] = ()) -> tuple | None:  # type: ignore[type-arg]
        if self._connection is None:
            return None
        try:
            writes = statement.startswith(("INSERT", "DELETE"))
            if writes and not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            return self._connection.execute(statement, values).fetchone()  # type: ignore[no-any-return]
        except sqlite3.Error as exc:
            log.warning("cache_switched_off", path=str(self._path), error=str(exc))
            self._connection.close()
            self._connection = None
            return None


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"cache folder {path.parent}: cannot be made ({exc.strerror})") from exc
    try:
        return _connect(path)
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorname in _WRONG_PLACE:
            message = f"cache file {path}: {exc}; CACHE_FOLDER names another place"
            raise ConfigError(message) from exc
        log.warning("cache_switched_off", path=str(path), error=str(exc))
        return None
    except sqlite3.DatabaseError as exc:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        log.warning("cache_damaged", path=str(path), moved_to=str(aside), error=str(exc))
        return _connect(path)


def _connect(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        # Several jobs and workers may share the file; what a power cut loses is asked for again.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
