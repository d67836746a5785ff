"""The steps of an audit: read the archive's side, compare, repair."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from buildhub.archive.metadata_finder import PathsOnly
from buildhub.audit.archive_side.digester import Digester
from buildhub.audit.archive_side.expected import ExpectedBuilds
from buildhub.audit.archive_side.side import ArchiveSide
from buildhub.audit.classify import Classifier
from buildhub.audit.comparable import SelectComparable, all_fields, path_fields
from buildhub.audit.compare import CatalogueComparer
from buildhub.audit.index import IndexComparer
from buildhub.audit.options import AuditOptions
from buildhub.audit.reindex import Reindexer
from buildhub.audit.repair import Repairer
from buildhub.audit.report.report import AuditReport
from buildhub.audit.server_side import iter_records
from buildhub.audit.shipped_check import NO_LIST, Versions
from buildhub.publish.server import Server
from buildhub.records.derive import UNKNOWN, Deriver
from buildhub.records.recognise import make_recogniser
from buildhub.settings import Settings
from buildhub.walk.scope import Scope

Record = dict[str, Any]


class ComparesPages(Protocol):
    """Compares the catalogue with another side."""

    async def compare_page(self, page: list[Record]) -> None:
        """Compare the next records."""

    async def compare_rest(self) -> None:
        """Compare what the other side has behind the last record."""


@dataclass(frozen=True, slots=True)
class AuditRun:
    """One audit.

    Attributes:
        settings: of the job.
        options: what it was asked to do.
        scope: which builds it is about.
        report: takes findings and counts.
        server: has catalogue and index.
        on_progress: called after each piece of work.
    """

    settings: Settings
    options: AuditOptions
    scope: Scope
    report: AuditReport
    server: Server
    on_progress: Callable[[], None]

    async def compare_pages(self, comparers: Sequence[ComparesPages]) -> None:
        """Read the catalogue, and have each page compared."""
        async with aclosing(iter_records(self.server, self.scope)) as pages:
            async for page in pages:
                for comparer in comparers:
                    await comparer.compare_page(page)
                self.on_progress()
        for comparer in comparers:
            await comparer.compare_rest()

    async def audit_index(self, index: IndexComparer) -> None:
        """Compare catalogue and index alone, and repair the index."""
        await self.compare_pages([_RecordCounter(self.report), index])
        await self._repair_index(index)

    async def read_archive(self, side: ArchiveSide, expected: ExpectedBuilds) -> Versions:
        """Write down the builds of the archive; return their versions."""
        limits = (make_recogniser(self.settings).newest, side.modified_until)
        modified_until = min((each for each in limits if each), default=None)
        digester = Digester(*self._digests(side), modified_until)
        async with aclosing(side.iter_digested(digester, parallel=self._parallel)) as pieces:
            async for piece in pieces:
                expected.add(piece)
                self.on_progress()
        expected.products.update(side.products)
        # Builds whose metadata cannot be fetched are known to exist.
        unread = set(self.report.summary.read_counts.unsettled) - {UNKNOWN, NO_LIST}
        self.report.complete = not unread
        self.report.created = side.created(expected.newest)
        return digester.versions

    async def compare(
        self, side: ArchiveSide, expected: ExpectedBuilds, index: IndexComparer | None
    ) -> Versions:
        """Compare all sides; return the versions in the catalogue."""
        deriver, scope, comparable = self._digests(side)
        classifier = Classifier(
            self.report, scope, expected, side, self.server, deriver, comparable, self._parallel
        )
        catalogue = CatalogueComparer(expected, classifier)
        await self.compare_pages([catalogue, index] if index else [catalogue])
        return catalogue.versions

    async def repair(
        self, side: ArchiveSide, expected: ExpectedBuilds, index: IndexComparer | None
    ) -> Versions:
        """Correct what was found, if that was asked for; return the versions published."""
        if not self.options.repair:
            return set()
        repairer = Repairer(
            self.report,
            expected,
            side.with_exact_size,
            self.server,
            self._deriver(side),
            self.options.limits,
            parallel=self._parallel,
        )
        await repairer.publish()
        await repairer.delete(force=self.options.force)
        await repairer.mark_expired()
        if index is not None:
            await self._repair_index(index)
        return repairer.versions

    @property
    def _parallel(self) -> int:
        return 2 * self.settings.parallel_request_count

    def _digests(self, side: ArchiveSide) -> tuple[Deriver, Scope, SelectComparable]:
        """Return what derives the records that are compared, which of them, and their fields."""
        if self.options.paths_only:
            deriver = Deriver(PathsOnly(), self.settings.archive_url)
            return deriver, self.scope, path_fields
        return self._deriver(side), self.scope, all_fields

    def _deriver(self, side: ArchiveSide) -> Deriver:
        """Return what derives records as a load does, or a walk."""
        skip_incomplete = self.options.skip_incomplete
        return Deriver(side.metadata_finder, self.settings.archive_url, skip_incomplete)

    async def _repair_index(self, index: IndexComparer) -> None:
        if self.options.repair:
            await Reindexer(self.report, self.server, self.options.limits).reindex(index)


@dataclass(frozen=True, slots=True)
class _RecordCounter:
    """Counts the records, where none is compared with the archive."""

    report: AuditReport

    async def compare_page(self, page: list[Record]) -> None:
        self.report.records += len(page)

    async def compare_rest(self) -> None:
        """Nothing is behind the last record."""
