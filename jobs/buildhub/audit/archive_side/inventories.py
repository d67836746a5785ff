"""The archive's inventories as the archive's side: all of it, or with a part missing."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime

from buildhub_schema.products import PRODUCT_NAMES

from buildhub.archive.metadata_finder import FindsMetadata
from buildhub.audit.archive_side.digester import DigestedBuild, Digester
from buildhub.audit.archive_side.side import LookupResult, Record
from buildhub.audit.report.report import INCOMPLETE, AuditReport
from buildhub.inventory.parts import Inventories
from buildhub.records.pipeline import derive_inventories
from buildhub.records.recognise import Recogniser
from buildhub.rules.build_file import BuildFile


@dataclass(frozen=True, slots=True)
class InventoriesSide:
    """Reads inventories.

    Attributes:
        inventories: are read.
        metadata_finder: finds the metadata of builds.
        report: takes the counts.
    """

    inventories: Inventories
    metadata_finder: FindsMetadata
    report: AuditReport
    products: tuple[str, ...] = ()
    modified_until: None = None

    def iter_digested(
        self, digester: Digester, *, parallel: int
    ) -> AsyncGenerator[list[DigestedBuild], None]:
        """Yield all builds, also those out of scope: their records must not be taken for extra."""
        return derive_inventories(
            self.inventories,
            Recogniser(frozenset(PRODUCT_NAMES)),
            digester,
            self.report.summary.read_counts,
            parallel=parallel,
        )

    def created(self, newest: datetime | None) -> datetime | None:
        """Return when the oldest inventory was begun, or its youngest file was written."""
        moments = (self.inventories.created, newest)
        return max((each for each in moments if each), default=None)

    async def look_up(self, record: Record) -> LookupResult:
        """Return that the archive does not have the build, unless an inventory is incomplete."""
        return LookupResult() if self.report.complete else LookupResult(unknown=INCOMPLETE)

    async def with_exact_size(self, each: BuildFile) -> BuildFile:
        """Return the build: inventories contain exact sizes."""
        return each
