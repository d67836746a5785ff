"""The archive's own listings as the archive's side: folder after folder, as a walk reads them.

Nothing is believed of what walks remember but two things: exact sizes, and those only of files that
their folder's page still tells the same of; and where a day narrows the audit, which branches are
finished and older.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from buildhub_schema.products import PRODUCTS_BY_FOLDER, PRODUCTS_BY_NAME

from buildhub.aio.memoize import Memoizer
from buildhub.aio.streams import grow
from buildhub.archive.fetch import address
from buildhub.archive.listing import Listing
from buildhub.archive.session import Archive
from buildhub.audit.archive_side import Record, Told
from buildhub.audit.digester import Digested, Digester
from buildhub.audit.report import INCOMPLETE
from buildhub.audit.scope import text_of
from buildhub.audit.visited import Seen
from buildhub.counts.read import ReadCounts
from buildhub.errors import ArchiveDown, BadData, BuildhubError, Unavailable
from buildhub.rules.build_file import BuildFile
from buildhub.rules.coverage_claims import PAGES_LAG
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.walkable_folders import AREAS, ROOT
from buildhub.walk.folder_filter import FolderFilter
from buildhub.walk.listed_metadata import ListedMetadata
from buildhub.walk.page import PageFile
from buildhub.walk.pages import FolderPages, note_unsettled
from buildhub.walk.scope import Scope
from buildhub.walk.sizes import fetch_size
from buildhub.walk.state import WalkState

log = structlog.get_logger(__name__)

# Folders that records outside of what was read are looked up in: each has some hundred builds.
_REMEMBERED = 64

_EMPTY = Listing((), ())


@dataclass(slots=True)
class ListingsAnswer:
    """Reads all folders that an audit is about, and answers for them afterwards.

    Attributes:
        archive: is asked.
        state: what walks remember.
        scope: what the audit is about.
        read_counts: takes the counts, and what could not be read.
        begun: when reading began.
        products: that the archive has folders of.
    """

    archive: Archive
    state: WalkState
    scope: Scope
    read_counts: ReadCounts
    begun: datetime
    products: set[str] = field(default_factory=set)
    finder: ListedMetadata = field(init=False)
    _filter: FolderFilter = field(init=False)
    _pages: FolderPages = field(init=False)
    _seen: Seen = field(init=False)
    _looked_up: Memoizer[dict[str, BuildFile]] = field(init=False)

    def __post_init__(self) -> None:
        root = self.archive.root
        self._filter = FolderFilter(self.scope, self.state, self.begun.timestamp(), rereads=True)
        self._pages = FolderPages(
            self.archive.fetcher, self.state, root, self.read_counts, rereads=True
        )
        self.finder = ListedMetadata(self.archive.fetcher, self.archive.cache, root, self._pages)
        self._seen = Seen(self.scope)
        self._looked_up = Memoizer(_REMEMBERED)

    @property
    def youngest(self) -> datetime:
        """When files were written that are too young to be judged: pages may be a while old."""
        return self.begun - PAGES_LAG

    def created(self, newest: datetime | None) -> datetime:
        """Return since when files may have been written that the pages do not tell of."""
        return self.youngest

    async def pieces(
        self, digester: Digester, *, parallel: int
    ) -> AsyncGenerator[list[Digested], None]:
        """Yield the builds of each folder that the audit is about.

        A folder whose page cannot be had is counted and logged by its path.

        Raises:
            Unavailable: the archive's root cannot be had.
            ArchiveDown: nothing can be had any more.
        """
        try:
            root = await self._pages.read_folder(ROOT, None)
        except BadData as exc:
            raise Unavailable(str(exc)) from exc
        folders = self._children(ROOT, root.listing or _EMPTY)
        if not folders:
            url = address(self.archive.root, ROOT)
            raise Unavailable(f"{url}: names none of the products' folders, so nothing to compare")

        async def visit(folder: str) -> tuple[list[Digested], list[str]]:
            builds, inside = await self._look(folder)
            return await digester.derive(builds, self.read_counts), inside

        async with aclosing(grow(visit, folders, limit=parallel)) as found:
            async for lines in found:
                yield lines

    async def find(self, record: Record) -> Told:
        """Return what is known of the build of *record*, which no folder that was read has."""
        path = text_of(record, "download", "url").removeprefix(self.archive.root)
        build = parse_path(path)
        if not isinstance(build, Build) or build.record_id != record["id"]:
            # Whose address tells nothing of its ID may have a build anywhere.
            product = record["id"].partition("_")[0]
            hidden = product in PRODUCTS_BY_NAME and self._seen.may_hide_any_of(product)
            return Told(unknown=INCOMPLETE) if hidden else Told()
        folder = path.rpartition("/")[0] + "/"
        if self._seen.looks_at(folder):
            return Told(unknown=INCOMPLETE) if self._seen.may_hide(path) else Told()
        return await self._look_up(folder, path)

    async def measure(self, each: BuildFile) -> BuildFile:
        """Return a build with its exact size, asked for where it is not known.

        Raises:
            Unavailable: it cannot be told.
        """
        build, entry = each
        if entry.size is not None or entry.rounded is None:
            return each
        url = address(self.archive.root, build.path)
        size = await fetch_size(self.archive.fetcher, self._pages.breaker, url, entry.rounded)
        return BuildFile(build, entry._replace(size=size, rounded=None))

    async def _look(self, folder: str) -> tuple[list[BuildFile], list[str]]:
        """Return the builds in a folder, and the folders in it that are to be looked at."""
        try:
            read = await self._pages.read_folder(folder, None)
        except ArchiveDown:
            raise
        except (Unavailable, BadData) as exc:
            self._leave(folder, exc)
            return [], []
        listing = read.listing or _EMPTY
        if not (listing.folders or listing.files):
            # A folder is what lies in it: one that is there has something.
            self._seen.miss(folder)
        builds = self._builds(folder, listing)
        self.read_counts.builds += len(builds)
        return builds, self._children(folder, listing)

    def _builds(self, folder: str, listing: Listing) -> list[BuildFile]:
        self.read_counts.rows += len(listing.files)
        found = []
        rounds = any(file.rounded for file in listing.files)
        row = self.state.find_folder(folder) if rounds else None
        known = row.page.builds if row else {}
        for file in listing.files:
            build = parse_path(folder + file.name)
            if not isinstance(build, Build):
                continue
            same = known.get(file.name)
            if file.rounded and same and same.file == PageFile.of(file):
                entry = Entry(build.path, same.size, file.modified)
            else:
                entry = Entry(build.path, file.size, file.modified, file.rounded)
            found.append(BuildFile(build, entry))
        return found

    def _children(self, folder: str, listing: Listing) -> list[str]:
        self._note_product(folder, listing)
        children, finished = self._filter.split(folder, listing.folders)
        for branch in finished:
            self._seen.pass_by(branch)
        return children

    def _note_product(self, folder: str, listing: Listing) -> None:
        names = folder.rstrip("/").split("/")
        if len(names) == 2 and any(f"{area}/" in listing.folders for area in AREAS):
            self.products.add(PRODUCTS_BY_FOLDER[names[1]].name)

    async def _look_up(self, folder: str, path: str) -> Told:
        """Return what a folder that was passed by has at *path*."""
        try:
            builds = await self._looked_up.get(folder, lambda: self._read_alone(folder))
        except ArchiveDown:
            raise
        except (Unavailable, BadData) as exc:
            self._leave(folder, exc)
            return Told(unknown=INCOMPLETE)
        # Another file may have the ID, in folders that nobody has looked at.
        return Told(builds[path]) if path in builds else Told(unknown=INCOMPLETE)

    async def _read_alone(self, folder: str) -> dict[str, BuildFile]:
        if await self._pages.find_page(folder, 0.0) is None:
            return {}
        read = await self._pages.read_folder(folder, None)
        builds = self._builds(folder, read.listing or _EMPTY)
        return {each.build.path: each for each in builds}

    def _leave(self, folder: str, error: BuildhubError) -> None:
        """Count a folder that could not be had, and name it."""
        note_unsettled(folder, error, self.read_counts)
        self._seen.miss(folder)
