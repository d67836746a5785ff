"""The builds that a metadata file describes, as the archive's folder pages show them."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from buildhub.aio.streams import as_stream, map_ordered
from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.listing import Listing, fetch_listing
from buildhub.errors import BadData, Unavailable
from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.metadata_scope import MetadataScope
from buildhub.rules.paths import Build, parse_path

# Folder pages of locales that are asked for ahead; the fetcher has the limit for all of a job.
_FOLDERS_AHEAD = 8


async def iter_builds_in_scope(
    fetcher: Fetcher, root: str, scope: MetadataScope
) -> AsyncGenerator[list[BuildFile], None]:
    """Yield the builds in *scope*, folder by folder.

    Entries have the archive's own time of the file. Their size is None where the page rounds it.

    Raises:
        Unavailable: a folder's page cannot be had now, or is none.
    """
    pages = _Pages(fetcher, root, scope)
    for folder in scope.folders:
        page = await pages.read(folder)
        yield list(pages.builds(folder, page))
        for platform_folder in pages.folders(folder, page):
            page = await pages.read(platform_folder)
            yield list(pages.builds(platform_folder, page))
            inside = as_stream(pages.folders(platform_folder, page))
            async with aclosing(map_ordered(pages.collect, inside, limit=_FOLDERS_AHEAD)) as found:
                async for builds in found:
                    yield builds


class _Pages:
    """Folder pages, and the builds of one scope in them."""

    def __init__(self, fetcher: Fetcher, root: str, scope: MetadataScope) -> None:
        self._fetcher = fetcher
        self._root = root
        self._scope = scope

    async def read(self, folder: str) -> Listing:
        """Return a folder's page; one that is absent is empty."""
        try:
            page = await fetch_listing(self._fetcher, address(self._root, folder))
        except BadData as exc:
            # An error page that comes as a success passes, as other failures do.
            raise Unavailable(str(exc)) from exc
        return page or Listing((), ())

    async def collect(self, folder: str) -> list[BuildFile]:
        """Return all builds below *folder*."""
        page = await self.read(folder)
        found = list(self.builds(folder, page))
        for inside in self.folders(folder, page):
            found += await self.collect(inside)
        return found

    def folders(self, folder: str, page: Listing) -> list[str]:
        """Return the folders of a page that may hold builds in the scope."""
        paths = (folder + name for name in page.folders)
        return [path for path in paths if self._scope.includes_folder(path)]

    def builds(self, folder: str, page: Listing) -> Iterator[BuildFile]:
        """Yield the files of a page that are builds in the scope."""
        for file in page.files:
            build = parse_path(folder + file.name)
            if isinstance(build, Build) and self._scope.covers(build):
                yield BuildFile(build, Entry(build.path, file.size, file.modified))
