"""Looking at one folder: which folders of it to enter, and the records of its builds."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from buildhub.archive.fetch import Fetcher, address
from buildhub.archive.listing import Listing
from buildhub.counts.read import ReadCounts
from buildhub.errors import ArchiveDown, BadData, BuildhubError, Unavailable
from buildhub.records.derive import Derived, Deriver
from buildhub.records.recognise import TOO_YOUNG
from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path
from buildhub.rules.walkable_folders import branch_of
from buildhub.walk.page import Known, Page, PageFile, told_of
from buildhub.walk.pages import Missing, Pages, Read, reason_of
from buildhub.walk.progress import Seen
from buildhub.walk.scope import Narrowed
from buildhub.walk.sizes import ask_size
from buildhub.walk.state import Row, State

log = structlog.get_logger(__name__)

# A folder whose youngest file was this old when it was last asked for is not being written to.
_QUIET_SECONDS = 3600.0


class _Candidate(NamedTuple):
    """A build that a page names, and the file as the page tells of it.

    Attributes:
        size: exact, None where it has to be asked for.
        rounded: the size as the page tells it, where it does not tell the exact one.
    """

    name: str
    file: PageFile
    size: int | None
    rounded: str | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Looks at folders.

    Attributes:
        state: what is known.
        pages, fetcher, deriver: the archive.
        archive_url: its root.
        narrowed: what this run is about.
        read_counts: takes the counts.
        now: when the run began, and full_since: when the full walk that it belongs to did, in
            seconds since 1970.
        newest: files that changed after this moment are left for a later run; None takes all.
    """

    state: State
    pages: Pages
    fetcher: Fetcher
    deriver: Deriver
    archive_url: str
    narrowed: Narrowed
    read_counts: ReadCounts
    now: float
    full_since: float
    newest: datetime | None = None

    async def visit(self, folder: str) -> Seen:
        """Look at *folder*, which its parent names.

        What cannot be had is counted and logged by its path, and is not done then.

        Raises:
            ArchiveDown: nothing can be had any more.
        """
        branch = branch_of(folder)
        known = self.state.find(folder)
        if known is not None and self._rests(folder, branch, known):
            return Seen(folder, branch, known, True, folders=self._children(folder, known.page))
        try:
            read = await self.pages.read(folder, known)
        except ArchiveDown:
            raise
        except (Unavailable, BadData) as exc:
            self._leave(folder, exc, self.read_counts)
            if isinstance(exc, Missing):
                # Its page may be out of date; it is asked for anew.
                self.state.forget(folder.rstrip("/").rpartition("/")[0] + "/")
            return Seen(folder, branch, None, False)
        return await self._look_into(folder, branch, read, known)

    def _rests(self, folder: str, branch: str | None, known: Row) -> bool:
        """Return whether nothing can have changed in a folder that was done before."""
        page = known.page
        if branch is None:
            return not self.narrowed.may_have_grown(folder, self.now)
        # A platform's and locale's folder is finished with its build. The folder of a run goes on
        # getting builds, so it is asked for as long as it is open.
        return (
            not self.narrowed.repeats
            and folder != branch
            and not page.folders
            and bool(page.builds)
            and page.has_full_metadata
            and known.asked - page.newest > _QUIET_SECONDS
        )

    async def _look_into(
        self, folder: str, branch: str | None, read: Read, known: Row | None
    ) -> Seen:
        own = ReadCounts()
        acknowledged = known.page.builds if known else {}
        builds: dict[str, Known] = {}
        wanted: list[tuple[Build, _Candidate]] = []
        for build, candidate in self._candidates(folder, read.listing, acknowledged, own):
            old = acknowledged.get(candidate.name)
            same = old if old is not None and old.file == candidate.file else None
            if same and same.has_full_metadata and not self.narrowed.repeats:
                builds[candidate.name] = same
            elif self._is_too_young(candidate):
                own.skipped[TOO_YOUNG] += 1
            else:
                size = same.size if same else candidate.size
                wanted.append((build, candidate._replace(size=size)))
        own.builds = len(wanted)
        recognised = await self._measure(wanted, own)
        derived = await self.deriver.derive(recognised, own)
        builds |= self._learn(folder, wanted, recognised, derived, own)
        self.read_counts.include(own)
        is_whole = not own.skipped[TOO_YOUNG] and not own.unsettled
        page = replace(read.row.page, builds=builds)
        # Of what is not whole, what is done is remembered, and the page is asked for anew.
        row = replace(read.row, page=page) if is_whole else Row(None, 0.0, page)
        return Seen(folder, branch, row, is_whole, True, self._children(folder, page), derived)

    def _learn(
        self,
        folder: str,
        wanted: list[tuple[Build, _Candidate]],
        recognised: list[BuildFile],
        derived: list[Derived],
        read_counts: ReadCounts,
    ) -> dict[str, Known]:
        """Return what is known of the *wanted* builds when the server has their records."""
        described = {each.build.path: each.has_full_metadata for each in derived}
        sizes = {each.entry.path: each.entry.size for each in recognised}
        known = {}
        for build, candidate in wanted:
            size = sizes.get(build.path)
            # Those that are left out by choice, for want of a build ID, are known as well.
            if size is not None and (build.path in described or not read_counts.unsettled):
                has_full_metadata = described.get(build.path, False)
                known[candidate.name] = Known(candidate.file, size, has_full_metadata)
        return known

    def _candidates(
        self,
        folder: str,
        listing: Listing | None,
        acknowledged: dict[str, Known],
        read_counts: ReadCounts,
    ) -> Iterator[tuple[Build, _Candidate]]:
        """Yield the builds of a new page, or those that are known where it is the old one."""
        if listing is None:
            for name, known in acknowledged.items():
                build = parse_path(folder + name)
                if isinstance(build, Build):
                    yield build, _Candidate(name, known.file, known.size)
            return
        read_counts.rows += len(listing.files)
        for file in listing.files:
            build = parse_path(folder + file.name)
            if isinstance(build, Build):
                yield build, _Candidate(file.name, told_of(file), file.size, file.rounded)
            else:
                read_counts.skipped[build.reason.value] += 1

    def _is_too_young(self, candidate: _Candidate) -> bool:
        return self.newest is not None and candidate.file.modified > self.newest.timestamp()

    async def _measure(
        self, wanted: list[tuple[Build, _Candidate]], read_counts: ReadCounts
    ) -> list[BuildFile]:
        """Return the builds with their exact sizes; those whose size cannot be had are left out."""

        async def measure(build: Build, candidate: _Candidate) -> BuildFile | None:
            size = candidate.size
            if size is None and candidate.rounded is not None:
                url = address(self.archive_url, build.path)
                try:
                    size = await ask_size(self.fetcher, self.pages.breaker, url, candidate.rounded)
                except ArchiveDown:
                    raise
                except Unavailable as exc:
                    self._leave(build.path, exc, read_counts)
                    return None
            modified = datetime.fromtimestamp(candidate.file.modified, UTC)
            return BuildFile(build, Entry(build.path, size, modified))

        found = await asyncio.gather(*(measure(*each) for each in wanted))
        return [each for each in found if each is not None]

    def _children(self, folder: str, page: Page) -> list[str]:
        """Return the folders in *folder* that this run is to look at."""
        wanted = [folder + name for name in page.folders if self.narrowed.enters(folder + name)]
        if not any(branch_of(each) == each for each in wanted):
            return wanted
        done = self.state.branches(folder)
        return [
            each
            for each in wanted
            if each not in done
            or not self.narrowed.is_finished(done[each], self.now, self.full_since)
        ]

    def _leave(self, path: str, error: BuildhubError, read_counts: ReadCounts) -> None:
        """Count what could not be settled, and name it."""
        reason = reason_of(error)
        read_counts.note_unsettled(path, reason)
        log.warning("left_unsettled", path=path, reason=reason, error=str(error))
