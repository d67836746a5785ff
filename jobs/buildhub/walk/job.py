"""The walk as a job: folder after folder, to published records, remembering what is done."""

import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date

import structlog

from buildhub.archive.fetch import Fetcher
from buildhub.archive.session import Archive, open_archive
from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError
from buildhub.publish.deferred import Conflict
from buildhub.publish.publisher import open_transport
from buildhub.publish.server import Server, open_server
from buildhub.records.derive import Deriver
from buildhub.records.recognise import make_recogniser
from buildhub.settings import Settings
from buildhub.walk.bucket_pages import open_pages
from buildhub.walk.coverage import CoverageReporter, find_window
from buildhub.walk.folder_filter import FolderFilter
from buildhub.walk.listed_metadata import ListedMetadata
from buildhub.walk.progress import WalkProgress
from buildhub.walk.run import WalkRun
from buildhub.walk.scope import Scope
from buildhub.walk.state import WalkState
from buildhub.walk.state_file import forgotten_state, open_state
from buildhub.walk.visit import Visitor

log = structlog.get_logger(__name__)


async def walk(
    settings: Settings,
    *,
    full: bool = False,
    since: date | None = None,
    versions: Iterable[str] = (),
    skip_incomplete: bool = False,
    remembers: bool = True,
    on_progress: Callable[[Summary], None] = lambda summary: None,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
    clock: Callable[[], float] = time.time,
    summary: Summary | None = None,
) -> Summary:
    """Publish the builds of the archive's folders that no earlier walk has published.

    Args:
        settings: server, archive, and so on; only their products are walked.
        full: request everything again, and publish it again.
        since: look only at builds from this day or later, also in finished folders.
        versions: the only versions to look at. Then nightlies are left out.
        skip_incomplete: leave out builds whose build ID is not known.
        remembers: take up what earlier walks have done, and leave this one's to later ones.
        on_progress: called with the counts after each folder.
        on_conflict: called with each file that is left out because another one takes its ID.
        clock: returns seconds since 1970.
        summary: is filled while the walk goes on; a new one by default.

    Returns:
        What was done. Its ``failure`` is what ended the run early: expected errors are not
        raised, so that the counts are never lost. What could not be settled is counted and
        logged by path; the next run looks at it again.
    """
    summary = summary or Summary()
    scope = Scope(settings.products, frozenset(versions), since)
    try:
        async with AsyncExitStack() as stack:
            state = stack.enter_context(open_state(settings) if remembers else forgotten_state())
            server = await stack.enter_async_context(open_server(settings))
            transport = await open_transport(
                server, summary.published, initialize=settings.initialize_server
            )
            full = full or await _was_emptied(server, state)
            archive = await stack.enter_async_context(open_archive(settings))
            stack.callback(_count_requests, summary, archive.fetcher)
            setup = _Setup(settings, scope, state, archive, summary, clock, full, skip_incomplete)
            progress = setup.progress()
            run = WalkRun(
                settings,
                summary,
                server,
                transport,
                setup.visitor(),
                progress,
                setup.coverage(server),
                on_progress,
                on_conflict,
            )
            summary.published.on_refused = progress.note_refused
            await run.walk_products()
            if full:
                state.end_full()
    except BuildhubError as exc:
        summary.failure = exc
    return summary


async def _was_emptied(server: Server, state: WalkState) -> bool:
    """Return whether walks have filled a catalogue that is empty now."""
    if state.is_empty() or not await server.is_empty():
        return False
    log.warning("catalogue_was_emptied", server=server.collection, walk="full")
    return True


def _count_requests(summary: Summary, fetcher: Fetcher) -> None:
    summary.requests = fetcher.request_count


@dataclass(slots=True)
class _Setup:
    """Puts the parts of a walk together, as it was asked for."""

    settings: Settings
    scope: Scope
    state: WalkState
    archive: Archive
    summary: Summary
    clock: Callable[[], float]
    is_full: bool
    skip_incomplete: bool
    now: float = field(init=False)
    full_since: float | None = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.clock()
        self.full_since = self.state.begin_full(self.now) if self.is_full else None

    def visitor(self) -> Visitor:
        archive, url, counts = self.archive, self.settings.archive_url, self.summary.read_counts
        rereads = self.is_full or bool(self.scope.versions) or self.scope.since is not None
        pages = open_pages(
            self.settings, archive, self.state, counts, rereads=rereads, clock=self.clock
        )
        metadata = ListedMetadata(archive.fetcher, archive.cache, url, pages)
        return Visitor(
            self.state,
            pages,
            archive.fetcher,
            Deriver(metadata, url, self.skip_incomplete),
            url,
            FolderFilter(self.scope, self.state, self.now, rereads, self.full_since),
            counts,
            make_recogniser(self.settings).newest,
        )

    def progress(self) -> WalkProgress:
        return WalkProgress(self.state, self.now, is_full=self.is_full)

    def coverage(self, server: Server) -> CoverageReporter:
        # A full walk that continues an interrupted one skips what that one has read.
        began = self.full_since if self.full_since is not None else self.now
        seen_until = began - self.settings.min_age_hours * 3600
        window = find_window(self.scope, seen_until, is_full=self.is_full)
        claimed = None if self.skip_incomplete else window
        return CoverageReporter(server, self.summary, self.scope.products, claimed)
