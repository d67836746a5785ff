"""The archive's folders as a run reads them from its bucket, which is listed in large pieces.

What a folder contains is the same as on its page, but for exact sizes, and hashes and times that
pages do not show. So all that follows is the same, too.
"""

import time
from collections.abc import Callable

from buildhub.aio.memoize import Memoizer
from buildhub.archive.bucket.client import BucketClient, open_client
from buildhub.archive.bucket.folders import FolderTree, list_folder, list_tree, unit_of
from buildhub.archive.listing import Listing
from buildhub.archive.session import Archive
from buildhub.counts.read import ReadCounts
from buildhub.settings import Settings
from buildhub.walk.page import FolderPage, summarize
from buildhub.walk.pages import FolderPages, FolderRead, NamedButMissing
from buildhub.walk.state import FolderRow, WalkState

# More than there are visits at a time, so that none is dropped while its folders are visited. The
# largest units, candidates of all locales and platforms, have some thousand files.
_UNITS_IN_MEMORY = 32


class BucketPages(FolderPages):
    """Reads folders from the archive's bucket; each unit is listed when its first one is read.

    The arguments are those of :class:`FolderPages`, and a client for the bucket.
    """

    def __init__(
        self,
        client: BucketClient,
        archive: Archive,
        state: WalkState,
        read_counts: ReadCounts,
        *,
        rereads: bool,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(
            archive.fetcher, state, archive.root, read_counts, rereads=rereads, clock=clock
        )
        self._client = client
        self._units: Memoizer[FolderTree] = Memoizer(_UNITS_IN_MEMORY)

    async def read_folder(self, folder: str, known: FolderRow | None) -> FolderRead:
        """Read *folder*, as :meth:`FolderPages.read_folder` does; it is never unchanged."""
        return self._noted(folder, await self._find_in_unit(folder) or await self._list(folder))

    async def _request(self, folder: str) -> FolderPage:
        unit = unit_of(folder)
        tree = None if unit is None else self._units.find(unit)
        known = None if tree is None else tree.peek(folder)
        if known is not None:
            return summarize(known)
        # Only its own names are wanted: a unit may be many pages.
        return self._noted(folder, await self._list(folder)).row.page

    def _noted(self, folder: str, listing: Listing) -> FolderRead:
        self._read_counts.listings = self._client.page_count
        row = FolderRow(None, self.clock(), summarize(listing))
        return self._remember(folder, FolderRead(listing, row))

    async def _find_in_unit(self, folder: str) -> Listing | None:
        unit = unit_of(folder)
        if unit is None:
            return None
        tree = await self._units.get(unit, lambda: list_tree(self._client, unit))
        return tree.pop(folder)

    async def _list(self, folder: str) -> Listing:
        listing = await list_folder(self._client, folder)
        if listing is None:
            raise NamedButMissing(f"{folder}: not in the bucket, but its parent names it")
        return listing


def open_pages(
    settings: Settings,
    archive: Archive,
    state: WalkState,
    read_counts: ReadCounts,
    *,
    rereads: bool = False,
    clock: Callable[[], float] = time.time,
) -> FolderPages:
    """Return what reads the archive's folders: from its bucket where *settings* name one.

    Raises:
        ConfigError: there are no credentials of the kind that *settings* name.
    """
    if settings.archive_bucket is None:
        return FolderPages(
            archive.fetcher, state, archive.root, read_counts, rereads=rereads, clock=clock
        )
    client = open_client(settings, settings.archive_bucket, archive.fetcher)
    return BucketPages(client, archive, state, read_counts, rereads=rereads, clock=clock)
