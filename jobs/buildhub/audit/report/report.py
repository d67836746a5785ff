"""The report of an audit, filled while it runs, and the exit code that it amounts to."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from buildhub.audit.report.findings import Findings
from buildhub.audit.shipped import ShippedVersion
from buildhub.counts.summary import ExitCode, Summary
from buildhub.errors import ConfigError

INCOMPLETE = "archive-incomplete"
"""Why a record is not judged: its build may be in a part of the archive that was not read."""

KINDS = {
    "missing": "in the archive, not in the catalogue",
    "extra": "in the catalogue, not in the archive",
    "different": "different in the archive and in the catalogue",
    "unindexed": "in the catalogue, not in the search index",
    "orphaned": "in the search index, not in the catalogue",
    "outdated": "older in the search index than in the catalogue",
}
"""The kinds of findings, and what each means."""

_INDEX_KINDS = ("unindexed", "orphaned", "outdated")


@dataclass(slots=True)
class RepairCounts:
    """What a repair did.

    Attributes:
        published: records that were missing or different, and are there now.
        deleted: records that were extra, and are gone now.
        marked: records whose files the archive has deleted, which say so now.
        reindexed: records of the index that were corrected.
        kept: extra records that were not deleted, because there are too many of them.
    """

    published: int = 0
    deleted: int = 0
    marked: int = 0
    reindexed: int = 0
    kept: int = 0


@dataclass(slots=True)
class AuditReport:
    """Findings and counts.

    Attributes:
        shown_count: the largest number of findings of a kind that are listed.
        with_archive: the archive was compared, and not only the index.
        summary: what was read, published and left unsettled, and what ended the run early.
        created: when the inventories or listings were created.
        complete: all of the archive's side was read, so that no build exists beyond it.
        records: of the catalogue that were compared.
        documents: of the index that were compared; None where it was not.
        expired: records whose files the archive has deleted because their time was over; they
            are as they should be.
        not_judged: records about which nothing can be said, by reason.
        shipped_count: versions on the list of shipped ones; None where there was no list.
        unshipped: those without a build in the catalogue, and whether the archive has one.
        repaired: what a repair did; None without one.
    """

    shown_count: int = 20
    with_archive: bool = True
    summary: Summary = field(default_factory=Summary)
    created: datetime | None = None
    complete: bool = True
    records: int = 0
    documents: int | None = None
    expired: int = 0
    not_judged: Counter[str] = field(default_factory=Counter)
    shipped_count: int | None = None
    unshipped: list[tuple[ShippedVersion, bool]] = field(default_factory=list)
    repaired: RepairCounts | None = None
    missing: Findings = field(init=False)
    extra: Findings = field(init=False)
    different: Findings = field(init=False)
    unindexed: Findings = field(init=False)
    orphaned: Findings = field(init=False)
    outdated: Findings = field(init=False)

    def __post_init__(self) -> None:
        for kind in KINDS:
            setattr(self, kind, Findings(self.shown_count))

    def of_kind(self, kind: str) -> Findings:
        """Return the findings of one kind."""
        findings: Findings = getattr(self, kind)
        return findings

    def begin_repair(self) -> RepairCounts:
        """Return the counts of the repair, which are part of the report from now on."""
        if self.repaired is None:
            self.repaired = RepairCounts()
        return self.repaired

    @property
    def index_count(self) -> int:
        """The number of findings about the index."""
        return sum(self.of_kind(kind).count for kind in _INDEX_KINDS)

    @property
    def remaining(self) -> int:
        """The number of findings that no repair has corrected."""
        found = sum(self.of_kind(kind).count for kind in KINDS) + len(self.unshipped)
        done = self.repaired or RepairCounts()
        return found - done.published - done.deleted - done.reindexed

    @property
    def exit_code(self) -> ExitCode:
        """The command's exit code."""
        if isinstance(self.summary.failure, ConfigError):
            return ExitCode.USAGE
        if self.summary.failure:
            return ExitCode.FAILURE
        partial = (
            self.remaining
            or self.summary.read_counts.unsettled
            or self.summary.published.invalid
            or self.not_judged[INCOMPLETE]
        )
        return ExitCode.PARTIAL if partial else ExitCode.SUCCESS
