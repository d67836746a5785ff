"""The archive's own listings as the archive's side: folder after folder, as a walk reads them."""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from buildhub_schema.products import PRODUCTS_BY_NAME

from buildhub.aio.memoize import Memoizer
from buildhub.aio.streams import iter_tree
from buildhub.archive.metadata_finder import FindsMetadata
from buildhub.audit.archive_side.digester import DigestedBuild, Digester
from buildhub.audit.archive_side.folders import FolderReader
from buildhub.audit.archive_side.side import LookupResult, Record
from buildhub.audit.report.report import INCOMPLETE
from buildhub.audit.scope import text_of
from buildhub.errors import ArchiveDown, BadData, Unavailable
from buildhub.rules.build_file import BuildFile
from buildhub.rules.coverage_claims import PAGES_LAG
from buildhub.rules.paths import Build, parse_path
from buildhub.walk.listed_metadata import ListedMetadata

# Unvisited folders whose builds are kept for records out of scope: some hundred builds each.
_FOLDERS_IN_MEMORY = 64

_UNKNOWN = LookupResult(unknown=INCOMPLETE)


@dataclass(slots=True)
class ListingsSide:
    """Reads all folders in scope.

    Attributes:
        folders: reads them.
        began: when reading began.
    """

    folders: FolderReader
    began: datetime
    metadata_finder: FindsMetadata = field(init=False)
    _unvisited: Memoizer[dict[str, BuildFile]] = field(init=False)

    def __post_init__(self) -> None:
        archive = self.folders.archive
        self.metadata_finder = ListedMetadata(
            archive.fetcher, archive.cache, archive.root, self.folders.pages
        )
        self._unvisited = Memoizer(_FOLDERS_IN_MEMORY)

    @property
    def products(self) -> Collection[str]:
        """Products that the archive has folders of."""
        return self.folders.products

    @property
    def modified_until(self) -> datetime:
        """Files modified later are too young to be compared: pages may be a while old."""
        return self.began - PAGES_LAG

    def created(self, newest: datetime | None) -> datetime:
        """Return since when files may have been written that the pages do not show."""
        return self.modified_until

    async def iter_digested(
        self, digester: Digester, *, parallel: int
    ) -> AsyncGenerator[list[DigestedBuild], None]:
        """Yield the builds of each folder in scope.

        Raises:
            Unavailable: the archive's root cannot be read.
            ArchiveDown: the archive has stopped answering.
        """

        async def visit(folder: str) -> tuple[list[DigestedBuild], list[str]]:
            builds, children = await self.folders.read_builds(folder)
            return await digester.derive(builds, self.folders.read_counts), children

        roots = await self.folders.read_root()
        async with aclosing(iter_tree(visit, roots, limit=parallel)) as visits:
            async for digested in visits:
                yield digested

    async def look_up(self, record: Record) -> LookupResult:
        """Return what the archive has of a record whose build is in no folder that was read."""
        visited = self.folders.visited
        path = text_of(record, "download", "url").removeprefix(self.folders.archive.root)
        build = parse_path(path)
        if not isinstance(build, Build) or build.record_id != record["id"]:
            # The address does not belong to the ID, so the ID's build may be anywhere.
            product = record["id"].partition("_")[0]
            may_exist = product in PRODUCTS_BY_NAME and visited.may_lack_any_of(product)
            return _UNKNOWN if may_exist else LookupResult()
        folder = path.rpartition("/")[0] + "/"
        if visited.includes(folder):
            return _UNKNOWN if visited.may_lack(path) else LookupResult()
        return await self._look_up_unvisited(folder, path)

    async def with_exact_size(self, each: BuildFile) -> BuildFile:
        """Return a build with its exact size.

        Raises:
            Unavailable: it cannot be fetched now.
        """
        return await self.folders.with_exact_size(each)

    async def _look_up_unvisited(self, folder: str, path: str) -> LookupResult:
        try:
            builds = await self._unvisited.get(folder, lambda: self.folders.read_unvisited(folder))
        except ArchiveDown:
            raise
        except (Unavailable, BadData) as exc:
            self.folders.note_unread(folder, exc)
            return _UNKNOWN
        # Without it there, another file may still have the ID, in a folder that was not visited.
        return LookupResult(builds[path]) if path in builds else _UNKNOWN
