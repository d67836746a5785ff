"""The archive's folder pages as a run reads them.

Where earlier runs are trusted, pages are requested on condition that they changed. Pages that
metadata is looked for in are shared.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from buildhub.aio.memoize import Memoizer
from buildhub.archive.cache import believed_seconds
from buildhub.archive.circuit_breaker import CircuitBreaker
from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.listing import ACCEPT, Listing, parse_listing
from buildhub.counts.read import ReadCounts
from buildhub.errors import BadData, BuildhubError, Unavailable
from buildhub.rules.walkable_folders import ROOT
from buildhub.walk.page import FolderPage, summarize
from buildhub.walk.state import FolderRow, WalkState

log = structlog.get_logger(__name__)

# Pages that the metadata of builds nearby is looked for in: some hundred names each.
_PAGES_IN_MEMORY = 2048


class NamedButMissing(Unavailable):
    """A folder or file that its folder's page names, and that the archive does not have.

    Pages may be a quarter of an hour old, and new files may take minutes to appear, so a later run
    may find it.
    """


_REASONS: tuple[tuple[type[BuildhubError], str], ...] = (
    (NamedButMissing, "named-but-missing"),
    (BadData, "unreadable-listing"),
    (Unavailable, "out-of-reach"),
)
"""Why something is unsettled, by the error that was raised; the first match counts."""


def reason_of(error: BuildhubError) -> str:
    """Return why a folder or file could not be read, as counts and logs name it."""
    return next(reason for kind, reason in _REASONS if isinstance(error, kind))


def note_unsettled(path: str, error: BuildhubError, read_counts: ReadCounts) -> None:
    """Count and log a folder or file that could not be read."""
    reason = reason_of(error)
    read_counts.note_unsettled(path, reason)
    log.warning("left_unsettled", path=path, reason=reason, error=str(error))


@dataclass(frozen=True, slots=True)
class FolderRead:
    """The result of reading a folder.

    Attributes:
        listing: its page; None where it is the same as in the state.
        row: to be kept in the state. No build of a new page is acknowledged yet.
    """

    listing: Listing | None
    row: FolderRow


class FolderPages:
    """Reads folders, and remembers their contents.

    Args:
        fetcher: sends requests to the archive.
        state: the folders that walks have read.
        root: the archive's address.
        read_counts: counts the pages.
        rereads: trust no page that an earlier run read, and request all of them whole: an
            unchanged page may have builds that the rules of that time did not recognise.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        state: WalkState,
        root: str,
        read_counts: ReadCounts,
        *,
        rereads: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.breaker = CircuitBreaker()
        self._fetcher = fetcher
        self._state = state
        self._root = root
        self._read_counts = read_counts
        self._rereads = rereads
        self.clock = clock
        self._recent: OrderedDict[str, FolderPage] = OrderedDict()
        self._requested: Memoizer[FolderPage] = Memoizer(_PAGES_IN_MEMORY)

    async def read_folder(self, folder: str, known: FolderRow | None) -> FolderRead:
        """Request *folder*, which its parent's page names.

        Args:
            folder: its path, a slash at its end.
            known: its row in the state.

        Raises:
            NamedButMissing: the archive does not have it.
            BadData: the response is not a page.
            Unavailable: the archive does not answer.
            ArchiveDown: the archive has stopped answering.
        """
        url = address(self._root, folder)
        known = None if self._rereads else known
        with self.breaker.calling():
            response = await self._fetcher.get(
                url, accept=ACCEPT, known_etag=known.etag if known else None
            )
        now = self.clock()
        self._read_counts.listings += 1
        if response.is_unchanged and known is not None:
            self._read_counts.listings_unchanged += 1
            return self._remember(folder, FolderRead(None, FolderRow(known.etag, now, known.page)))
        if response.body is None:
            raise NamedButMissing(f"{url}: HTTP {response.status}, but its parent's page names it")
        listing = parse_listing(response.body, url=url)
        row = FolderRow(response.etag, now, summarize(listing))
        return self._remember(folder, FolderRead(listing, row))

    async def find_page(self, folder: str, age_seconds: float) -> FolderPage | None:
        """Return the page of a folder that may contain metadata; None without such a folder.

        Args:
            folder: its path, a slash at its end.
            age_seconds: of the build whose metadata is looked for. Pages about older builds are
                trusted for longer.

        Raises:
            Unavailable: the archive does not answer, so nobody knows.
        """
        known = self._recent.get(folder) or self._find_trusted(folder, age_seconds)
        if known is not None:
            return known
        if folder != ROOT:
            parent, _, name = folder.rstrip("/").rpartition("/")
            above = await self.find_page(f"{parent}/", age_seconds)
            if above is None or f"{name}/" not in above.folders:
                return None
        try:
            return await self._requested.get(folder, lambda: self._request(folder))
        except BadData as exc:
            raise Unavailable(str(exc)) from exc

    async def _request(self, folder: str) -> FolderPage:
        """Request a folder that is not visited, for the names in it."""
        read = await self.read_folder(folder, self._state.find_folder(folder))
        return read.row.page.without_builds()

    def _find_trusted(self, folder: str, age_seconds: float) -> FolderPage | None:
        if self._rereads:
            return None
        row = self._state.find_folder(folder)
        if row is None or self.clock() - row.requested_at >= believed_seconds(age_seconds):
            return None
        return row.page.without_builds()

    def _remember(self, folder: str, read: FolderRead) -> FolderRead:
        self._recent[folder] = read.row.page.without_builds()
        if len(self._recent) > _PAGES_IN_MEMORY:
            self._recent.popitem(last=False)
        return read
