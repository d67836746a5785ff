"""The archive's side of an audit: where its builds are read, and what is asked of it afterwards."""

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from buildhub_schema.products import PRODUCT_NAMES

from buildhub.archive.metadata_finder import FindsMetadata
from buildhub.audit.digester import Digested, Digester
from buildhub.audit.report import INCOMPLETE, Report
from buildhub.inventory.parts import Inventories
from buildhub.records.pipeline import derive_inventories
from buildhub.records.recognise import Recogniser
from buildhub.rules.build_file import BuildFile

Record = dict[str, Any]


class Told(NamedTuple):
    """What is said of a record that no build was read for.

    Attributes:
        build: its build, where the audit is not about it and so did not read it.
        unknown: why nothing can be said, "" where something can. With neither the archive has no
            such build.
    """

    build: BuildFile | None = None
    unknown: str = ""


class Answer(Protocol):
    """What the archive answers to an audit."""

    @property
    def finder(self) -> FindsMetadata:
        """What tells the metadata of builds."""

    @property
    def products(self) -> Collection[str]:
        """Products that the archive has, also where no build of theirs was read."""

    @property
    def youngest(self) -> datetime | None:
        """When files were written that are too young to be judged; None where none are."""

    def pieces(self, digester: Digester, *, parallel: int) -> AsyncGenerator[list[Digested], None]:
        """Yield all builds.

        Args:
            digester: makes lines of them.
            parallel: how many folders may be worked on at a time.
        """

    def created(self, newest: datetime | None) -> datetime | None:
        """Return when the answer was made; *newest* is its youngest file."""

    async def find(self, record: Record) -> Told:
        """Return what is known of a record that no build was read for."""

    async def measure(self, each: BuildFile) -> BuildFile:
        """Return a build with its exact size.

        Raises:
            Unavailable: it cannot be told now.
        """


@dataclass(frozen=True, slots=True)
class InventoriesAnswer:
    """The archive as its inventories tell of it: all of it, or with a gap somewhere.

    Attributes:
        inventories: are read.
        finder: tells metadata.
        report: takes the counts.
    """

    inventories: Inventories
    finder: FindsMetadata
    report: Report
    products: tuple[str, ...] = ()
    youngest: None = None

    def pieces(self, digester: Digester, *, parallel: int) -> AsyncGenerator[list[Digested], None]:
        """Yield all builds, also those that the audit is not about.

        What the archive has must not be taken for extra.
        """
        read_counts, recogniser = (
            self.report.summary.read_counts,
            Recogniser(frozenset(PRODUCT_NAMES)),
        )
        return derive_inventories(
            self.inventories, recogniser, digester, read_counts, parallel=parallel
        )

    def created(self, newest: datetime | None) -> datetime | None:
        """Return when the oldest inventory was begun, or its youngest file was written."""
        moments = (self.inventories.created, newest)
        return max((each for each in moments if each), default=None)

    async def find(self, record: Record) -> Told:
        """Return what is known of a record that no build was read for."""
        return Told() if self.report.complete else Told(unknown=INCOMPLETE)

    async def measure(self, each: BuildFile) -> BuildFile:
        """Return the build: inventories tell exact sizes."""
        return each
