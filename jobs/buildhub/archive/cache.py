"""A cache of the archive's responses across runs, hits and misses, in one SQLite file.

The cache only saves time. It may be deleted, and a file that is damaged or a disk that is full
costs requests, never records.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from buildhub.errors import ConfigError
from buildhub.sqlite_file import IN_MEMORY, DatabaseFailure, Row, SqliteFile, open_kept

log = structlog.get_logger(__name__)

# What a run fetches again at most when it is killed.
WRITES_PER_COMMIT = 200

_WRONG_PLACE = frozenset({"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM"})

_HINT = "CACHE_FOLDER names another place"

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS response (url TEXT PRIMARY KEY, status INTEGER NOT NULL,"
    " body BLOB, fetched REAL NOT NULL) WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A response of the archive: *body* is None where there was nothing.

    Attributes:
        fetched: when, as seconds since 1970.
    """

    status: int
    body: bytes | None
    fetched: float


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long a response about a build of some age is believed.

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
    """Responses by URL."""

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
        self._clock = clock
        self._file = _open(path, writes_per_commit) if path else _connect(IN_MEMORY, 1)

    def find_response(self, url: str) -> CachedResponse | None:
        """Return the last response of *url*, whatever its age."""
        query = "SELECT status, body, fetched FROM response WHERE url = ?"
        row = self._attempt(lambda file: file.fetch_one(query, (url,)))
        return CachedResponse(*row) if row else None

    def store_response(self, url: str, status: int, body: bytes | None) -> CachedResponse:
        """Keep a response that came just now."""
        response = CachedResponse(status, body, self._clock())
        values = (url, response.status, response.body, response.fetched)
        statement = "INSERT OR REPLACE INTO response VALUES (?, ?, ?, ?)"
        self._attempt(lambda file: file.write(statement, values))
        return response

    def forget_response(self, url: str) -> None:
        """Fetch *url* the next time, whatever it answered before."""
        self._attempt(lambda file: file.write("DELETE FROM response WHERE url = ?", (url,)))

    def commit(self) -> None:
        """Write what is pending to the file."""
        self._attempt(SqliteFile.commit)

    def close(self) -> None:
        """Write what is pending, and close the file."""
        self._attempt(SqliteFile.close)
        self._file = None

    def _attempt(self, use: Callable[[SqliteFile], Row | None]) -> Row | None:
        """Use the file; from its first failure on the cache is switched off."""
        if self._file is None:
            return None
        try:
            return use(self._file)
        except DatabaseFailure as exc:
            log.warning("cache_switched_off", error=str(exc))
            with suppress(DatabaseFailure):
                self._file.close()
            self._file = None
            return None


def _open(path: Path, writes_per_commit: int) -> SqliteFile | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"cache folder {path.parent}: cannot be made ({exc.strerror})") from exc
    try:
        return _connect(path, writes_per_commit)
    except DatabaseFailure as exc:
        if exc.sqlite_error in _WRONG_PLACE:
            raise ConfigError(f"cache file {exc}") from exc
        if exc.is_damage:
            aside = path.with_suffix(".damaged")
            path.replace(aside)
            log.warning("cache_damaged", path=str(path), moved_to=str(aside), error=str(exc))
            return _connect(path, writes_per_commit)
        log.warning("cache_switched_off", error=str(exc))
        return None


def _connect(path: Path | str, writes_per_commit: int) -> SqliteFile:
    return open_kept(path, _SCHEMA, hint=_HINT, writes_per_commit=writes_per_commit)
