"""Publishing the records of single files by conditional writes, so that no better one is lost.

An inventory lists the whole archive; an event names one file, perhaps late, twice, or before its
metadata is there. So what is stored is read first, and a record gives way to a better one:

* of two files that would take one ID the preferred one has it;
* a record without metadata does not take the place of one of the same file that has them;
* the time of an event does not replace a date that is stored for the same file: inventories and
  folder pages know the archive's own;
* what only some sources know stays while the file is the same.

Records that are sure to be right go out together. The others are written one by one, each only if
what was read is still stored, so that any number of writers can do this at a time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from buildhub.counts.published import PublishedCounts
from buildhub.errors import BadData, Unavailable
from buildhub.publish.deferred import Conflict, build_at
from buildhub.publish.kept_fields import with_kept
from buildhub.publish.publisher import Transport
from buildhub.publish.server import ADDED, Server
from buildhub.rules.paths import Build
from buildhub.rules.precedence import is_preferred, preference, why_preferred

# Two writers that meet take turns; this many in a row are no coincidence.
_TURNS = 20

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProposedRecord:
    """A record to publish, unless what is stored is better.

    Attributes:
        build: whose it is.
        record: as it should be stored.
        has_metadata: whether a metadata file describes it.
        dated_by_event: ``download.date`` is the time of an event, not the archive's own.
    """

    build: Build
    record: Record
    has_metadata: bool
    dated_by_event: bool

    @property
    def is_sure(self) -> bool:
        """Whether nothing that may be stored is better."""
        return self.has_metadata and is_preferred(self.build)


@dataclass(slots=True)
class CountsWithErrors(PublishedCounts):
    """Counts that also keep the error of each refused record, by record ID."""

    errors: dict[str, str] = field(default_factory=dict)

    def add(self, status: str, record_id: str, error: str = "") -> None:
        """Count one record, as :class:`PublishedCounts` does."""
        before = self.settled
        PublishedCounts.add(self, status, record_id, error)
        if self.settled == before:
            self.errors[record_id] = error or status


def decide(proposed: ProposedRecord, stored: Record | None, archive_url: str) -> Record | Conflict:
    """Return the record to store, or the conflict in which the stored one is preferred.

    Args:
        proposed: the record to publish.
        stored: what the server has, without what it adds itself.
        archive_url: the archive's root.
    """
    if stored is None:
        return proposed.record
    holder = build_at(_download(stored).get("url", ""), archive_url)
    if holder is not None and preference(holder) < preference(proposed.build):
        return conflict(proposed.build, holder)
    if not _is_same_file(proposed.record, stored):
        return proposed.record
    if not proposed.has_metadata and _lacks_facts(proposed.record, stored):
        return stored
    if proposed.dated_by_event:
        download = proposed.record["download"] | {"date": stored["download"]["date"]}
        return with_kept(proposed.record | {"download": download}, stored)
    return with_kept(proposed.record, stored)


def conflict(loser: Build, winner: Build) -> Conflict:
    """Return what to report of *loser*."""
    return Conflict(loser.path, loser.record_id, winner.path, why_preferred(winner, loser))


class ConditionalPublisher:
    """Publishes proposed records to one server."""

    def __init__(
        self,
        server: Server,
        make_transport: Callable[[PublishedCounts], Transport],
        report: Callable[[Conflict], None],
    ) -> None:
        self._server = server
        self._make_transport = make_transport
        self._report = report
        self._archive_url = server.settings.archive_url

    async def publish(self, proposed_records: Iterable[ProposedRecord]) -> CountsWithErrors:
        """Publish *proposed_records*; return the counts, and the errors.

        Raises:
            Refused: the server will not have it from this account.
            Unavailable: it does not answer; some may be published, and again is harmless.
        """
        counts = CountsWithErrors()
        best = self._choose(proposed_records)
        stored = await self._server.fetch_records(best)
        lines = []
        for record_id, proposed in best.items():
            if not proposed.is_sure:
                await self._write_conditionally(proposed, stored.get(record_id), counts)
                continue
            record = self._decide(proposed, stored.get(record_id))
            if record is not None:
                lines.append(orjson.dumps(record) + b"\n")
        if lines:
            await self._make_transport(counts).send(lines)
        return counts

    def _choose(self, proposed_records: Iterable[ProposedRecord]) -> dict[str, ProposedRecord]:
        """Return the preferred record of each ID; the others are reported."""
        best: dict[str, ProposedRecord] = {}
        for proposed in proposed_records:
            other = best.setdefault(proposed.build.record_id, proposed)
            if other.build.path == proposed.build.path:
                best[proposed.build.record_id] = max(other, proposed, key=_worth)
                continue
            winner, loser = sorted((other, proposed), key=lambda each: preference(each.build))
            best[proposed.build.record_id] = winner
            self._report(conflict(loser.build, winner.build))
        return best

    def _decide(self, proposed: ProposedRecord, stored: Record | None) -> Record | None:
        decided = decide(proposed, _without_additions(stored), self._archive_url)
        if isinstance(decided, Conflict):
            self._report(decided)
            return None
        return decided

    async def _write_conditionally(
        self, proposed: ProposedRecord, stored: Record | None, counts: CountsWithErrors
    ) -> None:
        record_id = proposed.build.record_id
        for _ in range(_TURNS):
            record = self._decide(proposed, stored)
            if record is None:
                return
            if record == _without_additions(stored):
                counts.add("unchanged", record_id)
                return
            try:
                if await self._server.replace_if_unchanged(record, stored):
                    counts.add("created" if stored is None else "updated", record_id)
                    return
            except BadData as exc:
                counts.add("invalid", record_id, str(exc))
                return
            stored = (await self._server.fetch_records([record_id])).get(record_id)
        raise Unavailable(f"{self._server.url}: {record_id} changed {_TURNS} times while written")


def _worth(proposed: ProposedRecord) -> tuple[bool, bool, str]:
    """Compare records of one file: metadata, the archive's own date, the later event."""
    return (proposed.has_metadata, not proposed.dated_by_event, proposed.record["download"]["date"])


def _without_additions(stored: Record | None) -> Record | None:
    if stored is None:
        return None
    return {name: value for name, value in stored.items() if name not in ADDED}


def _download(record: Record) -> Record:
    download = record.get("download")
    return download if isinstance(download, dict) else {}


def _is_same_file(record: Record, stored: Record) -> bool:
    ours, theirs = record["download"], _download(stored)
    return all(ours[name] == theirs.get(name) for name in ("url", "size")) and "date" in theirs


def _lacks_facts(record: Record, stored: Record) -> bool:
    """Return whether the stored record has fields that this one has not."""
    groups = ("build", "source")
    return any(set(stored.get(name, {})) - set(record.get(name, {})) for name in groups)
