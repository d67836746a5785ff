"""Finding the metadata of builds where the folders' pages say that there is any.

A page that names a metadata file which cannot be had, or cannot be read, contradicts itself: that
is no proof that there is none, as a mere 404 would be.
"""

from contextlib import suppress

from buildhub.archive.cache import ResponseCache
from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.metadata_finder import MetadataFinder
from buildhub.errors import BadData, BadMetadata, Unavailable
from buildhub.rules.metadata import Metadata, parse_metadata
from buildhub.rules.metadata_paths import latest_candidate_number
from buildhub.walk.pages import Missing, Pages


class ListedFinder(MetadataFinder):
    """Finds metadata in the archive at *root*, asking for nothing that no page names."""

    def __init__(self, fetcher: Fetcher, cache: ResponseCache, root: str, pages: Pages) -> None:
        super().__init__(fetcher, cache, root, clock=pages.clock)
        self._pages = pages
        self._started = pages.clock()

    async def _find_candidate_number(self, folder: str, age_seconds: float) -> int | None:
        page = await self._pages.find(folder, age_seconds)
        return latest_candidate_number(page.folders) if page else None

    async def _find_first(self, paths: tuple[str, ...], age_seconds: float) -> Metadata | None:
        for path in paths:
            # A file that was there once stays what it was, even when the archive has dropped it.
            known = self._cache.find_response(address(self._root, path))
            if known is not None and known.body is not None:
                # Another job may have kept what is none, and be about to find that out.
                with suppress(BadMetadata):
                    return parse_metadata(known.body, path=path)
            folder, _, name = path.rpartition("/")
            page = await self._pages.find(f"{folder}/", age_seconds)
            if page is not None and name in page.metadata:
                found = await self._read(path)
                if found is not None:
                    return found
        return None

    async def _read(self, path: str) -> Metadata | None:
        """Return what a file tells; None where it could not be read in an earlier run either.

        Raises:
            Unavailable: it cannot be told now.
        """
        url = address(self._root, path)
        known = self._cache.find_response(url)
        try:
            with self._pages.breaker.calling():
                response = await self._fetcher.get(url)
            if response.body is None:
                raise Missing(f"{url}: its folder names it, and it answers {response.status}")
            found = parse_metadata(response.body, path=path)
        except BadData as exc:
            self._cache.store_response(url, 200, None)
            if known is not None and known.fetched < self._started:
                return None
            raise Unavailable(str(exc)) from exc
        self._cache.store_response(url, response.status, response.body)
        return found
