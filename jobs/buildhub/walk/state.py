"""What walks have read and the server has acknowledged, in one SQLite file.

The file only saves requests: without it the next walk is a full one. A row means that its folder is
done, so it is written after the server has answered, and never before.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from buildhub.sqlite_file import open_kept, open_to_read
from buildhub.walk.page import FolderPage, pack, unpack

# The most that a killed walk requests again.
_WRITES_PER_COMMIT = 200

# A full walk that was interrupted longer ago than this starts from the beginning.
_FULL_WALK_LASTS_SECONDS = 2 * 24 * 3600.0

# Changes with the tables and with what is in them.
_FORMAT = 1

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS folder (path TEXT PRIMARY KEY, etag TEXT,"
    " requested_at REAL NOT NULL, page BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS branch (path TEXT PRIMARY KEY, newest REAL NOT NULL,"
    " open_until REAL NOT NULL, repeated REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS full_walk (started REAL NOT NULL)",
    f"PRAGMA user_version = {_FORMAT}",
)

_HINT = "it may be deleted, and the next walk is a full one"

# Sorts after every path that begins with what stands before it.
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder whose builds the server has acknowledged.

    Attributes:
        etag: of its page; None where the archive sends none.
        requested_at: when the page was requested, in seconds since 1970; 0 where it has to be
            requested again.
        page: what it contained.
    """

    etag: str | None
    requested_at: float
    page: FolderPage


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch that was read to its end, all of its builds acknowledged.

    Attributes:
        newest: when its youngest file was written.
        open_until: until when it is looked at again.
        repeated: when a full walk last finished it, or 0. All in seconds since 1970.
    """

    newest: float
    open_until: float
    repeated: float = 0.0


def is_outdated(path: Path) -> bool:
    """Return whether the file is there and was written by a version with another format.

    Raises:
        DatabaseFailure: it cannot be read.
    """
    if not path.exists():
        return False
    with closing(open_to_read(path, hint=_HINT)) as file:
        has_tables = file.fetch_one("SELECT 1 FROM sqlite_master LIMIT 1") is not None
        return has_tables and file.fetch_one("PRAGMA user_version") != (_FORMAT,)


class WalkState:
    """Folders and branches that are done.

    Every method raises :class:`DatabaseFailure` where the file cannot be read or written.

    Args:
        path: of the file.
        reads_only: write nothing, and do not create the file.
    """

    def __init__(self, path: Path | str, *, reads_only: bool = False) -> None:
        if reads_only:
            self._file = open_to_read(Path(path), hint=_HINT)
        else:
            self._file = open_kept(path, _SCHEMA, hint=_HINT, writes_per_commit=_WRITES_PER_COMMIT)

    def find_folder(self, folder: str) -> FolderRow | None:
        """Return the row of *folder*; None where it is not done."""
        row = self._file.fetch_one(
            "SELECT etag, requested_at, page FROM folder WHERE path = ?", (folder,)
        )
        return FolderRow(row[0], row[1], unpack(row[2])) if row else None

    def keep_folder(self, folder: str, row: FolderRow) -> None:
        """Remember that *folder* is done."""
        self._file.write(
            "INSERT OR REPLACE INTO folder VALUES (?, ?, ?, ?)",
            (folder, row.etag, row.requested_at, pack(row.page)),
        )

    def forget_folder(self, folder: str) -> None:
        """Make the next walk read *folder* as if for the first time."""
        self._file.write("DELETE FROM folder WHERE path = ?", (folder,))

    def expire_folder(self, folder: str) -> None:
        """Make the next walk request *folder* again; its builds stay acknowledged."""
        self._file.write("UPDATE folder SET requested_at = 0 WHERE path = ?", (folder,))

    def find_branches(self, parent: str) -> dict[str, BranchRow]:
        """Return the finished branches below the folder *parent*, by path."""
        rows = self._file.fetch_all(
            "SELECT path, newest, open_until, repeated FROM branch WHERE path > ? AND path < ?",
            (parent, parent + _LAST),
        )
        return {path: BranchRow(*columns) for path, *columns in rows}

    def keep_branch(self, branch: str, row: BranchRow) -> None:
        """Remember that *branch* is done to its end."""
        self._file.write(
            "INSERT OR REPLACE INTO branch VALUES (?, ?, ?, ?)",
            (branch, row.newest, row.open_until, row.repeated),
        )

    def forget_branch(self, branch: str) -> None:
        """Make the next walk look at *branch* again, whatever its age."""
        self._file.write("DELETE FROM branch WHERE path = ?", (branch,))

    def is_empty(self) -> bool:
        """Return whether no branch is done."""
        return self._file.fetch_one("SELECT 1 FROM branch LIMIT 1") is None

    def begin_full(self, now: float) -> float:
        """Return when the full walk began that this one continues; *now* if it is a new one."""
        row = self._file.fetch_one("SELECT started FROM full_walk ORDER BY started DESC LIMIT 1")
        if row is not None and now - row[0] < _FULL_WALK_LASTS_SECONDS:
            return float(row[0])
        self.end_full()
        self._file.write("INSERT INTO full_walk VALUES (?)", (now,))
        self.commit()
        return now

    def end_full(self) -> None:
        """Note that no full walk is left to continue."""
        self._file.write("DELETE FROM full_walk")

    def commit(self) -> None:
        """Write what is pending to the file."""
        self._file.commit()

    def close(self) -> None:
        """Write what is pending, and close the file."""
        self._file.close()
