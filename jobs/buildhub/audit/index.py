"""Catalogue and search index side by side: what the index lacks, or has not followed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any

import structlog

from buildhub.audit.options import AuditLimits
from buildhub.audit.report.findings import Finding, finding_of_id, finding_of_record
from buildhub.audit.report.report import AuditReport
from buildhub.audit.server_side import IndexedVersion, find_indexed, iter_indexed
from buildhub.errors import BadData, Unavailable
from buildhub.publish.server import Server
from buildhub.walk.scope import Scope

log = structlog.get_logger(__name__)

OUT_OF_REACH = "index-out-of-reach"

Record = dict[str, Any]


class IndexComparer:
    """Takes the catalogue's records in the order of their IDs, page by page.

    Args:
        report: takes the findings.
        server: has the index.
        scope: of the audit.
        limits: how often, and of how many, suspects are checked again.

    Attributes:
        suspects: what seems to differ, by ID, with the kind of finding that it would be.
    """

    def __init__(
        self, report: AuditReport, server: Server, scope: Scope, limits: AuditLimits
    ) -> None:
        self._report = report
        self._limits = limits
        self._documents = _IndexReader(report, server, scope)
        self._server = server
        self.suspects: dict[str, tuple[str, Finding]] = {}

    @property
    def has_too_many_suspects(self) -> bool:
        """Whether so much differs that the rest of it was only counted."""
        is_full = len(self.suspects) >= self._limits.rechecked_count
        return self._report.index_count > 0 and is_full

    async def compare_page(self, page: list[Record]) -> None:
        """Compare the next records with the documents up to the last of them."""
        await self._begin_range(page[-1]["id"])
        for record in page:
            record_id = record["id"]
            while (document := await self._documents.peek()) and document[0] < record_id:
                self._suspect_orphan()
            if self._documents.has_failed:
                return
            if document is None or document[0] != record_id:
                self._suspect("unindexed", finding_of_record(record))
            elif self._documents.pop()[1] != record["last_modified"]:
                self._suspect("outdated", finding_of_record(record))

    async def compare_rest(self) -> None:
        """Compare the documents behind the last record; check all suspects again."""
        await self._begin_range(None)
        await self._suspect_orphans()
        await self.close()
        await self._report_suspects()

    async def close(self) -> None:
        """Stop reading the index."""
        await self._documents.close()

    async def _begin_range(self, up_to: str | None) -> None:
        """Begin to read the documents up to an ID, or all that are left."""
        # What is left of the range before came after the last record that was compared with it.
        await self._suspect_orphans()
        await self._documents.begin_range(up_to)

    async def _suspect_orphans(self) -> None:
        while await self._documents.peek():
            self._suspect_orphan()

    def _suspect_orphan(self) -> None:
        self._suspect("orphaned", finding_of_id(self._documents.pop()[0]))

    def _suspect(self, kind: str, finding: Finding) -> None:
        if len(self.suspects) < self._limits.rechecked_count:
            self.suspects[finding.record_id] = (kind, finding)
        else:
            self._report.of_kind(kind).add(finding)

    async def _report_suspects(self) -> None:
        """Check the suspects until none differs or time is up; report the rest.

        Both sides were read while others wrote, and the index is always a moment behind.
        """
        if not self.has_too_many_suspects:
            for _ in range(self._limits.index_checks):
                await self._check_again()
                if not self.suspects:
                    break
                await asyncio.sleep(self._limits.index_wait_seconds)
        for kind, finding in self.suspects.values():
            self._report.of_kind(kind).add(finding)

    async def _check_again(self) -> None:
        """Drop the suspects that are as they should be by now."""
        try:
            stored, indexed = await fetch_versions(self._server, list(self.suspects))
        except (BadData, Unavailable) as exc:
            self._documents.fail(exc)
            return
        differing = {}
        for record_id, (kind, finding) in self.suspects.items():
            if stored.get(record_id) != indexed.get(record_id):
                differing[record_id] = (kind, finding)
            else:
                self._documents.recount(
                    was_there=kind != "unindexed", is_there=record_id in indexed
                )
        self.suspects = differing


class _IndexReader:
    """Reads the index range by range, and stops for good where it cannot be read.

    Attributes:
        has_failed: it has stopped.
    """

    def __init__(self, report: AuditReport, server: Server, scope: Scope) -> None:
        self._report = report
        self._server = server
        self._scope = scope
        self._last_id = ""
        self._pages: AsyncGenerator[list[IndexedVersion], None] | None = None
        self._waiting: deque[IndexedVersion] = deque()
        self.has_failed = False
        report.documents = 0

    async def begin_range(self, up_to: str | None) -> None:
        """Begin to read the documents behind the last range and up to an ID, or all."""
        await self.close()
        if not self.has_failed:
            self._pages = iter_indexed(self._server, self._scope, after=self._last_id, up_to=up_to)
        self._last_id = up_to or self._last_id

    async def peek(self) -> IndexedVersion | None:
        """Return the next document of the range; None behind its last."""
        if not self._waiting and self._pages is not None and not self.has_failed:
            try:
                page: list[IndexedVersion] = await anext(self._pages, [])
            except (BadData, Unavailable) as exc:
                self.fail(exc)
                return None
            self._waiting.extend(page)
        return self._waiting[0] if self._waiting else None

    def pop(self) -> IndexedVersion:
        """Take and count the next document."""
        self._report.documents = (self._report.documents or 0) + 1
        return self._waiting.popleft()

    def recount(self, *, was_there: bool, is_there: bool) -> None:
        """Count a document as it is by now, where it came or went after its range was read."""
        self._report.documents = (self._report.documents or 0) + is_there - was_there

    def fail(self, error: Exception) -> None:
        """Stop, counting and logging why."""
        self.has_failed = True
        self._report.summary.read_counts.unsettled[OUT_OF_REACH] = 1
        log.error("index_out_of_reach", error=str(error))

    async def close(self) -> None:
        """Stop reading the range."""
        if self._pages is not None:
            await self._pages.aclose()
            self._pages = None


async def find_differing(server: Server, record_ids: list[str]) -> list[str]:
    """Return those of *record_ids* whose versions in catalogue and index differ right now."""
    stored, indexed = await fetch_versions(server, record_ids)
    return [each for each in record_ids if stored.get(each) != indexed.get(each)]


async def fetch_versions(
    server: Server, record_ids: list[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the ``last_modified`` of *record_ids* in the catalogue and in the index, by ID."""
    return await server.fetch_last_modified(record_ids), await find_indexed(server, record_ids)
