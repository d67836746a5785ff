"""The archive's folders as an audit reads them: whole, and each page anew.

It takes two things from the state of walks: exact sizes, where a folder's page still shows the same
file; and, with a first day, which branches are finished and older.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from buildhub.archive.fetch import address
from buildhub.archive.listing import ListedFile, Listing
from buildhub.archive.session import Archive
from buildhub.audit.archive_side.visited import VisitedFolders
from buildhub.counts.read import ReadCounts
from buildhub.errors import ArchiveDown, BadData, BuildhubError, Unavailable
from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.walkable_folders import AREAS, ROOT, area_depth, products_of
from buildhub.walk.folder_filter import FolderFilter
from buildhub.walk.page import AcknowledgedBuild, PageFile
from buildhub.walk.pages import FolderPages, note_unsettled
from buildhub.walk.scope import Scope
from buildhub.walk.sizes import fetch_size
from buildhub.walk.state import WalkState

_EMPTY = Listing((), ())


@dataclass(frozen=True, slots=True)
class FolderReader:
    """Reads folders, and notes which of them were visited.

    Attributes:
        archive: is read.
        state: of walks.
        folder_filter: which folders to skip.
        read_counts: takes the counts, and what could not be read.
        pages: of the folders.
        visited: the folders that were visited.
        products: those that the archive has folders of.
    """

    archive: Archive
    state: WalkState
    folder_filter: FolderFilter
    read_counts: ReadCounts
    pages: FolderPages
    visited: VisitedFolders
    products: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        archive: Archive,
        pages: FolderPages,
        state: WalkState,
        scope: Scope,
        read_counts: ReadCounts,
        began: datetime,
    ) -> Self:
        """Return a reader for the folders in *scope*; *began* is when the audit did."""
        folder_filter = FolderFilter(scope, state, began.timestamp(), rereads=True)
        return cls(archive, state, folder_filter, read_counts, pages, VisitedFolders(scope))

    async def read_root(self) -> list[str]:
        """Return the products' folders to visit.

        Raises:
            Unavailable: the root cannot be read, or names none.
        """
        try:
            root = await self.pages.read_folder(ROOT, None)
        except BadData as exc:
            raise Unavailable(str(exc)) from exc
        folders = self._children(ROOT, root.listing or _EMPTY)
        if not folders:
            url = address(self.archive.root, ROOT)
            raise Unavailable(f"{url}: names none of the products' folders, so nothing to compare")
        return folders

    async def read_builds(self, folder: str) -> tuple[list[BuildFile], list[str]]:
        """Return the builds in a folder, and the folders in it to visit.

        One that cannot be read is counted and logged by its path.

        Raises:
            ArchiveDown: the archive has stopped answering.
        """
        try:
            read = await self.pages.read_folder(folder, None)
        except ArchiveDown:
            raise
        except (Unavailable, BadData) as exc:
            self.note_unread(folder, exc)
            return [], []
        listing = read.listing or _EMPTY
        if not (listing.folders or listing.files):
            # An object store has no empty folders: a folder that is named contains something.
            self.visited.note_unread(folder)
        builds = self._builds(folder, listing)
        self.read_counts.builds += len(builds)
        return builds, self._children(folder, listing)

    async def read_unvisited(self, folder: str) -> dict[str, BuildFile]:
        """Return the builds in a folder that is not visited, by path.

        Raises:
            Unavailable, BadData: it cannot be read.
        """
        if await self.pages.find_page(folder, 0.0) is None:
            return {}
        read = await self.pages.read_folder(folder, None)
        builds = self._builds(folder, read.listing or _EMPTY)
        return {each.build.path: each for each in builds}

    async def with_exact_size(self, each: BuildFile) -> BuildFile:
        """Return a build with its exact size, fetched where it is not known.

        Raises:
            Unavailable: it cannot be fetched now.
        """
        build, entry = each
        if entry.size is not None or entry.rounded is None:
            return each
        url = address(self.archive.root, build.path)
        size = await fetch_size(self.archive.fetcher, self.pages.breaker, url, entry.rounded)
        return BuildFile(build, entry._replace(size=size, rounded=None))

    def note_unread(self, folder: str, error: BuildhubError) -> None:
        """Count and log a folder that could not be read."""
        note_unsettled(folder, error, self.read_counts)
        self.visited.note_unread(folder)

    def _builds(self, folder: str, listing: Listing) -> list[BuildFile]:
        self.read_counts.rows += len(listing.files)
        has_rounded = any(file.rounded for file in listing.files)
        row = self.state.find_folder(folder) if has_rounded else None
        acknowledged = row.page.builds if row else {}
        builds = []
        for file in listing.files:
            build = parse_path(folder + file.name)
            if isinstance(build, Build):
                builds.append(_build_file(build, file, acknowledged.get(file.name)))
        return builds

    def _children(self, folder: str, listing: Listing) -> list[str]:
        self._note_product(folder, listing)
        children, finished = self.folder_filter.split(folder, listing.folders)
        for branch in finished:
            self.visited.note_skipped(branch)
        return children

    def _note_product(self, folder: str, listing: Listing) -> None:
        names = folder.rstrip("/").split("/")
        is_product = len(names) == area_depth(names)
        if is_product and any(f"{area}/" in listing.folders for area in AREAS):
            self.products.update(products_of(folder))


def _build_file(build: Build, file: ListedFile, known: AcknowledgedBuild | None) -> BuildFile:
    """Return a build and its file, with the exact size where a walk has fetched that."""
    if file.rounded and known and known.file == PageFile.of(file):
        return BuildFile(build, Entry(build.path, known.size, file.modified))
    entry = Entry(build.path, file.size, file.modified, file.rounded, file.md5, file.expires)
    return BuildFile(build, entry)
