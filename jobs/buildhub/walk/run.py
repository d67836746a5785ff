"""A walk under way: unit after unit is read and published, its conflicts settled."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from buildhub.aio.streams import iter_tree
from buildhub.counts.summary import Summary
from buildhub.errors import Unavailable
from buildhub.publish.deferred import (
    Conflict,
    DeferredRecords,
    holders_on_server,
    open_deferred,
    resolve_conflicts,
)
from buildhub.publish.publisher import Transport, publish
from buildhub.publish.server import Server
from buildhub.rules.walkable_folders import AREAS, ROOT, area_depth
from buildhub.settings import Settings
from buildhub.walk.coverage import CoverageReporter
from buildhub.walk.progress import FolderVisit, WalkProgress
from buildhub.walk.visit import Visitor

_NIGHTLY = "nightly/"

# How many folders with deferred builds wait in memory; a walk that is killed reads them again.
# A month of nightlies has about as many, so that quiet ones share a request to the server.
_SETTLED_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class WalkRun:
    """One walk.

    Attributes:
        settings: of the job.
        summary: takes the counts.
        server, transport: take the records.
        visitor: looks at folders.
        progress: keeps what is done.
        coverage: reports each product that is done.
        on_progress: called with the counts after each folder.
        on_conflict: called with each file that is left out because another one takes its ID.
    """

    settings: Settings
    summary: Summary
    server: Server
    transport: Transport
    visitor: Visitor
    progress: WalkProgress
    coverage: CoverageReporter
    on_progress: Callable[[Summary], None]
    on_conflict: Callable[[Conflict], None]

    async def walk_products(self) -> None:
        """Publish unit after unit, each with its conflicts settled, so that it is done for good."""
        top = await self._visit(ROOT)
        if top.row is None:
            bucket, archive = self.settings.archive_bucket, self.settings.archive_url
            where = f"{archive}{ROOT}" if bucket is None else f"gs://{bucket}/{ROOT}"
            raise Unavailable(f"{where}: cannot be read, so there is nothing to walk")
        for tree in top.folders:
            for product in await self._product_folders(tree):
                async with aclosing(self._iter_units(product)) as units:
                    while roots := await anext(units, None):
                        await self._publish(roots, units)
            await self.coverage.report_products(tree)

    async def _product_folders(self, tree: str) -> list[str]:
        """Return the folders with areas: the folder itself, or the ones in it."""
        names = tree.rstrip("/").split("/")
        return [tree] if len(names) >= area_depth(names) else (await self._visit(tree)).folders

    async def _iter_units(self, product: str) -> AsyncGenerator[list[str], None]:
        """Yield folders to walk together: all builds that may take one ID lie in one unit.

        A month of nightlies is a unit, the latest first. The rest of a product is one unit.
        """
        areas = (await self._visit(product)).folders
        versions = [product + f"{area}/" for area in AREAS if f"{area}/" != _NIGHTLY]
        if present := [area for area in versions if area in areas]:
            yield present
        if product + _NIGHTLY in areas:
            for year in reversed((await self._visit(product + _NIGHTLY)).folders):
                for month in reversed((await self._visit(year)).folders):
                    yield [month]

    async def _publish(self, roots: list[str], units: AsyncGenerator[list[str], None]) -> None:
        """Publish what is below *roots*, and further *units* until enough builds are deferred."""
        with open_deferred() as deferred:
            await publish(
                self._preferred_lines(roots, units, deferred),
                self.transport,
                on_acknowledged=self.progress.note_acknowledged,
            )
            report = self.summary.counting_conflicts(self.on_conflict)
            lines = resolve_conflicts(deferred, holders_on_server(self.server), report)
            await publish(lines, self.transport)
        self.progress.note_settled()
        self.on_progress(self.summary)

    async def _visit(self, folder: str) -> FolderVisit:
        visited = await self.visitor.visit(folder)
        self.progress.note_visited(visited)
        return visited

    async def _preferred_lines(
        self, roots: list[str], units: AsyncGenerator[list[str], None], deferred: DeferredRecords
    ) -> AsyncIterator[list[bytes]]:
        """Yield lines to publish at once; the others are put into *deferred*."""
        unit: list[str] | None = roots
        while unit:
            async with aclosing(self._visit_below(unit)) as folders:
                async for visited in folders:
                    self.progress.note_visited(visited)
                    if visited.derived:
                        lines = deferred.defer_unpreferred(visited.derived)
                        self.progress.note_sent(visited, len(lines))
                        yield lines
                    self.on_progress(self.summary)
            enough = self.progress.deferred_count >= _SETTLED_TOGETHER
            unit = None if enough else await anext(units, None)

    def _visit_below(self, roots: list[str]) -> AsyncGenerator[FolderVisit, None]:
        """Look at *roots* and all below; twice as many folders at a time as requests.

        While some wait for metadata, others are requested.
        """

        async def visit(folder: str) -> tuple[FolderVisit, list[str]]:
            visited = await self.visitor.visit(folder)
            return visited, visited.folders

        return iter_tree(visit, roots, limit=2 * self.settings.parallel_request_count)
