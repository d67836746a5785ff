"""Catalogue and search index side by side: what the index lacks, or has not followed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any

import structlog

from buildhub.audit.findings import DIMENSIONS, Finding, of_record
from buildhub.audit.report import Report
from buildhub.audit.server_side import Document, find_documents, iter_documents
from buildhub.errors import BadData, Unavailable
from buildhub.publish.server import Server
from buildhub.walk.scope import Scope

log = structlog.get_logger(__name__)

OUT_OF_REACH = "index-out-of-reach"

# The index follows within moments. What differs longer than this differs.
LOOKS = 4
WAIT_SECONDS = 1.0

MOST_LOOKED_AT_AGAIN = 10_000
"""Beyond so many nothing is looked up one by one any more, and a repair builds the index anew."""

Record = dict[str, Any]


class IndexComparer:
    """Takes the catalogue's records in the order of their IDs, page by page.

    Attributes:
        suspects: what seems to differ, by ID, with the kind of finding that it would be.
    """

    def __init__(self, report: Report, server: Server, scope: Scope) -> None:
        self._report = report
        self._server = server
        self._scope = scope
        self._last_id = ""
        self._pages: AsyncGenerator[list[Document], None] | None = None
        self._gave_up = False
        self._documents: deque[Document] = deque()
        self.suspects: dict[str, tuple[str, Finding]] = {}
        report.documents = 0

    @property
    def is_far_off(self) -> bool:
        """Whether so much differs that it was only counted."""
        return self._report.index_count > 0 and len(self.suspects) >= MOST_LOOKED_AT_AGAIN

    async def take(self, page: list[Record]) -> None:
        """Compare the next records with what the index has up to the last of them."""
        await self._open(page[-1]["id"])
        documents = self._documents
        for record in page:
            record_id = record["id"]
            while await self._has_next() and documents[0][0] < record_id:
                self._suspect("left_over", _unknown(self._pop()[0]))
            if self._gave_up:
                return
            if not documents or documents[0][0] != record_id:
                self._suspect("unindexed", of_record(record))
            elif self._pop()[1] != record["last_modified"]:
                self._suspect("outdated", of_record(record))

    async def end(self) -> None:
        """Take what the index has behind the last record, and look again at all that differs."""
        await self._open(None)
        while await self._has_next():
            self._suspect("left_over", _unknown(self._pop()[0]))
        await self.close()

    async def settle(self) -> None:
        """Look again at what seems to differ, until it does not or time is up; report the rest.

        Both sides were read while others wrote, and the index is always a moment behind.
        """
        if not self.is_far_off:
            for _ in range(LOOKS):
                await self._look_again()
                if not self.suspects:
                    break
                await asyncio.sleep(WAIT_SECONDS)
        for kind, finding in self.suspects.values():
            self._report.of_kind(kind).add(finding)

    async def close(self) -> None:
        """Stop reading the index."""
        if self._pages is not None:
            await self._pages.aclose()
            self._pages = None

    async def _open(self, up_to: str | None) -> None:
        """Begin to read what the index has up to an ID, or all that is left."""
        # What is left of the range before came after the last record that was compared with it.
        while await self._has_next():
            self._suspect("left_over", _unknown(self._pop()[0]))
        await self.close()
        if not self._gave_up:
            self._pages = iter_documents(
                self._server, self._scope, after=self._last_id, up_to=up_to
            )
        self._last_id = up_to or self._last_id

    async def _look_again(self) -> None:
        """Drop the suspects that are as they should be by now."""
        try:
            self.suspects = {
                record_id: self.suspects[record_id]
                for record_id in await find_differing(self._server, list(self.suspects))
            }
        except (BadData, Unavailable) as exc:
            self._give_up(exc)

    async def _has_next(self) -> bool:
        if self._documents:
            return True
        if self._pages is None or self._gave_up:
            return False
        try:
            page: list[Document] = await anext(self._pages, [])
        except (BadData, Unavailable) as exc:
            self._give_up(exc)
            return False
        self._documents.extend(page)
        return bool(page)

    def _pop(self) -> Document:
        assert self._report.documents is not None  # noqa: S101 - it was set at the start.
        self._report.documents += 1
        return self._documents.popleft()

    def _give_up(self, error: Exception) -> None:
        self._gave_up = True
        self._report.summary.read_counts.unsettled[OUT_OF_REACH] = 1
        log.error("index_out_of_reach", error=str(error))

    def _suspect(self, kind: str, finding: Finding) -> None:
        if len(self.suspects) < MOST_LOOKED_AT_AGAIN:
            self.suspects[finding.record_id] = (kind, finding)
        else:
            self._report.of_kind(kind).add(finding)


async def find_differing(server: Server, record_ids: list[str]) -> list[str]:
    """Return those of *record_ids* of which catalogue and index tell differently right now."""
    stored = await server.fetch_last_modified(record_ids)
    indexed = await find_documents(server, record_ids)
    return [each for each in record_ids if stored.get(each) != indexed.get(each)]


def _unknown(record_id: str) -> Finding:
    """Return a finding about what only the index has; there is no record to tell of it."""
    return Finding(record_id, "", ("",) * len(DIMENSIONS))
