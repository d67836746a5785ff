"""Putting right what an audit has found in the search index."""

import asyncio
import time

import structlog

from buildhub.aio.streams import in_pieces
from buildhub.audit.index import IndexComparer, find_differing
from buildhub.audit.report import Repaired, Report
from buildhub.errors import BadData, Unavailable
from buildhub.publish.server import Server

log = structlog.get_logger(__name__)

_IDS_PER_REQUEST = 500
ROUNDS = 20
WAIT_SECONDS = 0.5

# Four million records take some minutes.
REBUILD_SECONDS = 1800.0


class Reindexer:
    """Asks the server to index again what differs.

    Args:
        report: says what was found, and takes what was done.
        server: has the index.
    """

    def __init__(self, report: Report, server: Server) -> None:
        self._report = report
        self._server = server
        self._done = report.repaired = report.repaired or Repaired()

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
            await self._server.request_json("POST", f"{self._server.collection}/_repair", json=body)
        except (BadData, Unavailable) as exc:
            log.error("index_not_repaired", error=str(exc))
