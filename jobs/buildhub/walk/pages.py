"""The archive's folders as a run asks for them.

Where an earlier run is believed, pages are asked for on condition that they changed. Those that
metadata is looked for in are shared.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from buildhub.aio.memoize import Memoizer
from buildhub.archive.cache import believed_seconds
from buildhub.archive.circuit_breaker import CircuitBreaker
from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.listing import ACCEPT, Listing, parse_listing
from buildhub.counts.read import ReadCounts
from buildhub.errors import BadData, BuildhubError, Unavailable
from buildhub.rules.walkable_folders import ROOT
from buildhub.walk.page import Page, summarize
from buildhub.walk.state import Row, State

# Pages that the metadata of builds nearby is looked for in: some hundred names each.
_REMEMBERED = 2048


class Missing(Unavailable):
    """A folder or file that its folder's page names, and that is not there.

    Pages may be a quarter of an hour old, and new files may take minutes to appear: the next run
    knows more.
    """


# Why something is not settled, by what was raised; the first that fits.
_REASONS: tuple[tuple[type[BuildhubError], str], ...] = (
    (Missing, "named-but-missing"),
    (BadData, "unreadable-listing"),
    (Unavailable, "out-of-reach"),
)


def reason_of(error: BuildhubError) -> str:
    """Return why a folder or file could not be had, as counts and logs name it."""
    return next(reason for kind, reason in _REASONS if isinstance(error, kind))


@dataclass(frozen=True, slots=True)
class Read:
    """What was had of a folder.

    Attributes:
        listing: its page; None where it is the same as in the state.
        row: what to keep of it. Of a new page no build is acknowledged yet.
    """

    listing: Listing | None
    row: Row


class Pages:
    """Reads folders, and remembers what lies in them.

    Args:
        fetcher: asks the archive.
        state: what is known of folders.
        root: the archive's address.
        read_counts: counts the pages.
        distrusts: believe nothing that was read in an earlier run. Pages are had whole then: that
            one is the same does not tell that all its builds were recognised by the rules of then.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        state: State,
        root: str,
        read_counts: ReadCounts,
        *,
        distrusts: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.breaker = CircuitBreaker()
        self._fetcher = fetcher
        self._state = state
        self._root = root
        self._tally = read_counts
        self._distrusts = distrusts
        self.clock = clock
        self._recent: OrderedDict[str, Page] = OrderedDict()
        self._asked: Memoizer[Page] = Memoizer(_REMEMBERED)

    async def read(self, folder: str, known: Row | None) -> Read:
        """Ask for *folder*, which its parent names.

        Args:
            folder: its path, a slash at its end.
            known: what the state has of it.

        Raises:
            Missing: the archive has no such folder.
            BadData: what it answers is no page.
            Unavailable: it does not answer.
            ArchiveDown: it does not answer any more.
        """
        url = address(self._root, folder)
        known = None if self._distrusts else known
        with self.breaker.calling():
            answer = await self._fetcher.get(
                url, accept=ACCEPT, known_etag=known.etag if known else None
            )
        now = self.clock()
        self._tally.listings += 1
        if answer.is_unchanged and known is not None:
            self._tally.listings_unchanged += 1
            return self._remember(folder, Read(None, Row(known.etag, now, known.page)))
        if answer.body is None:
            raise Missing(f"{url}: named by the folder above, and answers {answer.status}")
        listing = parse_listing(answer.body, url=url)
        return self._remember(folder, Read(listing, Row(answer.etag, now, summarize(listing))))

    async def find(self, folder: str, age_seconds: float) -> Page | None:
        """Return the page of a folder that metadata may be in; None where there is no such folder.

        Args:
            folder: its path, a slash at its end.
            age_seconds: of the build that is asked about: what is known about an old one is
                believed the longer.

        Raises:
            Unavailable: it cannot be told now.
        """
        known = self._recent.get(folder) or self._believed(folder, age_seconds)
        if known is not None:
            return known
        if folder != ROOT:
            parent, _, name = folder.rstrip("/").rpartition("/")
            above = await self.find(f"{parent}/", age_seconds)
            if above is None or f"{name}/" not in above.folders:
                return None
        try:
            return await self._asked.get(folder, lambda: self._ask(folder))
        except BadData as exc:
            raise Unavailable(str(exc)) from exc

    async def _ask(self, folder: str) -> Page:
        return (await self.read(folder, self._state.find(folder))).row.page.without_builds()

    def _believed(self, folder: str, age_seconds: float) -> Page | None:
        if self._distrusts:
            return None
        row = self._state.find(folder)
        if row is None or self.clock() - row.asked >= believed_seconds(age_seconds):
            return None
        return row.page.without_builds()

    def _remember(self, folder: str, read: Read) -> Read:
        self._recent[folder] = read.row.page.without_builds()
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return read
