"""Archive and catalogue side by side: which records are missing, extra or different."""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from buildhub_schema.products import PRODUCT_NAMES

from buildhub.aio.streams import map_ordered
from buildhub.audit.archive_side import Answer, Told
from buildhub.audit.comparable import Difference, Facts, differences, digest, with_size_as_told
from buildhub.audit.digester import describe
from buildhub.audit.expected import Expected, State, Wanted
from buildhub.audit.findings import of_build, of_record
from buildhub.audit.report import Report
from buildhub.audit.scope import is_narrow, text_of, wants_record
from buildhub.errors import ArchiveDown, Unavailable
from buildhub.publish.server import Server
from buildhub.records.derive import UNKNOWN, Deriver
from buildhub.walk.scope import Scope

log = structlog.get_logger(__name__)

NEWER = "newer-than-the-archives-answer"
NOT_TOLD_OF = "product-the-archive-does-not-tell-of"

# What waits in memory to be looked up or worked out again.
_AT_A_TIME = 1000

Record = dict[str, Any]
Pair = tuple[Wanted, Record]
Element = TypeVar("Element")


class Comparer:
    """Takes the catalogue's records in the order of their IDs, page by page, and judges them.

    Args:
        report: takes the findings.
        scope: what the audit is about.
        expected: the archive's side; takes notes for the repair.
        answer: tells of records that have no build there.
        server: tells of single records, where the pages are narrowed.
        deriver: works out what a record should be.
        facts: what of a record is compared; the archive's digests are of the same.
        parallel: how many folders' metadata may be looked for at a time.
    """

    def __init__(
        self,
        report: Report,
        scope: Scope,
        expected: Expected,
        answer: Answer,
        server: Server,
        deriver: Deriver,
        facts: Facts,
        *,
        parallel: int,
    ) -> None:
        self._report = report
        self._scope = scope
        self._expected = expected
        self._answer = answer
        self._server = server
        self._deriver = deriver
        self._facts = facts
        self._parallel = parallel
        self._winners = expected.iter_winners()
        self._wanted = next(self._winners, None)
        self.versions: set[tuple[str, str]] = set()
        """Products and versions that the catalogue has a record of."""

    async def take(self, page: list[Record]) -> None:
        """Judge the next records, and the builds of the archive before the last of them."""
        differing: list[Pair] = []
        alone: list[Record] = []
        for record in page:
            record_id = record["id"]
            product, version = (
                text_of(record, "source", "product"),
                text_of(record, "target", "version"),
            )
            self.versions.add((product, version))
            await self._miss_before(record_id)
            wanted = self._wanted
            if wanted is None or wanted.record_id != record_id:
                alone.append(record)
                continue
            self._wanted = next(self._winners, None)
            if self._may_differ(wanted, record):
                differing.append((wanted, record))
        differing += await self._judge_alone(alone)
        await self._explain(differing)

    async def end(self) -> None:
        """Judge the builds of the archive behind the last record."""
        await self._miss_before(None)

    async def _miss_before(self, record_id: str | None) -> None:
        """Take builds of the archive that come before *record_id*; None takes all that are left."""
        absent: list[Wanted] = []
        while self._wanted and (record_id is None or self._wanted.record_id < record_id):
            if self._wanted.state in (State.KNOWN, State.OUT_OF_REACH):
                absent.append(self._wanted)
            self._wanted = next(self._winners, None)
            if len(absent) >= _AT_A_TIME:
                await self._judge_absent(absent)
                absent = []
        if absent:
            await self._judge_absent(absent)

    async def _judge_absent(self, absent: list[Wanted]) -> None:
        """Tell those that are missing from those whose records the narrowed pages left out."""
        stored: dict[str, Record] = {}
        if is_narrow(self._scope):
            stored = await self._server.fetch_records(wanted.record_id for wanted in absent)
        differing = []
        for wanted in absent:
            record = stored.get(wanted.record_id)
            if record is None:
                self._report.missing.add(_finding(wanted, self._deriver.archive_url))
                self._expected.note_to_publish(wanted)
            elif self._may_differ(wanted, record):
                differing.append((wanted, record))
        await self._explain(differing)

    def _may_differ(self, wanted: Wanted, record: Record) -> bool:
        """Return whether a record is perhaps not the one that its build should have."""
        if wanted.state == State.OUTSIDE:
            # It says of itself that it is inside, so something is wrong with one of the two.
            differs = wants_record(self._scope, record)
        else:
            self._report.records += 1
            facts = with_size_as_told(self._facts(record), wanted.rounded)
            differs = wanted.state == State.KNOWN and wanted.digest != digest(facts)
        if differs and self._is_newer(record):
            self._report.not_judged[NEWER] += 1
            return False
        return differs

    async def _judge_alone(self, records: list[Record]) -> list[Pair]:
        """Judge records that the archive's side told no build for.

        Returns:
            Those that have one all the same, where the audit did not look, beside it.
        """
        report = self._report
        open_questions = []
        for record in records:
            if not wants_record(self._scope, record):
                continue
            report.records += 1
            if self._is_newer(record):
                report.not_judged[NEWER] += 1
            else:
                open_questions.append(record)
        found = []

        async def ask(record: Record) -> tuple[Record, Told]:
            return record, await self._answer.find(record)

        answers = map_ordered(ask, _iterate(open_questions), limit=self._parallel)
        async with aclosing(answers):
            async for record, told in answers:
                if told.build is not None:
                    found.append((Wanted.of(told.build, State.OUTSIDE, b""), record))
                elif told.unknown:
                    report.not_judged[told.unknown] += 1
                else:
                    self._call_extra(record)
        return found

    def _call_extra(self, record: Record) -> None:
        product = text_of(record, "source", "product")
        if product in PRODUCT_NAMES and product not in self._expected.products:
            self._report.summary.read_counts.unsettled[f"{NOT_TOLD_OF}: {product}"] += 1
            return
        self._report.extra.add(of_record(record))
        self._expected.note_to_delete(record["id"], record["last_modified"])

    def _is_newer(self, record: Record) -> bool:
        """Return whether a record tells of a file that was written after the archive's answer.

        Jobs publish while the catalogue is read, too. A moment that is still to come is a mistake.
        """
        try:
            written = datetime.fromisoformat(text_of(record, "download", "date"))
        except ValueError:
            return False
        created = self._report.created
        if created is None or written.tzinfo is None:
            return False
        return created < written <= datetime.now(UTC)

    async def _explain(self, differing: list[Pair]) -> None:
        """Work out in which fields records differ."""

        async def work_out(pair: Pair) -> tuple[Pair, dict[str, Difference]]:
            wanted, record = pair
            try:
                ours = await describe(self._deriver, wanted.recognised())
            except ArchiveDown:
                raise
            except Unavailable as exc:
                self._report.summary.read_counts.unsettled[UNKNOWN] += 1
                log.warning("metadata_out_of_reach", path=wanted.path, error=str(exc))
                return pair, {}
            theirs = with_size_as_told(self._facts(record), wanted.rounded)
            return pair, differences(self._facts(ours), theirs)

        found = map_ordered(work_out, _iterate(differing), limit=self._parallel)
        async with aclosing(found) as explained:
            async for (wanted, _), fields in explained:
                if fields:
                    url = self._deriver.archive_url
                    self._report.different.add(_finding(wanted, url, fields))
                    self._expected.note_to_publish(wanted)


def _finding(wanted: Wanted, archive_url: str, fields: dict[str, Difference] | None = None) -> Any:
    build, entry = wanted.recognised()
    url = f"{archive_url.rstrip('/')}/{build.path}"
    return of_build(build, url, entry.modified.date().isoformat(), fields)


async def _iterate(elements: Iterable[Element]) -> AsyncIterator[Element]:
    for element in elements:
        yield element
