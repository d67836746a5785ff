"""What an audit needs of the archive's side, wherever its builds are read."""

from collections.abc import AsyncGenerator, Collection
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from buildhub.archive.metadata_finder import FindsMetadata
from buildhub.audit.archive_side.digester import DigestedBuild, Digester
from buildhub.rules.build_file import BuildFile

Record = dict[str, Any]


class LookupResult(NamedTuple):
    """What the archive has of a record whose build was not among those that were read.

    Attributes:
        build: its build, where that is out of scope and so was not read.
        unknown: why nothing can be said; "" where something can. Without either, the archive does
            not have the build.
    """

    build: BuildFile | None = None
    unknown: str = ""


class ArchiveSide(Protocol):
    """The archive's side of an audit."""

    @property
    def metadata_finder(self) -> FindsMetadata:
        """Finds the metadata of builds."""

    @property
    def products(self) -> Collection[str]:
        """Products that the archive has, also where none of their builds was read."""

    @property
    def modified_until(self) -> datetime | None:
        """Files modified later are too young to be compared; None where none are."""

    def iter_digested(
        self, digester: Digester, *, parallel: int
    ) -> AsyncGenerator[list[DigestedBuild], None]:
        """Yield all builds.

        Args:
            digester: digests their records.
            parallel: the number of folders that may be worked on at a time.
        """

    def created(self, newest: datetime | None) -> datetime | None:
        """Return when what is read was created; *newest* is the date of its youngest file."""

    async def look_up(self, record: Record) -> LookupResult:
        """Return what the archive has of a record whose build was not read."""

    async def with_exact_size(self, each: BuildFile) -> BuildFile:
        """Return a build with its exact size.

        Raises:
            Unavailable: it cannot be fetched now.
        """
