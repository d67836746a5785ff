"""From messages about files that were written to the archive to the catalogue."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from buildhub.aio.streams import as_stream, map_ordered
from buildhub.archive.metadata_finder import MetadataFinder
from buildhub.archive.session import Archive, open_archive
from buildhub.counts.published import REFUSED
from buildhub.counts.summary import Summary
from buildhub.events.messages.message import ParsedMessage
from buildhub.events.propose import Proposal, Proposer
from buildhub.events.removals import Removals
from buildhub.events.timing import ListenTiming
from buildhub.events.verdict import Fate, Verdict, message_verdict
from buildhub.publish.conditional import ConditionalPublisher, CountsWithErrors
from buildhub.publish.deferred import Conflict
from buildhub.publish.publisher import choose_transport
from buildhub.publish.server import Server, open_server
from buildhub.records.derive import Deriver
from buildhub.rules.coverage_claims import moment
from buildhub.rules.entry import Entry
from buildhub.settings import Settings

Key = TypeVar("Key", bound=Hashable)

_REMOVALS_IN_FLIGHT = 8


class EventPublisher:
    """Publishes the files that messages name.

    Attributes:
        server: that it publishes to.
        fetcher: of the archive.
    """

    def __init__(
        self,
        settings: Settings,
        archive: Archive,
        server: Server,
        publisher: ConditionalPublisher,
        summary: Summary,
        timing: ListenTiming,
    ) -> None:
        self.server = server
        self.fetcher = archive.fetcher
        self._products = settings.products
        self._archive = archive
        self._publisher = publisher
        self._summary = summary
        skipped = summary.read_counts.skipped
        self._removals = Removals(archive, server, settings.products, skipped)
        self._misses_believed_seconds = timing.misses_believed_seconds

    async def publish_messages(self, messages: Mapping[Key, ParsedMessage]) -> dict[Key, Verdict]:
        """Publish what *messages* name; return the verdict on each, by its key.

        Raises:
            Refused, Unavailable: the server is not to be published to, now or at all. Some may
                be published, and again is harmless.
        """
        files = await self.publish_entries(
            entry for message in messages.values() for entry in message.entries
        )
        removed = await self._mark_removed(
            {path for message in messages.values() for path in message.removed}
        )
        verdicts = {}
        for key, message in messages.items():
            self._summary.read_counts.skipped.update(message.skipped)
            written = {entry.path: files[entry.path] for entry in message.entries}
            gone = {path: removed[path] for path in message.removed}
            verdicts[key] = message_verdict(message.faults_text, gone | written)
        return verdicts

    async def publish_message(self, message: ParsedMessage) -> Verdict:
        """Publish what one message names, as :meth:`publish_messages` does."""
        return (await self.publish_messages({None: message}))[None]

    async def publish_entries(self, entries: Iterable[Entry]) -> dict[str, Verdict]:
        """Publish what *entries* lead to; return the verdict on each file, by path.

        Raises:
            Refused, Unavailable: as :meth:`publish_messages`.
        """
        latest: dict[str, Entry] = {}
        for entry in entries:
            self._summary.read_counts.rows += 1
            latest[entry.path] = max(latest.get(entry.path, entry), entry, key=_modified)
        proposer = self._make_proposer()
        proposals = await asyncio.gather(*map(proposer.propose, latest.values()))
        counts = await self._publisher.publish(
            record for proposal in proposals for record in proposal.records
        )
        self._summary.published.include(counts)
        for proposal in proposals:
            self._note_published(proposal, counts)
        return {proposal.entry.path: proposal.verdict for proposal in proposals}

    async def _mark_removed(self, paths: Iterable[str]) -> dict[str, Verdict]:
        """Let the records of expired files say so; return the verdict on each file, by path."""
        marked = map_ordered(self._mark_one, as_stream(paths), limit=_REMOVALS_IN_FLIGHT)
        async with aclosing(marked):
            return {path: verdict async for path, verdict in marked}

    async def _mark_one(self, path: str) -> tuple[str, Verdict]:
        return path, await self._removals.mark(path)

    def _make_proposer(self) -> Proposer:
        archive = self._archive
        # A finder of its own: a job that never ends must not remember misses for good.
        finder = MetadataFinder(
            archive.fetcher,
            archive.cache,
            archive.root,
            believed=lambda _: self._misses_believed_seconds,
        )
        deriver = Deriver(finder, archive.root)
        return Proposer(self._products, archive, self.server, deriver, self._summary.read_counts)

    def _note_published(self, proposal: Proposal, counts: CountsWithErrors) -> None:
        for proposed in proposal.records:
            record_id = proposed.build.record_id
            error = counts.errors.get(record_id)
            if error is None:
                event = moment(proposal.entry.modified)
                self._summary.read_counts.newest.note(proposed.record, event)
            else:
                proposal.note(Fate.REFUSED, f"{REFUSED}: {record_id}: {error}")


@asynccontextmanager
async def open_event_publisher(
    settings: Settings,
    summary: Summary,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
    *,
    timing: ListenTiming | None = None,
) -> AsyncIterator[EventPublisher]:
    """Open server and archive, and yield what publishes from the one to the other.

    Args:
        settings: server, archive and so on.
        summary: takes the counts.
        on_conflict: called with each file that is left out because another one takes its ID.
        timing: how long misses are believed.

    Raises:
        ConfigError, Refused, Unavailable: the server cannot be published to.
    """
    report = summary.counting_conflicts(on_conflict)
    async with (
        open_server(settings) as server,
        # What one event has learned is there for the next one, whatever ends the job.
        open_archive(settings, writes_per_commit=1) as archive,
    ):
        transport = await choose_transport(server, initialize=settings.initialize_server)
        publisher = ConditionalPublisher(server, transport, report)
        yield EventPublisher(
            settings, archive, server, publisher, summary, timing or ListenTiming()
        )


def _modified(entry: Entry) -> float:
    return entry.modified.timestamp()
