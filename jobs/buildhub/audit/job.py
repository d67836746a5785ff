"""The audit as a job: the archive's side to disk, then all sides compared."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from buildhub.archive.session import Archive, open_archive
from buildhub.audit.archive_side.expected import open_expected
from buildhub.audit.archive_side.folders import FolderReader
from buildhub.audit.archive_side.inventories import InventoriesSide
from buildhub.audit.archive_side.listings import ListingsSide
from buildhub.audit.archive_side.side import ArchiveSide
from buildhub.audit.index import IndexComparer
from buildhub.audit.options import AuditOptions
from buildhub.audit.report.report import AuditReport
from buildhub.audit.run import AuditRun
from buildhub.audit.shipped_check import check_shipped, try_fetch_shipped
from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError, ConfigError
from buildhub.inventory.parts import default_sources, open_inventories
from buildhub.publish.server import open_server
from buildhub.settings import CREDENTIAL_VARIABLES, Settings
from buildhub.walk.bucket_pages import open_pages
from buildhub.walk.scope import Scope
from buildhub.walk.state_file import open_state_to_read


async def audit(
    settings: Settings,
    options: AuditOptions,
    *,
    sources: Sequence[str] = (),
    on_progress: Callable[[Summary], None] = lambda summary: None,
) -> AuditReport:
    """Compare archive, catalogue and search index, and repair the latter two if asked to.

    Args:
        settings: server, archive, and so on; only their products are compared.
        options: what is compared, and how.
        sources: inventories, as :func:`buildhub.load.load` takes them; not used where the
            archive's listings are read. Without any, the archive's bucket is read where
            *settings* name one.
        on_progress: called with the counts after each piece of work.

    Returns:
        What was found and done. Its summary's ``failure`` is what ended the run early: expected
        errors are not raised. What was found before that is in the report, and is true.
    """
    report = AuditReport(options.shown_count, with_archive=options.check_archive)
    try:
        if options.repair and settings.credentials is None:
            raise ConfigError(f"--repair needs credentials: set {CREDENTIAL_VARIABLES}")
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(open_server(settings))
            scope = Scope(settings.products, options.versions, options.since)
            run = AuditRun(
                settings, options, scope, report, server, lambda: on_progress(report.summary)
            )
            index: IndexComparer | None = None
            has_index = _has_index(await server.fetch_server_info())
            if options.check_index and has_index:
                index = IndexComparer(report, server, scope, options.limits)
                stack.push_async_callback(index.close)
            if options.check_archive:
                await _audit_archive(run, index, sources)
            elif index is not None:
                await run.audit_index(index)
            else:
                raise ConfigError(f"{settings.server_url}: has no search index to compare")
    except BuildhubError as exc:
        report.summary.failure = exc
    return report


async def _audit_archive(
    run: AuditRun, index: IndexComparer | None, sources: Sequence[str]
) -> None:
    settings, report = run.settings, run.report
    async with AsyncExitStack() as stack:
        archive = await stack.enter_async_context(open_archive(settings))
        expected = stack.enter_context(open_expected())
        shipped = None
        if run.options.check_shipped:
            url = settings.product_details_url
            shipped = await try_fetch_shipped(archive.fetcher, url, report)
        side = await stack.enter_async_context(_open_side(run, archive, sources))
        in_archive = await run.read_archive(side, expected)
        in_catalogue = await run.compare(side, expected, index)
        in_catalogue |= await run.repair(side, expected, index)
        if shipped is not None:
            await check_shipped(
                shipped,
                run.scope,
                run.server,
                report,
                in_archive=in_archive,
                in_catalogue=in_catalogue,
            )


@asynccontextmanager
async def _open_side(
    run: AuditRun, archive: Archive, sources: Sequence[str]
) -> AsyncIterator[ArchiveSide]:
    """Open the archive's side: its listings or its bucket, or its inventories."""
    settings, counts = run.settings, run.report.summary.read_counts
    if run.options.listings or (settings.archive_bucket and not sources):
        began = datetime.now(UTC)
        with open_state_to_read(settings) as state:
            pages = open_pages(settings, archive, state, counts, rereads=True)
            folders = FolderReader.of(archive, pages, state, run.scope, counts, began)
            yield ListingsSide(folders, began)
        return
    sources = sources or default_sources(settings)
    async with open_inventories(sources, settings, archive.fetcher, counts) as inventories:
        run.report.summary.bytes_total = inventories.bytes_total
        yield InventoriesSide(inventories, archive.finder, run.report)


def _has_index(server_info: dict[str, Any]) -> bool:
    """Return whether the server with this root page has a search index."""
    engine = server_info.get("capabilities", {}).get("search", {}).get("engine", "none")
    return bool(engine != "none")
