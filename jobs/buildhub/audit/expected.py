"""The archive's side, on disk: every build that it has, and a digest of its record.

A line a build is small; where a record itself is needed, for what is missing or different, it is
worked out again from the line.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.paths import parse_build
from buildhub.rules.precedence import preference
from buildhub.sqlite_file import open_scratch
from buildhub.temporary_files import temporary_folder

# What the file's pages, and sorting, take of memory each before they go to the disk, in KiB. More
# makes neither quicker.
_SORTING_KIB = 4_000

_WANTED_COLUMNS = (
    "record_id TEXT, path TEXT, size INTEGER, modified INTEGER, state INTEGER, digest BLOB,"
    " rounded TEXT"
)
_SCHEMA = (
    "PRAGMA temp_store = FILE",
    f"PRAGMA cache_size = -{_SORTING_KIB}",
    f"CREATE TABLE wanted ({_WANTED_COLUMNS})",
    f"CREATE TABLE to_publish ({_WANTED_COLUMNS})",
    "CREATE TABLE to_delete (record_id TEXT, last_modified INTEGER)",
)


class State(IntEnum):
    """What is known of a build of the archive.

    All are there, so that no record of theirs is taken for one that the archive lacks.
    """

    KNOWN = 0
    """The catalogue should have it, with the content that the digest stands for."""
    OUT_OF_REACH = 1
    """The catalogue should have it; its metadata could not be had, so its content is not known."""
    OUTSIDE = 2
    """The audit was narrowed to others."""
    OPTIONAL = 3
    """A job would leave it out, because it is too young, say; the catalogue may have it or not."""


class Wanted(NamedTuple):
    """A build of the archive, as a line.

    Attributes:
        modified: of the file, in seconds since 1970.
        size: exact, None where the archive only told a rounded one.
        digest: of the record's facts; empty where they are not known.
        rounded: the size as the archive told it, where that is not exact.
    """

    record_id: str
    path: str
    size: int | None
    modified: int
    state: int
    digest: bytes
    rounded: str | None = None

    @classmethod
    def of(cls, each: BuildFile, state: "State", digest: bytes) -> "Wanted":
        """Return the line of a build."""
        build, entry = each
        modified = int(entry.modified.timestamp())
        return cls(
            build.record_id, build.path, entry.size, modified, int(state), digest, entry.rounded
        )

    def recognised(self) -> BuildFile:
        """Return the build and its file again."""
        modified = datetime.fromtimestamp(self.modified, UTC)
        entry = Entry(self.path, self.size, modified, self.rounded)
        return BuildFile(parse_build(self.path), entry)


class Expected:
    """The lines, in one file; and the work that the comparison leaves for the repair.

    Attributes:
        products: those that the archive has.
        newest: the moment of its youngest file; None before the first.
    """

    def __init__(self, path: Path) -> None:
        self._file = open_scratch(path, _SCHEMA)
        self.products: set[str] = set()
        self.newest: datetime | None = None

    def add(self, builds: Iterable[tuple[BuildFile, State, bytes]]) -> None:
        """Keep builds of the archive.

        Raises:
            DiskFailure: they cannot be written.
        """
        rows = []
        for each, state, digest in builds:
            self.products.add(each.build.product)
            if self.newest is None or each.entry.modified > self.newest:
                self.newest = each.entry.modified
            rows.append(Wanted.of(each, state, digest))
        self._insert("wanted", rows)

    def iter_winners(self) -> Iterator[Wanted]:
        """Yield, in the order of record IDs, the build that should have each."""
        rows = self._rows("SELECT * FROM wanted ORDER BY record_id")
        for _, group in groupby(rows, key=attrgetter("record_id")):
            first, *others = group
            yield first if not others else min((first, *others), key=_preference)

    def note_to_publish(self, wanted: Wanted) -> None:
        """Keep for the repair that the record of *wanted* is missing or wrong."""
        self._insert("to_publish", [wanted])

    def note_to_delete(self, record_id: str, last_modified: int) -> None:
        """Keep for the repair that the archive has no such build."""
        self._insert("to_delete", [(record_id, last_modified)])

    def iter_to_publish(self) -> Iterator[Wanted]:
        """Yield what is to be published, by path: the builds of a folder share their metadata."""
        return self._rows("SELECT * FROM to_publish ORDER BY path")

    def iter_to_delete(self) -> Iterator[tuple[str, int]]:
        """Yield IDs with the ``last_modified`` that was seen."""
        yield from self._file.iter_rows("SELECT record_id, last_modified FROM to_delete")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rows(self, query: str) -> Iterator[Wanted]:
        return map(Wanted._make, self._file.iter_rows(query))

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        places = ", ".join("?" * len(rows[0]))
        self._file.write_all(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608


@contextmanager
def open_expected() -> Iterator[Expected]:
    """Open an empty one, in a temporary folder that goes with the context."""
    with temporary_folder() as folder:
        expected = Expected(folder / "audit.sqlite")
        try:
            yield expected
        finally:
            expected.close()


def _preference(wanted: Wanted) -> tuple[object, ...]:
    return preference(parse_build(wanted.path))
