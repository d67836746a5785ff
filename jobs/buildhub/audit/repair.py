"""Correcting what an audit has found in the catalogue: publish, delete, mark."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import structlog

from buildhub.aio.streams import as_stream, in_pieces, map_ordered
from buildhub.audit.archive_side.expected import ExpectedBuild, ExpectedBuilds
from buildhub.audit.options import AuditLimits
from buildhub.audit.report.report import AuditReport
from buildhub.errors import ArchiveDown, Unavailable
from buildhub.publish.publisher import open_transport, publish
from buildhub.publish.server import Server
from buildhub.records.derive import Deriver
from buildhub.rules.build_file import BuildFile
from buildhub.rules.expiry import expiry_change
from buildhub.walk.pages import note_unsettled

log = structlog.get_logger(__name__)

_BUILDS_PER_PIECE = 100
_CHANGES_IN_FLIGHT = 4

WithExactSize = Callable[[BuildFile], Awaitable[BuildFile]]


class Repairer:
    """Publishes and deletes what the comparison has noted.

    Args:
        report: takes the counts.
        expected: has the notes.
        with_exact_size: returns a build with its exact size.
        server: takes the changes.
        deriver: derives records, with their metadata.
        limits: how much may be deleted.
        parallel: the number of folders whose metadata may be looked for at a time.

    Attributes:
        versions: products and versions of what was published.
    """

    def __init__(
        self,
        report: AuditReport,
        expected: ExpectedBuilds,
        with_exact_size: WithExactSize,
        server: Server,
        deriver: Deriver,
        limits: AuditLimits,
        *,
        parallel: int,
    ) -> None:
        self._report = report
        self._expected = expected
        self._with_exact_size = with_exact_size
        self._server = server
        self._deriver = deriver
        self._limits = limits
        self._parallel = parallel
        self._counts = report.begin_repair()
        self.versions: set[tuple[str, str]] = set()

    async def publish(self) -> None:
        """Publish the records that are missing or different."""
        published = self._report.summary.published
        transport = await open_transport(self._server, published, initialize=False)
        try:
            await publish(self._iter_lines(), transport)
        finally:
            self._counts.published = published.settled

    async def delete(self, *, force: bool) -> None:
        """Delete the records that are extra, unless they are too many to be believed."""
        extra = self._report.extra.count
        share = int(self._report.records * self._limits.deleted_share)
        limit = max(self._limits.deleted_count, share)
        if extra > limit and not force:
            self._counts.kept = extra
            log.error("too_many_to_delete", extra=extra, limit=limit, option="--force")
            return

        async def delete(record: tuple[str, int]) -> bool:
            return await self._server.delete_if_unchanged(*record)

        records = as_stream(self._expected.iter_to_delete())
        async for done in map_ordered(delete, records, limit=_CHANGES_IN_FLIGHT):
            self._counts.deleted += done

    async def mark_expired(self) -> None:
        """Let the records whose files the archive has deleted say so; they are never deleted."""
        change = expiry_change(datetime.now(UTC))

        async def mark(record: tuple[str, int]) -> bool:
            return await self._server.patch_if_unchanged(*record, change)

        records = as_stream(self._expected.iter_to_mark())
        async for done in map_ordered(mark, records, limit=_CHANGES_IN_FLIGHT):
            self._counts.marked += done

    async def _iter_lines(self) -> AsyncIterator[list[bytes]]:
        pieces = as_stream(in_pieces(self._expected.iter_to_publish(), _BUILDS_PER_PIECE))
        async for lines in map_ordered(self._derive_lines, pieces, limit=self._parallel):
            yield lines

    async def _derive_lines(self, builds: list[ExpectedBuild]) -> list[bytes]:
        files = await asyncio.gather(*(self._find_exact_size(build) for build in builds))
        derived = await self._deriver.derive(
            [each for each in files if each is not None], self._report.summary.read_counts
        )
        self.versions |= {(each.build.product, each.build.version) for each in derived}
        return [each.line for each in derived]

    async def _find_exact_size(self, build: ExpectedBuild) -> BuildFile | None:
        """Return a build with its exact size; None where it cannot be fetched: that is counted."""
        try:
            return await self._with_exact_size(build.build_file())
        except ArchiveDown:
            raise
        except Unavailable as exc:
            note_unsettled(build.path, exc, self._report.summary.read_counts)
            return None
