"""Deciding which records are missing, extra or different."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from buildhub_schema.products import PRODUCT_NAMES

from buildhub.aio.streams import as_stream, map_ordered
from buildhub.audit.archive_side.digester import derive_expected
from buildhub.audit.archive_side.expected import BuildState, ExpectedBuild, ExpectedBuilds
from buildhub.audit.archive_side.side import ArchiveSide, LookupResult
from buildhub.audit.comparable import (
    Difference,
    SelectComparable,
    digest,
    find_differences,
    with_rounded_size,
)
from buildhub.audit.report.findings import Finding, finding_of_build, finding_of_record
from buildhub.audit.report.report import AuditReport
from buildhub.audit.scope import is_partial, text_of, wants_record
from buildhub.errors import ArchiveDown, Unavailable
from buildhub.publish.server import Server
from buildhub.records.derive import UNKNOWN, Deriver
from buildhub.rules.expiry import may_have_expired
from buildhub.walk.scope import Scope

log = structlog.get_logger(__name__)

NEWER = "newer-than-archive-side"
NOT_IN_ARCHIVE = "product-not-in-archive"

Record = dict[str, Any]
Pair = tuple[ExpectedBuild, Record]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Classifier:
    """Classifies builds without a record, records without a build, and pairs of both.

    Attributes:
        report: takes the findings.
        scope: of the audit.
        expected: takes notes for the repair.
        side: looks up records whose build was not read.
        server: fetches single records, where the pages are filtered.
        deriver: derives the record that a build should have.
        comparable: selects the fields that are compared; the archive's digests are of the same.
        parallel: the number of folders whose metadata may be looked for at a time.
        clock: returns the present moment.
    """

    report: AuditReport
    scope: Scope
    expected: ExpectedBuilds
    side: ArchiveSide
    server: Server
    deriver: Deriver
    comparable: SelectComparable
    parallel: int
    clock: Callable[[], datetime] = field(default=_now)

    def may_differ(self, build: ExpectedBuild, record: Record) -> bool:
        """Return whether a record may not be the one that its build should have."""
        if build.state == BuildState.OUT_OF_SCOPE:
            # By its own fields it is in scope, so something is wrong with one of the two.
            differs = wants_record(self.scope, record)
        else:
            self.report.records += 1
            comparable = with_rounded_size(self.comparable(record), build.rounded)
            differs = build.state == BuildState.EXPECTED and build.digest != digest(comparable)
        return differs and not self._note_if_too_new(record)

    async def classify_absent(self, builds: list[ExpectedBuild]) -> None:
        """Report the missing ones among builds that are on no page of the catalogue.

        Where the pages are filtered, the others have a record that the filter left out.
        """
        stored: dict[str, Record] = {}
        if is_partial(self.scope):
            stored = await self.server.fetch_records(build.record_id for build in builds)
        differing = []
        for build in builds:
            record = stored.get(build.record_id)
            if record is None:
                self.report.missing.add(self._finding(build))
                self.expected.note_to_publish(build)
            elif self.may_differ(build, record):
                differing.append((build, record))
        await self.report_differences(differing)

    async def classify_alone(self, records: list[Record]) -> list[Pair]:
        """Report the extra ones among records without a build on the archive's side.

        Returns:
            Those whose build is out of scope, each with it.
        """
        in_scope = [record for record in records if wants_record(self.scope, record)]
        self.report.records += len(in_scope)
        to_look_up = [record for record in in_scope if not self._note_if_too_new(record)]

        async def look_up(record: Record) -> tuple[Record, LookupResult]:
            return record, await self.side.look_up(record)

        pairs = []
        results = map_ordered(look_up, as_stream(to_look_up), limit=self.parallel)
        async with aclosing(results):
            async for record, found in results:
                if found.build is not None:
                    build = ExpectedBuild.of(found.build, BuildState.OUT_OF_SCOPE)
                    pairs.append((build, record))
                elif found.unknown:
                    self.report.not_judged[found.unknown] += 1
                else:
                    self._report_extra(record)
        return pairs

    async def report_differences(self, pairs: list[Pair]) -> None:
        """Report the fields in which records differ from those that their builds should have."""
        compared = map_ordered(self._compare_fields, as_stream(pairs), limit=self.parallel)
        async with aclosing(compared):
            async for build, differences in compared:
                if differences:
                    self.report.different.add(self._finding(build, differences))
                    self.expected.note_to_publish(build)

    async def _compare_fields(self, pair: Pair) -> tuple[ExpectedBuild, dict[str, Difference]]:
        build, record = pair
        try:
            by_archive = await derive_expected(self.deriver, build.build_file())
        except ArchiveDown:
            raise
        except Unavailable as exc:
            self.report.summary.read_counts.unsettled[UNKNOWN] += 1
            log.warning("metadata_out_of_reach", path=build.path, error=str(exc))
            return build, {}
        by_catalogue = with_rounded_size(self.comparable(record), build.rounded)
        return build, find_differences(self.comparable(by_archive), by_catalogue)

    def _report_extra(self, record: Record) -> None:
        product = text_of(record, "source", "product")
        if product in PRODUCT_NAMES and product not in self.expected.products:
            self.report.summary.read_counts.unsettled[f"{NOT_IN_ARCHIVE}: {product}"] += 1
            return
        if may_have_expired(record, self.clock()):
            self._note_expired(record)
            return
        self.report.extra.add(finding_of_record(record))
        self.expected.note_to_delete(record["id"], record["last_modified"])

    def _note_expired(self, record: Record) -> None:
        """Count a record whose file the archive has deleted; it stays, and is to say so."""
        self.report.expired += 1
        if not text_of(record, "download", "expired"):
            self.expected.note_to_mark(record["id"], record["last_modified"])

    def _note_if_too_new(self, record: Record) -> bool:
        """Return whether a file was written since the archive's side was created, and count it.

        Jobs publish while the catalogue is read, too. A date in the future is a mistake.
        """
        try:
            written = datetime.fromisoformat(text_of(record, "download", "date"))
        except ValueError:
            return False
        created = self.report.created
        if created is None or written.tzinfo is None or not created < written <= self.clock():
            return False
        self.report.not_judged[NEWER] += 1
        return True

    def _finding(
        self, build: ExpectedBuild, differences: dict[str, Difference] | None = None
    ) -> Finding:
        found, entry = build.build_file()
        url = f"{self.deriver.archive_url.rstrip('/')}/{found.path}"
        return finding_of_build(found, url, entry.modified.date().isoformat(), differences)
