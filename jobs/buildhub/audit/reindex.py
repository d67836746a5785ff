"""Correcting what an audit has found in the search index."""

import asyncio
import time
from collections.abc import Callable

import structlog

from buildhub.aio.streams import in_pieces
from buildhub.audit.index import IndexComparer, find_differing
from buildhub.audit.options import AuditLimits
from buildhub.audit.report.report import AuditReport
from buildhub.errors import BadData, Unavailable
from buildhub.publish.server import Server

log = structlog.get_logger(__name__)

_IDS_PER_REQUEST = 500


class Reindexer:
    """Makes the server index again what differs.

    Args:
        report: takes the counts.
        server: has the index.
        limits: rounds and waits.
        clock: returns seconds.
    """

    def __init__(
        self,
        report: AuditReport,
        server: Server,
        limits: AuditLimits,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report = report
        self._server = server
        self._limits = limits
        self._clock = clock
        self._counts = report.begin_repair()

    async def reindex(self, index: IndexComparer) -> None:
        """Make the server correct its index, and wait until it has."""
        if not index.has_too_many_suspects and not await self._index_again(list(index.suspects)):
            self._counts.reindexed = len(index.suspects)
        else:
            await self._rebuild(index)

    async def _index_again(self, record_ids: list[str]) -> list[str]:
        """Have the records indexed one by one; return those that differ all the same.

        These have a newer version in the index than in the store, as after a backup was restored.
        """
        for _ in range(self._limits.repair_rounds):
            if not record_ids:
                break
            for some in in_pieces(record_ids, _IDS_PER_REQUEST):
                await self._request_repair({"ids": some})
            await asyncio.sleep(self._limits.repair_wait_seconds)
            record_ids = await self._find_differing(record_ids)
        return record_ids

    async def _rebuild(self, index: IndexComparer) -> None:
        """Request a new index, and wait until it has what the old one lacked."""
        some = list(index.suspects)[:_IDS_PER_REQUEST]
        deadline = self._clock() + self._limits.rebuild_seconds
        await self._request_repair({"ids": None})
        while self._clock() < deadline:
            await asyncio.sleep(self._limits.repair_wait_seconds)
            if not await self._find_differing(some):
                self._counts.reindexed = self._report.index_count
                return
        log.error("index_not_rebuilt_in_time", seconds=self._limits.rebuild_seconds)

    async def _find_differing(self, record_ids: list[str]) -> list[str]:
        """Return those whose versions in catalogue and index differ; all where nobody knows."""
        try:
            return await find_differing(self._server, record_ids)
        except (BadData, Unavailable) as exc:
            log.warning("index_out_of_reach", error=str(exc))
            return record_ids

    async def _request_repair(self, body: dict[str, object]) -> None:
        url = f"{self._server.collection}/_repair"
        try:
            await self._server.request_json("POST", url, json=body)
        except (BadData, Unavailable) as exc:
            log.error("index_not_repaired", error=str(exc))
