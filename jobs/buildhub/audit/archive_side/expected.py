"""The builds of the archive, on disk, each with a digest of the record that it should have.

A row is small. Where the record itself is needed, because it is missing or different, it is derived
again from the row.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Self

from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.paths import parse_build
from buildhub.rules.precedence import preference
from buildhub.sqlite_file import open_scratch
from buildhub.temporary_files import temporary_folder

# Memory for the file's pages, and as much for sorting, before they go to the disk, in KiB. More
# makes neither quicker.
_SORTING_KIB = 4_000

_BUILD_COLUMNS = (
    "record_id TEXT, path TEXT, size INTEGER, modified INTEGER, state INTEGER, digest BLOB,"
    " rounded TEXT, md5 TEXT, expires INTEGER"
)
_SCHEMA = (
    "PRAGMA temp_store = FILE",
    f"PRAGMA cache_size = -{_SORTING_KIB}",
    f"CREATE TABLE expected ({_BUILD_COLUMNS})",
    f"CREATE TABLE to_publish ({_BUILD_COLUMNS})",
    "CREATE TABLE to_delete (record_id TEXT, last_modified INTEGER)",
    "CREATE TABLE to_mark (record_id TEXT, last_modified INTEGER)",
)


class BuildState(IntEnum):
    """What the catalogue should have of a build of the archive.

    Builds of all states exist, so their records are never taken for extra.
    """

    EXPECTED = 0
    """A record with the content that the digest stands for."""
    WITHOUT_METADATA = 1
    """A record. Its metadata could not be fetched, so nobody knows with which content."""
    OUT_OF_SCOPE = 2
    """Unknown: the audit is not about it."""
    OPTIONAL = 3
    """A record or none: a job would leave it out, because it is too young, for example."""


class ExpectedBuild(NamedTuple):
    """A build of the archive, as a row.

    Attributes:
        modified: when its file was written, in seconds since 1970.
        size: exact, in bytes; None where the archive shows a rounded one.
        digest: of the record's comparable fields; empty where they are not known.
        rounded: the size as the archive shows it, where that is not exact.
        md5: of the file, in hexadecimal digits, where the archive's side knows it.
        expires: when the archive deletes the file, in seconds since 1970, where it is known.
    """

    record_id: str
    path: str
    size: int | None
    modified: int
    state: int
    digest: bytes
    rounded: str | None = None
    md5: str | None = None
    expires: int | None = None

    @classmethod
    def of(cls, each: BuildFile, state: BuildState, digest: bytes = b"") -> Self:
        """Return the row of a build."""
        build, entry = each
        return cls(
            build.record_id,
            build.path,
            entry.size,
            int(entry.modified.timestamp()),
            int(state),
            digest,
            entry.rounded,
            entry.md5,
            int(entry.expires.timestamp()) if entry.expires else None,
        )

    def build_file(self) -> BuildFile:
        """Return the build and its file."""
        modified = datetime.fromtimestamp(self.modified, UTC)
        expires = None if self.expires is None else datetime.fromtimestamp(self.expires, UTC)
        entry = Entry(self.path, self.size, modified, self.rounded, self.md5, expires)
        return BuildFile(parse_build(self.path), entry)


class ExpectedBuilds:
    """The rows, in one file, and notes of what a repair has to do.

    Every method raises :class:`DatabaseFailure` where the file cannot be written.

    Attributes:
        products: those that the archive has.
        newest: when its youngest file was written; None before the first.
    """

    def __init__(self, path: Path) -> None:
        self._file = open_scratch(path, _SCHEMA)
        self.products: set[str] = set()
        self.newest: datetime | None = None

    def add(self, builds: Iterable[tuple[BuildFile, BuildState, bytes]]) -> None:
        """Keep builds of the archive."""
        rows = []
        for each, state, digest in builds:
            self.products.add(each.build.product)
            if self.newest is None or each.entry.modified > self.newest:
                self.newest = each.entry.modified
            rows.append(ExpectedBuild.of(each, state, digest))
        self._insert("expected", rows)

    def iter_preferred(self) -> Iterator[ExpectedBuild]:
        """Yield, in the order of record IDs, the build that should have each."""
        rows = self._iter_builds("SELECT * FROM expected ORDER BY record_id")
        for _, group in groupby(rows, key=attrgetter("record_id")):
            first, *others = group
            yield first if not others else min((first, *others), key=_preference)

    def note_to_publish(self, build: ExpectedBuild) -> None:
        """Note that the record of *build* is missing or different."""
        self._insert("to_publish", [build])

    def note_to_delete(self, record_id: str, last_modified: int) -> None:
        """Note that the archive does not have the build of a record."""
        self._insert("to_delete", [(record_id, last_modified)])

    def note_to_mark(self, record_id: str, last_modified: int) -> None:
        """Note a record that is to say that the archive has deleted its file."""
        self._insert("to_mark", [(record_id, last_modified)])

    def iter_to_publish(self) -> Iterator[ExpectedBuild]:
        """Yield the builds to publish, by path: those of a folder share their metadata."""
        return self._iter_builds("SELECT * FROM to_publish ORDER BY path")

    def iter_to_delete(self) -> Iterator[tuple[str, int]]:
        """Yield the IDs to delete, each with the ``last_modified`` that was compared."""
        return self._file.iter_rows("SELECT record_id, last_modified FROM to_delete")

    def iter_to_mark(self) -> Iterator[tuple[str, int]]:
        """Yield the IDs to mark, each with the ``last_modified`` that was compared."""
        return self._file.iter_rows("SELECT record_id, last_modified FROM to_mark")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _iter_builds(self, query: str) -> Iterator[ExpectedBuild]:
        return map(ExpectedBuild._make, self._file.iter_rows(query))

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self._file.write_all(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608


@contextmanager
def open_expected() -> Iterator[ExpectedBuilds]:
    """Open an empty file, in a temporary folder that is deleted with the context."""
    with temporary_folder() as folder:
        builds = ExpectedBuilds(folder / "audit.sqlite")
        try:
            yield builds
        finally:
            builds.close()


def _preference(build: ExpectedBuild) -> tuple[object, ...]:
    return preference(parse_build(build.path))
