"""Files that may lose their record ID to another file.

Builds that nothing can be preferred to are published as they come. The others, which are few,
wait on disk until those are stored. Then each asks who holds its ID: where the holder is
preferred it is left out and reported, else it is published. So the catalogue comes out the same
in whatever order the archive lists its files, a second run changes nothing, and no state is
kept between runs.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from buildhub.aio.streams import in_pieces
from buildhub.publish.server import Server
from buildhub.records.derive import Derived
from buildhub.rules.canonical_path import canonical_path
from buildhub.rules.paths import Build, parse_build, parse_path
from buildhub.rules.precedence import is_preferred, preference, why_preferred
from buildhub.sqlite_file import open_scratch
from buildhub.temporary_files import temporary_folder

_IDS_AT_A_TIME = 200

_SCHEMA = (
    "CREATE TABLE deferred (record_id TEXT, path TEXT, line BLOB,"
    " PRIMARY KEY (record_id, path)) WITHOUT ROWID",
    "CREATE TABLE passed (record_hash INTEGER PRIMARY KEY)",
)

FindHolders = Callable[[list[Build]], Awaitable[dict[str, Build]]]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that was left out because another one takes its ID.

    Attributes:
        path: of the file that was left out.
        record_id: the ID that both would take.
        winner_path: of the file that has it.
        rule: why it was preferred.
    """

    path: str
    record_id: str
    winner_path: str
    rule: str


class DeferredRecords:
    """Lines that wait, on disk, by ID. Every method raises DiskFailure.

    Where no server can be asked who holds an ID, it also *remembers* the IDs that did not wait.
    """

    def __init__(self, path: Path, *, remember: bool = False) -> None:
        self._remember = remember
        self._file = open_scratch(path, _SCHEMA)

    def defer_unpreferred(self, derived: list[Derived]) -> list[bytes]:
        """Return the lines of builds that nothing can be preferred to; keep the others."""
        preferred: list[Derived] = []
        deferred: list[Derived] = []
        for each in derived:
            (preferred if is_preferred(each.build) else deferred).append(each)
        self._file.write_all(
            "INSERT OR REPLACE INTO deferred VALUES (?, ?, ?)",
            [(each.build.record_id, each.build.path, each.line) for each in deferred],
        )
        if self._remember:
            self._file.write_all(
                "INSERT OR IGNORE INTO passed VALUES (?)",
                [(_hash(each.build.record_id),) for each in preferred],
            )
        return [each.line for each in preferred]

    def has_passed(self, record_id: str) -> bool:
        """Return whether a line with this ID did not wait."""
        query = "SELECT 1 FROM passed WHERE record_hash = ?"
        return self._file.fetch_one(query, (_hash(record_id),)) is not None

    def iter_deferred(self) -> Iterator[tuple[str, list[tuple[Build, bytes]]]]:
        """Yield each ID with its builds and lines, the preferred one first."""
        rows = self._file.iter_rows("SELECT record_id, path, line FROM deferred ORDER BY record_id")
        for record_id, group in groupby(rows, key=itemgetter(0)):
            found = [(parse_build(path), line) for _, path, line in group]
            found.sort(key=lambda each: preference(each[0]))
            yield record_id, found

    def close(self) -> None:
        """Close the file."""
        self._file.close()


async def resolve_conflicts(
    deferred: DeferredRecords, find_holders: FindHolders, report: Callable[[Conflict], None]
) -> AsyncIterator[list[bytes]]:
    """Yield the lines of deferred builds that win.

    Args:
        deferred: what waits.
        find_holders: returns, by ID, the build that has it now, for the builds it is given.
        report: called with each file that is left out.
    """
    for some in in_pieces(deferred.iter_deferred(), _IDS_AT_A_TIME):
        holders = await find_holders([claims[0][0] for _, claims in some])
        lines = []
        for record_id, ((best, line), *others) in some:
            holder = holders.get(record_id, best)
            losers = [build for build, _ in others]
            # Equal where it won in an earlier run.
            if preference(best) <= preference(holder):
                holder = best
                lines.append(line)
            else:
                losers.insert(0, best)
            for build in losers:
                rule = why_preferred(holder, build)
                report(Conflict(build.path, record_id, holder.path, rule))
        yield lines


def holders_on_server(server: Server) -> FindHolders:
    """Return the function that finds holders by what the server has stored."""

    async def find(builds: list[Build]) -> dict[str, Build]:
        stored = await server.fetch_download_urls(build.record_id for build in builds)
        archive_url = server.settings.archive_url
        found = ((each, build_at(url, archive_url)) for each, url in stored.items())
        return {record_id: build for record_id, build in found if build is not None}

    return find


def build_at(url: str, archive_url: str) -> Build | None:
    """Return the build behind a stored address; None where it is none of this archive's."""
    if not url.startswith(archive_url):
        return None
    build = parse_path(url.removeprefix(archive_url))
    return build if isinstance(build, Build) else None


def holders_in_stream(deferred: DeferredRecords) -> FindHolders:
    """Return the function that finds holders by what went before in the same stream."""

    async def find(builds: list[Build]) -> dict[str, Build]:
        passed = (build for build in builds if deferred.has_passed(build.record_id))
        return {build.record_id: parse_build(canonical_path(build)) for build in passed}

    return find


@contextmanager
def open_deferred(*, remember: bool = False) -> Iterator[DeferredRecords]:
    """Open an empty one, in a temporary folder that goes with the context."""
    with temporary_folder() as folder:
        path = folder / "deferred.sqlite"
        with closing(DeferredRecords(path, remember=remember)) as deferred:
            yield deferred


def _hash(record_id: str) -> int:
    """Return 63 bits that stand for an ID: a tenth of its size, and two never met."""
    digest = hashlib.blake2b(record_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
