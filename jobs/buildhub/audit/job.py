"""The audit as a job: the archive's answer to disk, then three streams side by side."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import structlog

from buildhub.archive.metadata_finder import PathsOnly
from buildhub.archive.session import Archive, open_archive
from buildhub.audit.archive_side import Answer, InventoriesAnswer
from buildhub.audit.comparable import Facts, all_facts, path_facts
from buildhub.audit.compare import Comparer
from buildhub.audit.digester import Digester
from buildhub.audit.expected import Expected, open_expected
from buildhub.audit.index import IndexComparer
from buildhub.audit.listings import ListingsAnswer
from buildhub.audit.reindex import Reindexer
from buildhub.audit.repair import Repairer
from buildhub.audit.report import Report
from buildhub.audit.scope import wants_shipped
from buildhub.audit.server_side import iter_records
from buildhub.audit.shipped import Shipped, fetch_shipped
from buildhub.counts.summary import Summary
from buildhub.errors import BadData, BuildhubError, ConfigError, Unavailable
from buildhub.inventory.parts import default_sources, open_inventories
from buildhub.publish.server import Server, open_server
from buildhub.records.derive import UNKNOWN, Deriver
from buildhub.records.recognise import make_recogniser
from buildhub.settings import Settings
from buildhub.walk.scope import Scope
from buildhub.walk.state_file import open_state_to_read

log = structlog.get_logger(__name__)

NO_LIST = "list-of-shipped-versions"


@dataclass(frozen=True, slots=True)
class Options:
    """What an audit is to do.

    Attributes:
        listings: read the archive's own listings instead of its inventories.
        versions: the only ones to look at.
        since: look at builds whose files are of this day or younger.
        paths_only: compare what paths and inventories tell, and ask for no metadata.
        skip_incomplete: builds whose build ID is not known need not be in the catalogue.
        check_shipped: check the list of shipped versions.
        check_archive: compare the archive; without it only the index is compared.
        check_index: compare the search index.
        repair: put right what was found.
        force: delete extra records even if they are many.
        limit: how many findings of a kind are shown.
    """

    listings: bool = False
    versions: frozenset[str] = frozenset()
    since: date | None = None
    paths_only: bool = False
    skip_incomplete: bool = False
    check_shipped: bool = True
    check_archive: bool = True
    check_index: bool = True
    repair: bool = False
    force: bool = False
    limit: int = 20


async def audit(
    settings: Settings,
    options: Options,
    *,
    sources: Sequence[str] = (),
    on_progress: Callable[[Summary], None] = lambda summary: None,
) -> Report:
    """Compare archive, catalogue and search index; put them right if that is asked for.

    Args:
        settings: server, archive, and so on; their products are the ones that are looked at.
        options: what is compared, and how.
        sources: inventories, as :func:`buildhub.load.load` takes them; not used where the
            archive's listings are read.
        on_progress: is told of the counts after each piece of work.

    Returns:
        What was found and done. Its summary's ``failure`` is what ended the run early: expected
        errors are not raised. What was found before is in the report then, and is true.
    """
    report = Report(options.limit, with_archive=options.check_archive)
    try:
        if options.repair and not settings.auth:
            raise ConfigError("--repair writes: AUTH, or AUTH_FILE, has to give an account")
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(open_server(settings))
            searches = _searches(await server.fetch_server_info())
            if not (searches or options.check_archive):
                raise ConfigError(f"{settings.server_url}: no search index is there to compare")
            archive = await stack.enter_async_context(open_archive(settings))
            job = _Job(settings, options, report, server, archive, on_progress)
            index: IndexComparer | None = None
            if options.check_index and searches:
                index = IndexComparer(report, server, job.scope)
                stack.push_async_callback(index.close)
            expected = stack.enter_context(open_expected())
            if not options.check_archive:
                await job.compare_index(index, expected)
                return report
            shipped = await job.fetch_shipped() if options.check_shipped else None
            answer = await job.ask_archive(stack, sources)
            in_archive = await job.expect(answer, expected)
            in_catalogue = await job.compare(answer, expected, index)
            if options.repair:
                in_catalogue |= await job.repair(answer, expected, index)
            if shipped is not None:
                await job.check_shipped(shipped, in_archive, in_catalogue)
    except BuildhubError as exc:
        report.summary.failure = exc
    return report


def _searches(page: dict[str, Any]) -> bool:
    """Return whether the server with this root page has a search index."""
    engine = page.get("capabilities", {}).get("search", {}).get("engine", "none")
    return bool(engine != "none")


Versions = set[tuple[str, str]]


@dataclass(slots=True)
class _Job:
    settings: Settings
    options: Options
    report: Report
    server: Server
    archive: Archive
    on_progress: Callable[[Summary], None]

    @property
    def scope(self) -> Scope:
        return Scope(self.settings.products, self.options.versions, self.options.since)

    @property
    def parallel(self) -> int:
        return 2 * self.settings.parallel_request_count

    async def ask_archive(self, stack: AsyncExitStack, sources: Sequence[str]) -> Answer:
        """Return the archive's side, open as long as *stack* is."""
        settings, read_counts = self.settings, self.report.summary.read_counts
        if self.options.listings:
            state = stack.enter_context(open_state_to_read(settings))
            return ListingsAnswer(self.archive, state, self.scope, read_counts, datetime.now(UTC))
        sources = sources or default_sources(settings)
        inventories = await stack.enter_async_context(
            open_inventories(sources, settings, self.archive.fetcher, read_counts)
        )
        self.report.summary.bytes_total = inventories.bytes_total
        return InventoriesAnswer(inventories, self.archive.finder, self.report)

    def deriver(self, answer: Answer) -> Deriver:
        """Return what works out records as a load does, or a walk."""
        return Deriver(answer.finder, self.settings.archive_url, self.options.skip_incomplete)

    def compared(self, answer: Answer) -> tuple[Deriver, Facts]:
        """Return what works out the facts that are compared, and takes them out of a record."""
        if self.options.paths_only:
            return Deriver(PathsOnly(), self.settings.archive_url), path_facts
        return self.deriver(answer), all_facts

    async def fetch_shipped(self) -> list[Shipped] | None:
        """Return the check list; None where it cannot be had, which is counted."""
        try:
            return await fetch_shipped(self.archive.fetcher, self.settings.product_details_url)
        except (BadData, Unavailable) as exc:
            self.report.summary.read_counts.unsettled[NO_LIST] += 1
            log.error("list_of_shipped_versions_missing", error=str(exc))
            return None

    async def expect(self, answer: Answer, expected: Expected) -> Versions:
        """Write down what the archive has; return its versions."""
        read_counts = self.report.summary.read_counts
        deriver, facts = self.compared(answer)
        limits = (make_recogniser(self.settings).newest, answer.youngest)
        newest = min((each for each in limits if each), default=None)
        digester = Digester(deriver, self.scope, facts, newest)
        async with aclosing(answer.pieces(digester, parallel=self.parallel)) as pieces:
            async for piece in pieces:
                expected.add(piece)
                self.on_progress(self.report.summary)
        expected.products.update(answer.products)
        # Builds whose metadata cannot be had are known to be there.
        unexpected = set(read_counts.unsettled) - {UNKNOWN, NO_LIST}
        self.report.complete = not unexpected
        self.report.created = answer.created(expected.newest)
        return digester.versions

    async def compare(
        self, answer: Answer, expected: Expected, index: IndexComparer | None
    ) -> Versions:
        """Compare the three sides; return the catalogue's versions."""
        deriver, facts = self.compared(answer)
        comparer = Comparer(
            self.report,
            self.scope,
            expected,
            answer,
            self.server,
            deriver,
            facts,
            parallel=self.parallel,
        )
        async with aclosing(iter_records(self.server, self.scope)) as pages:
            async for page in pages:
                await comparer.take(page)
                if index is not None:
                    await index.take(page)
                self.on_progress(self.report.summary)
        await comparer.end()
        if index is not None:
            await index.end()
            await index.settle()
        return comparer.versions

    async def compare_index(self, index: IndexComparer | None, expected: Expected) -> None:
        """Compare catalogue and index alone, and put the index right."""
        assert index is not None  # noqa: S101 - audit() has seen to it.
        async with aclosing(iter_records(self.server, self.scope)) as pages:
            async for page in pages:
                self.report.records += len(page)
                await index.take(page)
                self.on_progress(self.report.summary)
        await index.end()
        await index.settle()
        if self.options.repair:
            await Reindexer(self.report, self.server).reindex(index)

    async def repair(
        self, answer: Answer, expected: Expected, index: IndexComparer | None
    ) -> Versions:
        """Put right what was found; return the versions of what was published."""
        deriver = self.deriver(answer)
        repairer = Repairer(
            self.report, expected, answer.measure, self.server, deriver, parallel=self.parallel
        )
        await repairer.publish()
        await repairer.delete(force=self.options.force)
        if index is not None:
            await Reindexer(self.report, self.server).reindex(index)
        return repairer.versions

    async def check_shipped(
        self, shipped: list[Shipped], in_archive: Versions, in_catalogue: Versions
    ) -> None:
        """Report the versions that were shipped and have no build in the catalogue."""
        asked = [each for each in shipped if wants_shipped(self.scope, *each)]
        self.report.shipped_count = len(asked)
        for each in asked:
            version = (each.product, each.version)
            if version not in in_catalogue and not await self._is_catalogued(each):
                self.report.unshipped.append((each, version in in_archive))

    async def _is_catalogued(self, shipped: Shipped) -> bool:
        """Ask about one version; files are older than the day on which they shipped."""
        if self.options.since is None:
            return False
        params = {
            "source.product": shipped.product,
            "target.version": shipped.version,
            "_limit": "1",
            "_fields": "id",
        }
        url = f"{self.server.collection}/records"
        page = await self.server.request_json("GET", url, params=params)
        return bool(page["data"])
