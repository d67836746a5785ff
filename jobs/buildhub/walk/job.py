"""The walk as a job: folder after folder, to published records, remembering what is done."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from datetime import date

import structlog

from buildhub.aio.streams import grow
from buildhub.archive.session import open_archive
from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError, Unavailable
from buildhub.publish.deferred import (
    Conflict,
    DeferredRecords,
    holders_on_server,
    open_deferred,
    resolve_conflicts,
)
from buildhub.publish.publisher import Transport, open_transport, publish
from buildhub.publish.server import Server, open_server
from buildhub.records.derive import Deriver
from buildhub.records.recognise import make_recogniser
from buildhub.rules.walkable_folders import AREAS, ROOT
from buildhub.settings import Settings
from buildhub.walk.coverage import Coverage, find_window
from buildhub.walk.listed_metadata import ListedFinder
from buildhub.walk.pages import Pages
from buildhub.walk.progress import Ledger, Seen
from buildhub.walk.scope import Narrowed
from buildhub.walk.state import State, open_state
from buildhub.walk.visit import Visitor

log = structlog.get_logger(__name__)

_NIGHTLY = "nightly/"

# Folders with contested builds that wait in memory, and are asked for again when a walk is killed.
# A month of nightlies has about as many, so that quiet ones share a request to the server.
_SETTLED_TOGETHER = 50


async def walk(
    settings: Settings,
    *,
    full: bool = False,
    since: date | None = None,
    versions: Iterable[str] = (),
    skip_incomplete: bool = False,
    on_progress: Callable[[Summary], None] = lambda summary: None,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
    clock: Callable[[], float] = time.time,
) -> Summary:
    """Publish the builds of the archive's folders that no earlier walk has published.

    Args:
        settings: server, archive, and so on; their products are the ones that are looked at.
        full: ask for everything again, and publish it again.
        since: look at what is younger than this day, and at nothing older.
        versions: the only versions to look at. Then nightlies are left out.
        skip_incomplete: leave out builds whose build ID is not known.
        on_progress: is told of the counts after each folder.
        on_conflict: is told of each file that is left out because another one takes its ID.
        clock: seconds since 1970.

    Returns:
        What was done. Its ``failure`` is what ended the run early: expected errors are not
        raised, so that the counts are never lost. What could not be settled is counted in its
        read_counts and logged by path; the next run looks at it again.
    """
    summary = Summary()
    narrowed = Narrowed(settings.products, full, since, frozenset(versions))
    try:
        async with AsyncExitStack() as stack:
            state = stack.enter_context(open_state(settings))
            server = await stack.enter_async_context(open_server(settings))
            transport = await open_transport(
                server, summary.published, initialize=settings.initialize_server
            )
            if not full and not state.is_empty() and await server.is_empty():
                log.warning("catalogue_was_emptied", server=server.collection, walk="full")
                narrowed = replace(narrowed, full=True)
            archive = await stack.enter_async_context(open_archive(settings))
            stack.callback(lambda: _count_requests(summary, archive.fetcher.request_count))
            now = clock()
            full_since = state.begin_full(now) if narrowed.full else 0.0
            pages = Pages(
                archive.fetcher,
                state,
                settings.archive_url,
                summary.read_counts,
                distrusts=narrowed.repeats,
                clock=clock,
            )
            finder = ListedFinder(archive.fetcher, archive.cache, settings.archive_url, pages)
            visitor = Visitor(
                state,
                pages,
                archive.fetcher,
                Deriver(finder, settings.archive_url, skip_incomplete),
                settings.archive_url,
                narrowed,
                summary.read_counts,
                now,
                full_since,
                make_recogniser(settings).newest,
            )
            ledger = Ledger(state, now, repeated=narrowed.full)
            summary.published.on_refused = ledger.refuse
            # What an interrupted full walk has done is passed by when it goes on.
            seen_until = (full_since or now) - settings.min_age_hours * 3600
            window = find_window(narrowed, seen_until) if not skip_incomplete else None
            coverage = Coverage(server, summary, window)
            job = _Job(
                settings,
                summary,
                server,
                transport,
                visitor,
                ledger,
                coverage,
                on_progress,
                on_conflict,
            )
            await job.run()
            _end(state, narrowed)
    except BuildhubError as exc:
        summary.failure = exc
    return summary


def _count_requests(summary: Summary, count: int) -> None:
    summary.requests = count


def _end(state: State, narrowed: Narrowed) -> None:
    if narrowed.full:
        state.end_full()


@dataclass(frozen=True, slots=True)
class _Job:
    settings: Settings
    summary: Summary
    server: Server
    transport: Transport
    visitor: Visitor
    ledger: Ledger
    coverage: Coverage
    on_progress: Callable[[Summary], None]
    on_conflict: Callable[[Conflict], None]

    async def run(self) -> None:
        """Publish unit after unit, and resolve the conflicts of each before the next."""
        top = await self._look(ROOT)
        if top.row is None:
            raise Unavailable(f"{self.settings.archive_url}{ROOT}: no page, so nothing to walk")
        for product in top.folders:
            async with aclosing(self._units(product)) as units:
                while roots := await anext(units, None):
                    await self._publish(roots, units)
            await self.coverage.report(product)

    async def _units(self, product: str) -> AsyncGenerator[list[str], None]:
        """Yield folders to walk together: builds that take one ID lie in one unit.

        Of nightlies a unit is a month, the latest first. The rest of a product is one unit.
        """
        areas = (await self._look(product)).folders
        placed = [product + f"{area}/" for area in AREAS if f"{area}/" != _NIGHTLY]
        if present := [area for area in placed if area in areas]:
            yield present
        if product + _NIGHTLY in areas:
            for year in reversed((await self._look(product + _NIGHTLY)).folders):
                for month in reversed((await self._look(year)).folders):
                    yield [month]

    async def _publish(self, roots: list[str], units: AsyncGenerator[list[str], None]) -> None:
        """Publish what is below *roots*, and *units* after it until enough records are deferred."""
        with open_deferred() as deferred:
            await publish(
                self._preferred_lines(roots, units, deferred),
                self.transport,
                on_acknowledged=self.ledger.acknowledge,
            )
            lines = resolve_conflicts(deferred, holders_on_server(self.server), self._report)
            await publish(lines, self.transport)
        self.ledger.settle()
        self.on_progress(self.summary)

    async def _look(self, folder: str) -> Seen:
        seen = await self.visitor.visit(folder)
        self.ledger.begin(seen)
        return seen

    async def _preferred_lines(
        self, roots: list[str], units: AsyncGenerator[list[str], None], deferred: DeferredRecords
    ) -> AsyncIterator[list[bytes]]:
        """Yield lines to publish at once; the others are put into *deferred*."""
        unit: list[str] | None = roots
        while unit:
            async with aclosing(self._see(unit)) as folders:
                async for seen in folders:
                    self.ledger.begin(seen)
                    if seen.derived:
                        lines = deferred.defer_unpreferred(seen.derived)
                        self.ledger.send(seen, len(lines))
                        yield lines
                    self.on_progress(self.summary)
            enough = self.ledger.contested_count >= _SETTLED_TOGETHER
            unit = None if enough else await anext(units, None)

    def _see(self, roots: list[str]) -> AsyncGenerator[Seen, None]:
        """Look at *roots* and all below; twice as many folders at a time as requests.

        While some wait for metadata, others are asked for.
        """

        async def visit(folder: str) -> tuple[Seen, list[str]]:
            seen = await self.visitor.visit(folder)
            return seen, seen.folders

        return grow(visit, roots, limit=2 * self.settings.parallel_request_count)

    def _report(self, conflict: Conflict) -> None:
        self.summary.conflicts += 1
        self.on_conflict(conflict)
