"""Finding the metadata of builds: which files to fetch, each once."""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from buildhub.aio.memoize import Memoizer
from buildhub.archive import listing
from buildhub.archive.cache import CachedResponse, ResponseCache, believed_seconds
from buildhub.archive.circuit_breaker import CircuitBreaker
from buildhub.archive.fetch import Fetcher, address
from buildhub.errors import BadData, Unavailable
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import Metadata, parse_metadata
from buildhub.rules.metadata_paths import candidates_folder, latest_candidate_number, metadata_paths
from buildhub.rules.paths import Build

log = structlog.get_logger(__name__)

# A folder's builds come one after another and share their metadata; this spans several releases
# side by side and holds some ten megabytes.
_REMEMBERED = 4096


class FoundMetadata(NamedTuple):
    """What is known of a build beside its path.

    Attributes:
        metadata: None where the archive has none.
        candidate_number: which attempt at the release it is, where that is known.
    """

    metadata: Metadata | None
    candidate_number: int | None


class FindsMetadata(Protocol):
    """Finds what is known of a build beside its path."""

    async def find_metadata(self, build: Build, entry: Entry) -> FoundMetadata:
        """Return it; raises Unavailable where it cannot be had now."""


class PathsOnly:
    """A finder that sends no requests."""

    async def find_metadata(self, build: Build, entry: Entry) -> FoundMetadata:
        """Return what the path says."""
        return FoundMetadata(None, build.candidate_number)


class MetadataFinder:
    """Finds metadata in the archive at *root*, through the cache.

    *believed* returns for how many seconds the cache's misses and folder pages are believed, about
    a build of an age in seconds. What was found once is not asked for again by the same finder.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        cache: ResponseCache,
        root: str,
        *,
        clock: Callable[[], float] = time.time,
        believed: Callable[[float], float] = believed_seconds,
    ) -> None:
        self._fetcher = fetcher
        self._cache = cache
        self._root = root
        self._clock = clock
        self._believed = believed
        self._breaker = CircuitBreaker()
        self._numbers: Memoizer[int | None] = Memoizer(_REMEMBERED)
        self._metadata: Memoizer[Metadata | None] = Memoizer(_REMEMBERED)

    async def find_metadata(self, build: Build, entry: Entry) -> FoundMetadata:
        """Return what the archive has about *build*.

        Raises:
            Unavailable: it cannot be had now, which does not mean that there is none.
        """
        number = build.candidate_number
        age_seconds = self._clock() - entry.modified.timestamp()
        folder = candidates_folder(build)
        if folder is not None:
            number = await self._numbers.get(
                folder, lambda: self._find_candidate_number(folder, age_seconds)
            )
        paths = metadata_paths(build, number)
        metadata = await self._metadata.get(paths, lambda: self._find_first(paths, age_seconds))
        return FoundMetadata(metadata, number)

    async def _find_candidate_number(self, folder: str, age_seconds: float) -> int | None:
        url = address(self._root, folder)
        try:
            answer = await self._ask(url, age_seconds, accept=listing.ACCEPT, changes=True)
            if answer.body is None:
                return None
            page = listing.parse_listing(answer.body, url=url)
        except BadData as exc:
            # An error page with a success's status does not mean that there are no candidates.
            self._cache.forget_response(url)
            raise Unavailable(str(exc)) from exc
        return latest_candidate_number(page.folders)

    async def _find_first(self, paths: tuple[str, ...], age_seconds: float) -> Metadata | None:
        for path in paths:
            url = address(self._root, path)
            try:
                answer = await self._ask(url, age_seconds)
                if answer.body is not None:
                    return parse_metadata(answer.body, path=path)
            except BadData as exc:
                # Error pages come with status 200, too. Kept as a miss, it is asked for again.
                self._cache.store_response(url, 200, None)
                log.warning("metadata_unreadable", error=str(exc))
        return None

    async def _ask(
        self, url: str, age_seconds: float, *, accept: str = "*/*", changes: bool = False
    ) -> CachedResponse:
        """Answer from the cache where it can be believed, else from the archive.

        A file that was there once stays what it was; a miss, or a folder's page, may *change*.
        """
        known = self._cache.find_response(url)
        if known is not None:
            settled = known.body is not None and not changes
            if settled or self._clock() - known.fetched < self._believed(age_seconds):
                return known
        with self._breaker.calling():
            response = await self._fetcher.get(url, accept=accept)
        return self._cache.store_response(url, response.status, response.body)
