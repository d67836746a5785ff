"""Finding the metadata of builds in the folders whose pages name it.

A page that names a metadata file which is missing or unreadable contradicts itself. Unlike a mere
404, that does not prove that there is none.
"""

from contextlib import suppress

from buildhub.archive.cache import ResponseCache
from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.metadata_finder import MetadataFinder
from buildhub.errors import BadData, BadMetadata, Unavailable
from buildhub.rules.metadata import Metadata, parse_metadata
from buildhub.rules.metadata_paths import latest_candidate_number
from buildhub.walk.pages import FolderPages, NamedButMissing


class ListedMetadata(MetadataFinder):
    """Finds metadata in the archive at *root*, and requests nothing that no page names."""

    def __init__(
        self, fetcher: Fetcher, cache: ResponseCache, root: str, pages: FolderPages
    ) -> None:
        super().__init__(fetcher, cache, root, clock=pages.clock)
        self._pages = pages
        self._started = pages.clock()

    async def _find_candidate_number(self, folder: str, age_seconds: float) -> int | None:
        page = await self._pages.find_page(folder, age_seconds)
        return latest_candidate_number(page.folders) if page else None

    async def _find_first(self, paths: tuple[str, ...], age_seconds: float) -> Metadata | None:
        for path in paths:
            metadata = self._find_cached(path)
            if metadata is None and await self._is_listed(path, age_seconds):
                metadata = await self._fetch(path)
            if metadata is not None:
                return metadata
        return None

    def _find_cached(self, path: str) -> Metadata | None:
        # A file stays what it was, even when the archive has dropped it.
        known = self._cache.find_response(address(self._root, path))
        if known is not None and known.body is not None:
            # Another job may have kept a body that is no metadata, and not know it yet.
            with suppress(BadMetadata):
                return parse_metadata(known.body, path=path)
        return None

    async def _is_listed(self, path: str, age_seconds: float) -> bool:
        folder, _, name = path.rpartition("/")
        page = await self._pages.find_page(f"{folder}/", age_seconds)
        return page is not None and name in page.metadata

    async def _fetch(self, path: str) -> Metadata | None:
        """Return the metadata in a file; None where an earlier run could not read it either.

        Raises:
            Unavailable: it cannot be read now.
        """
        url = address(self._root, path)
        known = self._cache.find_response(url)
        try:
            with self._pages.breaker.calling():
                response = await self._fetcher.get(url)
            if response.body is None:
                message = f"{url}: HTTP {response.status}, but its folder's page names it"
                raise NamedButMissing(message)
            metadata = parse_metadata(response.body, path=path)
        except BadData as exc:
            self._cache.store_response(url, 200, None)
            if known is not None and known.fetched < self._started:
                return None
            raise Unavailable(str(exc)) from exc
        self._cache.store_response(url, response.status, response.body)
        return metadata
