"""What walks have seen and the server has acknowledged, in one SQLite file.

The file only saves requests: without it the next walk is a full one. What it says is done is done,
so a row is written after the server has answered, and never before.
"""

import fcntl
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from buildhub.errors import ConfigError, DiskFailure
from buildhub.settings import Settings
from buildhub.walk.page import Page, pack, unpack

log = structlog.get_logger(__name__)

# What a killed walk asks for again at most; each commit costs about a millisecond.
_WRITES_PER_COMMIT = 200

# A full walk that was interrupted longer ago than this is begun anew.
_FULL_WALK_LASTS_SECONDS = 2 * 24 * 3600.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS folder (
    path TEXT PRIMARY KEY, etag TEXT, asked REAL NOT NULL, page BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS branch (
    path TEXT PRIMARY KEY, newest REAL NOT NULL, open_until REAL NOT NULL, repeated REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS full_walk (started REAL NOT NULL);
"""

# Sorts after every path that begins with what stands before it.
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Row:
    """A folder whose builds the server has acknowledged.

    Attributes:
        etag: of its page, None where the archive gives none.
        asked: when the page was had, in seconds since 1970; 0 where it has to be asked for again.
        page: what it told.
    """

    etag: str | None
    asked: float
    page: Page


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch all of which was read and acknowledged.

    Attributes:
        newest: when its youngest file was written.
        open_until: until when it is looked at again.
        repeated: when a full walk was last done with it, or 0. All in seconds since 1970.
    """

    newest: float
    open_until: float
    repeated: float = 0.0


class State:
    """Folders and branches that are done.

    Args:
        path: of the file.
        reads_only: write nothing, also not to make the file.
    """

    def __init__(self, path: Path | str, *, reads_only: bool = False) -> None:
        self._path = path
        self._pending = 0
        if reads_only:
            address = f"{Path(path).absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)
            return
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        with self._guarded():
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)

    def find(self, folder: str) -> Row | None:
        """Return what is known of *folder*; None before it was done."""
        with self._guarded():
            found = self._connection.execute(
                "SELECT etag, asked, page FROM folder WHERE path = ?", (folder,)
            ).fetchone()
        return Row(found[0], found[1], unpack(found[2])) if found else None

    def keep(self, folder: str, row: Row) -> None:
        """Remember that *folder* is done."""
        self._write(
            "INSERT OR REPLACE INTO folder VALUES (?, ?, ?, ?)",
            (folder, row.etag, row.asked, pack(row.page)),
        )

    def forget(self, folder: str) -> None:
        """Let the next walk ask for *folder* as if it had never been seen."""
        self._write("DELETE FROM folder WHERE path = ?", (folder,))

    def doubt(self, folder: str) -> None:
        """Let the next walk ask for *folder*, whatever is known of it."""
        self._write("UPDATE folder SET asked = 0 WHERE path = ?", (folder,))

    def branches(self, parent: str) -> dict[str, BranchRow]:
        """Return the finished branches below the folder *parent*, by path."""
        with self._guarded():
            rows = self._connection.execute(
                "SELECT path, newest, open_until, repeated FROM branch WHERE path > ? AND path < ?",
                (parent, parent + _LAST),
            ).fetchall()
        return {path: BranchRow(*columns) for path, *columns in rows}

    def keep_branch(self, branch: str, row: BranchRow) -> None:
        """Remember that all of *branch* is done."""
        self._write(
            "INSERT OR REPLACE INTO branch VALUES (?, ?, ?, ?)",
            (branch, row.newest, row.open_until, row.repeated),
        )

    def forget_branch(self, branch: str) -> None:
        """Let the next walk look at *branch* again, whatever its age."""
        self._write("DELETE FROM branch WHERE path = ?", (branch,))

    def is_empty(self) -> bool:
        """Tell whether no branch is done."""
        with self._guarded():
            return self._connection.execute("SELECT 1 FROM branch LIMIT 1").fetchone() is None

    def begin_full(self, now: float) -> float:
        """Return when the full walk began that this one is to end: now, or not long ago."""
        with self._guarded():
            found = self._connection.execute("SELECT max(started) FROM full_walk").fetchone()[0]
        if found is not None and now - found < _FULL_WALK_LASTS_SECONDS:
            return float(found)
        self.end_full()
        self._write("INSERT INTO full_walk VALUES (?)", (now,))
        self.commit()
        return now

    def end_full(self) -> None:
        """Note that no full walk waits to be ended."""
        self._write("DELETE FROM full_walk", ())

    def commit(self) -> None:
        """Write what is pending to the file."""
        self._pending = 0
        with self._guarded():
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Write what is pending, and close the file."""
        self.commit()
        self._connection.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self._guarded():
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(statement, values)
        self._pending += 1
        if self._pending >= _WRITES_PER_COMMIT:
            self.commit()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as exc:
            raise DiskFailure(
                f"{self._path}: {exc}; it may be deleted, and the next walk is a full one"
            ) from exc


def state_path(settings: Settings) -> Path:
    """Return the file for walks from this archive to this collection.

    What one server has acknowledged says nothing about another.
    """
    target = "\n".join(
        (settings.archive_url, settings.server_url, settings.bucket_id, settings.collection_id)
    )
    digest = hashlib.blake2b(target.encode(), digest_size=6).hexdigest()
    return settings.data_folder / "walk" / f"{digest}.sqlite"


@contextmanager
def open_state_to_read(settings: Settings) -> Iterator[State]:
    """Open what walks have remembered, also while one is under way.

    Where there is nothing, or nothing that can be read, it is empty.
    """
    path = state_path(settings)
    try:
        state = State(path, reads_only=True)
        state.is_empty()
    except (sqlite3.Error, DiskFailure) as exc:
        if path.exists():
            log.warning("state_of_the_walk_unreadable", path=str(path), error=str(exc))
        state = State(":memory:")
    with closing(state):
        yield state


@contextmanager
def open_state(settings: Settings) -> Iterator[State]:
    """Open the state for as long as the context lasts.

    Raises:
        ConfigError: the data folder cannot be written, the file is damaged, or another walk of
            the same archive to the same collection is under way.
    """
    path = state_path(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("w")
    except OSError as exc:
        raise ConfigError(f"data folder {path.parent}: cannot be written ({exc.strerror})") from exc
    with lock:
        try:
            # The system lets go of it however a walk ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise ConfigError(f"{path}: another walk to this collection is under way") from exc
        try:
            state = State(path)
        except (sqlite3.Error, DiskFailure) as exc:
            raise ConfigError(f"state of the walk: {exc}") from exc
        with closing(state):
            yield state
