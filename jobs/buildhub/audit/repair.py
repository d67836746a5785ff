"""Putting right what an audit has found in the catalogue: publish, delete."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from buildhub.aio.streams import in_pieces, map_ordered
from buildhub.audit.expected import Expected, Wanted
from buildhub.audit.report import Repaired, Report
from buildhub.errors import ArchiveDown, Unavailable
from buildhub.publish.publisher import open_transport, publish
from buildhub.publish.server import Server
from buildhub.records.derive import Deriver
from buildhub.rules.build_file import BuildFile
from buildhub.walk.pages import note_unsettled

log = structlog.get_logger(__name__)

LARGEST_DELETED_SHARE = 0.05
"""An archive that seems to have lost more than this of its builds is not believed so easily."""

SMALLEST_LIMIT = 10
"""So few records may be deleted from a catalogue of any size."""

_BUILDS_PER_PIECE = 100
_DELETIONS_IN_FLIGHT = 4

Measure = Callable[[BuildFile], Awaitable[BuildFile]]


class Repairer:
    """Does what the comparison has left to do.

    Args:
        report: says what was found, and takes what was done.
        expected: has the notes of what is to be done.
        measure: tells the exact sizes of builds.
        server: what is written to.
        deriver: works out records, with their metadata.
        parallel: how many folders' metadata may be looked for at a time.
    """

    def __init__(
        self,
        report: Report,
        expected: Expected,
        measure: Measure,
        server: Server,
        deriver: Deriver,
        *,
        parallel: int,
    ) -> None:
        self._report = report
        self._expected = expected
        self._measure = measure
        self._server = server
        self._deriver = deriver
        self._parallel = parallel
        self._done = report.repaired = report.repaired or Repaired()
        self.versions: set[tuple[str, str]] = set()
        """Products and versions of what was published."""

    async def publish(self) -> None:
        """Publish what is missing or different, as it should be."""
        counts = self._report.summary.published
        transport = await open_transport(self._server, counts, initialize=False)
        try:
            await publish(self._lines(), transport)
        finally:
            self._done.published = counts.settled

    async def delete(self, *, force: bool) -> None:
        """Delete what is extra, unless that is too much to be believed."""
        found = self._report.extra.count
        limit = max(SMALLEST_LIMIT, int(self._report.records * LARGEST_DELETED_SHARE))
        if found > limit and not force:
            self._done.kept = found
            log.error("too_many_to_delete", extra=found, limit=limit, option="--force")
            return

        async def remove(record: tuple[str, int]) -> bool:
            return await self._server.delete_if_unchanged(*record)

        records = _iterate(self._expected)
        async for done in map_ordered(remove, records, limit=_DELETIONS_IN_FLIGHT):
            self._done.deleted += done

    async def _sized(self, wanted: Wanted) -> BuildFile | None:
        """Return a build with its exact size; None where that cannot be had, which is counted."""
        try:
            return await self._measure(wanted.recognised())
        except ArchiveDown:
            raise
        except Unavailable as exc:
            note_unsettled(wanted.path, exc, self._report.summary.read_counts)
            return None

    async def _lines(self) -> AsyncIterator[list[bytes]]:
        async def derive(some: list[Wanted]) -> list[bytes]:
            measured = await asyncio.gather(*(self._sized(wanted) for wanted in some))
            builds = [each for each in measured if each is not None]
            derived = await self._deriver.derive(builds, self._report.summary.read_counts)
            self.versions |= {(each.build.product, each.build.version) for each in derived}
            return [each.line for each in derived]

        pieces = _pieces(self._expected)
        async for lines in map_ordered(derive, pieces, limit=self._parallel):
            yield lines


async def _iterate(expected: Expected) -> AsyncIterator[tuple[str, int]]:
    for record in expected.iter_to_delete():
        yield record


async def _pieces(expected: Expected) -> AsyncIterator[list[Wanted]]:
    for some in in_pieces(expected.iter_to_publish(), _BUILDS_PER_PIECE):
        yield some
