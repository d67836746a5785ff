"""Looking at one folder: which folders of it to enter, and the records of its builds."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from buildhub.archive.fetch import Fetcher, address
from buildhub.counts.read import ReadCounts
from buildhub.errors import ArchiveDown, BadData, Unavailable
from buildhub.records.derive import Deriver
from buildhub.records.recognise import TOO_YOUNG
from buildhub.rules.build_file import BuildFile
from buildhub.rules.walkable_folders import branch_of
from buildhub.walk.folder_filter import FolderFilter
from buildhub.walk.listed_builds import (
    ListedBuild,
    iter_acknowledged,
    iter_listed,
    to_acknowledge,
)
from buildhub.walk.page import AcknowledgedBuild, FolderPage
from buildhub.walk.pages import FolderPages, FolderRead, NamedButMissing, note_unsettled
from buildhub.walk.progress import FolderVisit
from buildhub.walk.sizes import fetch_size
from buildhub.walk.state import FolderRow, WalkState


@dataclass(frozen=True, slots=True)
class Visitor:
    """Looks at folders.

    Attributes:
        state: what walks have finished.
        pages, fetcher, deriver: the archive.
        archive_url: its root.
        folder_filter: which folders to skip.
        read_counts: takes the counts.
        newest: files that changed after this moment are left for a later run; None takes all.
    """

    state: WalkState
    pages: FolderPages
    fetcher: Fetcher
    deriver: Deriver
    archive_url: str
    folder_filter: FolderFilter
    read_counts: ReadCounts
    newest: datetime | None = None

    async def visit(self, folder: str) -> FolderVisit:
        """Look at *folder*, which its parent's page names.

        What cannot be read is counted and logged by its path, and is not done then.

        Raises:
            ArchiveDown: the archive has stopped answering.
        """
        branch = branch_of(folder)
        known = self.state.find_folder(folder)
        if known is not None and self.folder_filter.is_unchanged(folder, known):
            children = self._children(folder, known.page)
            return FolderVisit(folder, branch, known, True, folders=children)
        try:
            read = await self.pages.read_folder(folder, known)
        except ArchiveDown:
            raise
        except (Unavailable, BadData) as exc:
            note_unsettled(folder, exc, self.read_counts)
            if isinstance(exc, NamedButMissing):
                # The parent's page may be out of date: read it again.
                self.state.forget_folder(folder.rstrip("/").rpartition("/")[0] + "/")
            return FolderVisit(folder, branch, None, False)
        return await self._derive(folder, branch, read, known)

    async def _derive(
        self, folder: str, branch: str | None, read: FolderRead, known: FolderRow | None
    ) -> FolderVisit:
        """Make the records of a folder that was read."""
        counts = ReadCounts()
        acknowledged = known.page.builds if known else {}
        builds, wanted = self._sort(folder, read, acknowledged, counts)
        counts.builds = len(wanted)
        files = await self._measure(wanted, counts)
        derived = await self.deriver.derive(files, counts)
        builds |= to_acknowledge(wanted, files, derived, is_settled=not counts.unsettled)
        self.read_counts.include(counts)
        is_whole = not counts.skipped[TOO_YOUNG] and not counts.unsettled
        page = replace(read.row.page, builds=builds)
        # Of a folder that is not whole, what is done is kept, and its page is requested again.
        row = replace(read.row, page=page) if is_whole else FolderRow(None, 0.0, page)
        children = self._children(folder, page)
        return FolderVisit(folder, branch, row, is_whole, True, children, derived)

    def _sort(
        self,
        folder: str,
        read: FolderRead,
        acknowledged: dict[str, AcknowledgedBuild],
        counts: ReadCounts,
    ) -> tuple[dict[str, AcknowledgedBuild], list[ListedBuild]]:
        """Return the builds of a folder that stay acknowledged, and those to publish."""
        settled: dict[str, AcknowledgedBuild] = {}
        wanted: list[ListedBuild] = []
        for each in self._iter_builds(folder, read, acknowledged, counts):
            known = acknowledged.get(each.name)
            if known is not None and known.file != each.file:
                known = None
            if known and known.has_full_metadata and not self.folder_filter.rereads:
                settled[each.name] = known
            elif self._is_too_young(each):
                counts.skipped[TOO_YOUNG] += 1
            else:
                wanted.append(each._replace(size=known.size) if known else each)
        return settled, wanted

    def _iter_builds(
        self,
        folder: str,
        read: FolderRead,
        acknowledged: dict[str, AcknowledgedBuild],
        counts: ReadCounts,
    ) -> Iterator[ListedBuild]:
        if read.listing is None:
            return iter_acknowledged(folder, acknowledged)
        return iter_listed(folder, read.listing, counts)

    def _is_too_young(self, each: ListedBuild) -> bool:
        return self.newest is not None and each.file.modified > self.newest.timestamp()

    async def _measure(self, wanted: list[ListedBuild], counts: ReadCounts) -> list[BuildFile]:
        """Return the builds with their exact sizes; those without one are counted and left out."""
        if all(each.size is not None for each in wanted):
            # As always in a bucket. A task for each would take a tenth of the whole walk's time.
            return [each.with_size(each.size) for each in wanted]
        files = await asyncio.gather(*(self._measure_one(each, counts) for each in wanted))
        return [each for each in files if each is not None]

    async def _measure_one(self, each: ListedBuild, counts: ReadCounts) -> BuildFile | None:
        size, path = each.size, each.build.path
        if size is None and each.rounded is not None:
            url = address(self.archive_url, path)
            try:
                size = await fetch_size(self.fetcher, self.pages.breaker, url, each.rounded)
            except ArchiveDown:
                raise
            except Unavailable as exc:
                note_unsettled(path, exc, counts)
                return None
        return each.with_size(size)

    def _children(self, folder: str, page: FolderPage) -> list[str]:
        wanted, _ = self.folder_filter.split(folder, page.folders)
        return wanted
