"""The load job: inventories or the archive's bucket in, published records out.

Everything streams: rows are read as the server takes records, so memory does not grow with the
inventory. Nothing is kept between runs but the cache, so after a crash one runs it again.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import timedelta

import structlog

from buildhub.archive.session import open_archive
from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError
from buildhub.inventory.manifest import Manifest
from buildhub.inventory.parts import Inventories, default_sources, open_inventories
from buildhub.publish.coverage import build_claims, report_coverage
from buildhub.publish.deferred import (
    Conflict,
    DeferredRecords,
    holders_on_server,
    open_deferred,
    resolve_conflicts,
)
from buildhub.publish.publisher import open_transport, publish
from buildhub.publish.server import open_server
from buildhub.records.derive import Deriver
from buildhub.records.pipeline import derive_inventories
from buildhub.records.recognise import make_recogniser
from buildhub.rules.coverage_claims import Window, inventory_products, inventory_window
from buildhub.settings import Settings
from buildhub.walk import walk

log = structlog.get_logger(__name__)


async def load(
    settings: Settings,
    *,
    sources: Sequence[str] = (),
    skip_incomplete: bool = False,
    on_progress: Callable[[Summary], None] = lambda summary: None,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
    summary: Summary | None = None,
) -> Summary:
    """Publish every build of the inventories, or of the archive's bucket.

    Args:
        settings: server, archive, and so on.
        sources: manifests, or folders that hold them or dated folders, as paths, ``https://`` or
            ``s3://`` addresses. Empty means the archive's bucket where *settings* name one, else
            the latest of each inventory that they name.
        skip_incomplete: leave out builds whose build ID is not known.
        on_progress: called with the counts after each piece of work.
        on_conflict: called with each file that is left out because another one takes its ID.
        summary: is filled while the load goes on; a new one by default.

    Returns:
        What was done. Its ``failure`` is what ended the run early: expected errors are not
        raised, so that the counts are never lost.
    """
    if settings.archive_bucket and not sources:
        return await walk(
            settings,
            full=True,
            skip_incomplete=skip_incomplete,
            remembers=False,
            on_progress=on_progress,
            on_conflict=on_conflict,
            summary=summary,
        )
    job = _Job(settings, summary or Summary(), skip_incomplete, on_progress, on_conflict)
    try:
        await job.run(sources or default_sources(settings))
    except BuildhubError as exc:
        job.summary.failure = exc
    return job.summary


@dataclass(frozen=True, slots=True)
class _Job:
    settings: Settings
    summary: Summary
    skip_incomplete: bool
    on_progress: Callable[[Summary], None]
    on_conflict: Callable[[Conflict], None]

    async def run(self, sources: Sequence[str]) -> None:
        """Publish what is preferred at once, then resolve the conflicts of the rest."""
        settings, summary = self.settings, self.summary
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(open_server(settings))
            transport = await open_transport(
                server, summary.published, initialize=settings.initialize_server
            )
            archive = await stack.enter_async_context(open_archive(settings))
            inventories = await stack.enter_async_context(
                open_inventories(sources, settings, archive.fetcher, summary.read_counts)
            )
            summary.bytes_total = inventories.bytes_total
            deriver = Deriver(archive.finder, settings.archive_url, self.skip_incomplete)
            deferred = stack.enter_context(open_deferred())
            await publish(self._preferred_lines(inventories, deriver, deferred), transport)
            report = summary.counting_conflicts(self.on_conflict)
            resolved = resolve_conflicts(deferred, holders_on_server(server), report)
            await publish(resolved, transport)
            self.on_progress(summary)
            windows = self._windows(inventories.manifests)
            await report_coverage(server, build_claims(windows, summary))

    def _windows(self, manifests: Sequence[Manifest]) -> dict[str, Window]:
        """Return what was looked at, by product: all that the inventories of its bucket list."""
        min_age = timedelta(hours=self.settings.min_age_hours)
        windows: dict[str, Window] = {}
        leaves_out = self.skip_incomplete or self.settings.max_age_hours
        for manifest in () if leaves_out else manifests:
            window = inventory_window(manifest.created, min_age)
            for product in inventory_products(manifest.bucket) & self.settings.products:
                if window and (product not in windows or window.until > windows[product].until):
                    windows[product] = window
        return windows

    async def _preferred_lines(
        self, inventories: Inventories, deriver: Deriver, deferred: DeferredRecords
    ) -> AsyncIterator[list[bytes]]:
        """Yield lines to publish at once; the others are put into *deferred*."""
        pieces = derive_inventories(
            inventories,
            make_recogniser(self.settings),
            deriver,
            self.summary.read_counts,
            parallel=2 * self.settings.parallel_request_count,
        )
        async with aclosing(pieces):
            async for derived in pieces:
                yield deferred.defer_unpreferred(derived)
                self.on_progress(self.summary)
