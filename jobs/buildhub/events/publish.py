"""From single files that were written to the archive to the catalogue.

A build is published at once, also where its metadata is not there yet. A metadata file is looked
behind: every build that it describes is published with what it says. Whichever of the two comes
first, the one that comes last makes the record whole.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum

import structlog

from buildhub.archive.fetch import address
from buildhub.archive.metadata_finder import MetadataFinder
from buildhub.archive.metadata_scope import iter_builds_in_scope
from buildhub.archive.session import Archive, open_archive
from buildhub.counts.published import REFUSED
from buildhub.counts.summary import Summary
from buildhub.errors import BadData, BadMetadata, Unavailable
from buildhub.publish.conditional import Claim, GuardedPublisher
from buildhub.publish.deferred import Conflict
from buildhub.publish.publisher import choose_transport
from buildhub.publish.server import Server, open_server
from buildhub.records.derive import Deriver
from buildhub.records.recognise import OTHER_PRODUCT
from buildhub.rules.build_file import BuildFile
from buildhub.rules.coverage_claims import moment
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import parse_metadata
from buildhub.rules.metadata_paths import candidates_folder, metadata_paths
from buildhub.rules.metadata_scope import MetadataScope, find_metadata_scope
from buildhub.rules.paths import Build, parse_path
from buildhub.settings import Settings

log = structlog.get_logger(__name__)

METADATA_AWAITED = "metadata-awaited"
OUT_OF_REACH = "archive-out-of-reach"
DESCRIBED_BETTER = "metadata-in-a-better-form"

# News come in bursts of one folder's files, which share their metadata: so long a miss is believed.
_MISSES_BELIEVED_SECONDS = 10.0


class State(IntEnum):
    """What became of a file, the better the smaller."""

    DONE = 0
    """The catalogue has what there is to know."""
    AWAITED = 1
    """It is published, and its metadata is not there yet; another look may find it."""
    OUT_OF_REACH = 2
    """The archive could not tell; it is to be tried again."""
    REFUSED = 3
    """The server will not have it; trying again is pointless."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file, and why, for people."""

    state: State
    reason: str = ""


_DONE = Outcome(State.DONE)


@dataclass(slots=True)
class _Work:
    """What one file of the archive comes to."""

    entry: Entry
    claims: list[Claim] = field(default_factory=list)
    outcome: Outcome = _DONE

    def note(self, state: State, reason: str) -> None:
        """Keep the worst that was met."""
        if state > self.outcome.state:
            self.outcome = Outcome(state, reason)


@asynccontextmanager
async def open_arrivals(
    settings: Settings,
    summary: Summary,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
) -> AsyncIterator["Arrivals"]:
    """Open server and archive, and yield what publishes from the one to the other.

    Args:
        settings: server, archive and so on.
        summary: takes the counts.
        on_conflict: is told of each file that is left out because another one takes its ID.

    Raises:
        ConfigError, Refused, Unavailable: the server cannot be published to.
    """

    def report(conflict: Conflict) -> None:
        summary.conflicts += 1
        on_conflict(conflict)

    async with (
        open_server(settings) as server,
        # What one event has learned is there for the next one, whatever ends the job.
        open_archive(settings, writes_per_commit=1) as archive,
    ):
        transport = await choose_transport(server, initialize=settings.initialize_server)
        publisher = GuardedPublisher(server, transport, report)
        yield Arrivals(settings, archive, server, publisher, summary)


