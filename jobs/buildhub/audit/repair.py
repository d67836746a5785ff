"""Putting right what an audit has found: publish, delete, index."""

import asyncio
import time
from collections.abc import AsyncIterator

import structlog

from buildhub.audit.expected import Expected, Wanted
from buildhub.audit.index import IndexComparer, find_differing
from buildhub.audit.report import Repaired, Report
from buildhub.derive import Deriver
from buildhub.errors import BadData, Unavailable
from buildhub.publish.publisher import open_transport, publish
from buildhub.publish.server import Server
from buildhub.streams import in_pieces, map_ordered

log = structlog.get_logger(__name__)

KEPT = "deletions-over-the-limit"

LARGEST_DELETED_SHARE = 0.05
"""An archive that seems to have lost more than this of its builds is not believed so easily."""

SMALLEST_LIMIT = 10
"""So few records may be deleted from a catalogue of any size."""

_BUILDS_PER_PIECE = 100
_IDS_PER_REQUEST = 500
_DELETIONS_IN_FLIGHT = 4
ROUNDS = 20
WAIT_SECONDS = 0.5

# Four million records take some minutes.
REBUILD_SECONDS = 1800.0


class Repairer:
    """Does what the comparison has left to do.

    Args:
        report: says what was found, and takes what was done.
        expected: has the notes of what is to be done.
        server: what is written to.
        deriver: works out records, with their metadata.
        parallel: how many folders' metadata may be looked for at a time.
    """

    def __init__(
        self, report: Report, expected: Expected, server: Server, deriver: Deriver, *, parallel: int
    ) -> None:
        self._report = report
        self._expected = expected
        self._server = server
        self._deriver = deriver
        self._parallel = parallel
        self._done = report.repaired = Repaired()
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
            return await self._server.remove(*record)

        records = _iterate(self._expected)
        async for done in map_ordered(remove, records, limit=_DELETIONS_IN_FLIGHT):
            self._done.deleted += done

    async def reindex(self, index: IndexComparer) -> None:
        """Let the server put right what the index has wrong, and wait until it has."""
        if index.is_far_off:
            await self._rebuild(index)
            return
        waiting = list(index.suspects)
        for _ in range(ROUNDS):
            if not waiting:
                break
            for some in in_pieces(waiting, _IDS_PER_REQUEST):
                await self._ask({"ids": some})
            await asyncio.sleep(WAIT_SECONDS)
            waiting = await self._find_differing(waiting)
        if waiting:
            # What the index has is newer than what is stored, as after a backup was put back.
            await self._rebuild(index)
        else:
            self._done.reindexed = len(index.suspects)

    async def _rebuild(self, index: IndexComparer) -> None:
        """Ask for a new index, and wait until it has what the old one had not."""
        some = list(index.suspects)[:_IDS_PER_REQUEST]
        give_up = time.monotonic() + REBUILD_SECONDS
        await self._ask({"ids": None})
        while time.monotonic() < give_up:
            await asyncio.sleep(WAIT_SECONDS)
            if not await self._find_differing(some):
                self._done.reindexed = self._report.index_count
                return
        log.error("index_not_rebuilt_in_time", seconds=REBUILD_SECONDS)

    async def _find_differing(self, record_ids: list[str]) -> list[str]:
        """Return those of which catalogue and index tell differently; all while it cannot tell."""
        try:
            return await find_differing(self._server, record_ids)
        except (BadData, Unavailable) as exc:
            log.warning("index_out_of_reach", error=str(exc))
            return record_ids

    async def _ask(self, body: dict[str, object]) -> None:
        try:
            await self._server.request("POST", f"{self._server.collection}/_repair", json=body)
        except (BadData, Unavailable) as exc:
            log.error("index_not_repaired", error=str(exc))

    async def _lines(self) -> AsyncIterator[list[bytes]]:
        async def derive(some: list[Wanted]) -> list[bytes]:
            builds = [wanted.recognised() for wanted in some]
            derived = await self._deriver.derive(builds, self._report.summary.tally)
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