class Arrivals:
    """Publishes files as they are told of."""

    def __init__(
        self,
        settings: Settings,
        archive: Archive,
        server: Server,
        publisher: GuardedPublisher,
        summary: Summary,
    ) -> None:
        self._products = settings.products
        self._archive = archive
        self.server = server
        self._publisher = publisher
        self._summary = summary

    async def take(self, entries: Iterable[Entry]) -> dict[str, Outcome]:
        """Publish what *entries* come to; return what became of each, by path.

        Raises:
            Refused, Unavailable: the server is not to be published to, now or at all. Some may
                be published, and again is harmless.
        """
        newest: dict[str, Entry] = {}
        for entry in entries:
            self._summary.read_counts.rows += 1
            newest[entry.path] = max(newest.get(entry.path, entry), entry, key=_moment)
        archive = self._archive
        # A finder of its own: a job that never ends must not remember misses for good.
        finder = MetadataFinder(
            archive.fetcher,
            archive.cache,
            archive.root,
            believed=lambda _: _MISSES_BELIEVED_SECONDS,
        )
        deriver = Deriver(finder, archive.root)
        works = await asyncio.gather(*(self._prepare(e, deriver) for e in newest.values()))
        answers = await self._publisher.publish(claim for work in works for claim in work.claims)
        self._summary.published.include(answers)
        for work in works:
            for claim in work.claims:
                error = answers.refused.get(claim.build.record_id)
                if error is None:
                    event = moment(work.entry.modified)
                    self._summary.read_counts.newest.note(claim.record, event)
                else:
                    work.note(State.REFUSED, f"{REFUSED}: {claim.build.record_id}: {error}")
        return dict(zip(newest, (work.outcome for work in works), strict=True))

    async def _prepare(self, entry: Entry, deriver: Deriver) -> _Work:
        work = _Work(entry)
        read_counts = self._summary.read_counts
        build = parse_path(entry.path)
        description = find_metadata_scope(entry.path)
        if isinstance(build, Build):
            if build.product in self._products:
                await self._claim(BuildFile(build, entry), deriver, work, dated_by_event=True)
            else:
                read_counts.skipped[OTHER_PRODUCT] += 1
        elif description is None:
            read_counts.skipped[build.reason.value] += 1
        elif description.product not in self._products:
            read_counts.skipped[OTHER_PRODUCT] += 1
        else:
            await self._claim_described(description, deriver, work)
        return work

    async def _claim_described(
        self, description: MetadataScope, deriver: Deriver, work: _Work
    ) -> None:
        """Claim every build that a metadata file tells of."""
        try:
            await self._read_again(description.path)
            found: list[BuildFile] = []
            async with aclosing(
                iter_builds_in_scope(self._archive.fetcher, self._archive.root, description)
            ) as folders:
                async for some in folders:
                    if some and not found and await self._is_superseded(description, some[0]):
                        self._summary.read_counts.skipped[DESCRIBED_BETTER] += 1
                        return
                    found += some
        except BadMetadata as exc:
            work.note(State.AWAITED, f"{METADATA_AWAITED}: {exc}")
            return
        except Unavailable as exc:
            work.note(State.OUT_OF_REACH, f"{OUT_OF_REACH}: {exc}")
            return
        known = await self._known_sizes(found)
        await asyncio.gather(
            *(
                self._claim(known.get(each.build.path, each), deriver, work, dated_by_event=False)
                for each in found
            )
        )

    async def _read_again(self, path: str) -> None:
        """Read a metadata file that was just written, and remember it for the builds.

        Raises:
            BadMetadata: it is not there yet, or something else is.
            Unavailable: the archive does not answer.
        """
        url = address(self._archive.root, path)
        self._archive.cache.forget_response(url)
        try:
            response = await self._archive.fetcher.get(url)
            if response.body is None:
                raise BadMetadata(f"{path}: told of, and not there yet")
            parse_metadata(response.body, path=path)
        except BadMetadata:
            raise
        except BadData as exc:
            raise BadMetadata(str(exc)) from exc
        self._archive.cache.store_response(url, response.status, response.body)

    async def _is_superseded(self, description: MetadataScope, each: BuildFile) -> bool:
        """Return whether builds have their metadata from a better file than this text."""
        if not description.path.endswith(".txt"):
            return False
        paths = metadata_paths(each.build, description.candidate_number)
        for path in paths[: paths.index(description.path)]:
            url = address(self._archive.root, path)
            if (await self._archive.fetcher.head(url)) is not None:
                return True
        return False

    async def _known_sizes(self, found: list[BuildFile]) -> dict[str, BuildFile]:
        """Return those whose exact size folder pages do not tell, and the server knows."""
        rounded = {each.build.record_id: each for each in found if each.entry.size is None}
        stored = await self.server.fetch_records(rounded) if rounded else {}
        known = {}
        for record_id, record in stored.items():
            build, entry = rounded[record_id]
            download = record["download"]
            same_url = download["url"] == f"{self._archive.root}{build.path}"
            if same_url and download["date"] == f"{entry.modified:%Y-%m-%dT%H:%M:%SZ}":
                sized = Entry(entry.path, download["size"], entry.modified)
                known[build.path] = BuildFile(build, sized)
        return known

    async def _claim(
        self, each: BuildFile, deriver: Deriver, work: _Work, *, dated_by_event: bool
    ) -> None:
        self._summary.read_counts.builds += 1
        try:
            described = await deriver.derive_record(await self._with_size(each))
        except Unavailable as exc:
            work.note(State.OUT_OF_REACH, f"{OUT_OF_REACH}: {exc}")
            return
        if not described.has_metadata and _may_have_metadata(each.build):
            work.note(State.AWAITED, f"{METADATA_AWAITED}: of {each.build.path}")
        work.claims.append(
            Claim(each.build, described.record, described.has_metadata, dated_by_event)
        )

    async def _with_size(self, each: BuildFile) -> BuildFile:
        build, entry = each
        if entry.size is not None:
            return each
        size = await self._archive.fetcher.fetch_size(address(self._archive.root, build.path))
        if size is None:
            raise Unavailable(f"{build.path}: told of, and not there yet")
        return BuildFile(build, Entry(entry.path, size, entry.modified))


def _moment(entry: Entry) -> float:
    return entry.modified.timestamp()


def _may_have_metadata(build: Build) -> bool:
    """Return whether there are places for it; there are none for genuine release candidates."""
    return candidates_folder(build) is not None or bool(metadata_paths(build, None))
