"""What an audit has to say: in text for people, in JSON for programs, as an exit code for both."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from buildhub.audit.findings import DIMENSIONS, Finding, Findings
from buildhub.audit.shipped import Shipped
from buildhub.counts.summary import ExitCode, Summary
from buildhub.errors import ConfigError

INCOMPLETE = "archive-incomplete"
"""Why nothing is said of a record: its build may be where the archive's answer has a gap."""

_VALUES_SHOWN = 5

_KINDS = (
    ("missing", "in the archive, not in the catalogue"),
    ("extra", "in the catalogue, not in the archive"),
    ("different", "not as the archive has it"),
    ("unindexed", "in the catalogue, not in the search index"),
    ("left_over", "in the search index, not in the catalogue"),
    ("outdated", "older in the search index than in the catalogue"),
)
"""Kinds of findings: the attribute, and what it means."""

_INDEX_KINDS = ("unindexed", "left_over", "outdated")


@dataclass(slots=True)
class Repaired:
    """What a repair did.

    Attributes:
        published: records that were missing or different, and are there now.
        deleted: records that were extra, and are gone now.
        reindexed: records of the index that were put right.
        kept: extra records that were not deleted, because they are too many at a time.
    """

    published: int = 0
    deleted: int = 0
    reindexed: int = 0
    kept: int = 0


@dataclass(slots=True)
class Report:
    """Findings and counts of a run, filled while it goes.

    Attributes:
        limit: how many findings of a kind are shown.
        with_archive: the archive was compared, and not only the index.
        summary: what was read, published and left unsettled, and what ended the run early.
        created: when the archive's answer was made.
        complete: the archive's answer had no gap, so that what is not in it is not there.
        records: of the catalogue that were compared.
        documents: of the index that were compared; None where it was not.
        not_judged: records about which nothing could be said, by reason.
        shipped_count: versions on the check list; None where there was none.
        unshipped: those without a build in the catalogue, and whether the archive has one.
        repaired: what was done about it all; None where nothing was to be.
    """

    limit: int = 20
    with_archive: bool = True
    summary: Summary = field(default_factory=Summary)
    created: datetime | None = None
    complete: bool = True
    records: int = 0
    documents: int | None = None
    not_judged: Counter[str] = field(default_factory=Counter)
    shipped_count: int | None = None
    unshipped: list[tuple[Shipped, bool]] = field(default_factory=list)
    repaired: Repaired | None = None
    missing: Findings = field(init=False)
    extra: Findings = field(init=False)
    different: Findings = field(init=False)
    unindexed: Findings = field(init=False)
    left_over: Findings = field(init=False)
    outdated: Findings = field(init=False)

    def __post_init__(self) -> None:
        for kind, _ in _KINDS:
            setattr(self, kind, Findings(self.limit))

    def of_kind(self, kind: str) -> Findings:
        """Return the findings of one kind."""
        found: Findings = getattr(self, kind)
        return found

    @property
    def index_count(self) -> int:
        """How many records of the index are not as they should be."""
        return sum(self.of_kind(kind).count for kind in _INDEX_KINDS)

    @property
    def remaining(self) -> int:
        """How many findings nothing was done about, or in vain."""
        found = sum(self.of_kind(kind).count for kind, _ in _KINDS) + len(self.unshipped)
        done = self.repaired or Repaired()
        return found - done.published - done.deleted - done.reindexed

    @property
    def exit_code(self) -> ExitCode:
        """What to tell the shell."""
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

    def line(self) -> str:
        """Tell the whole story in one line."""
        told = [f"records {self.records}"]
        if self.with_archive:
            told = [
                f"builds {self.summary.read_counts.builds}",
                *told,
                f"missing {self.missing.count}",
                f"extra {self.extra.count}",
                f"different {self.different.count}",
            ]
        if self.summary.read_counts.listings:
            told = [f"listings {self.summary.read_counts.listings}", *told]
        if self.documents is not None:
            told.append(f"index {self.index_count}")
        if self.shipped_count is not None:
            told.append(f"shipped without a build {len(self.unshipped)} of {self.shipped_count}")
        for name, counts in (
            ("not judged", self.not_judged),
            ("unsettled", self.summary.read_counts.unsettled),
            ("invalid", self.summary.published.invalid),
        ):
            if counts:
                told.append(f"{name} {counts.total()} ({_pairs(counts, len(counts))})")
        if self.repaired is not None:
            done = self.repaired
            told.append(
                f"published {done.published}, deleted {done.deleted}, reindexed {done.reindexed}"
            )
            if done.kept:
                told.append(f"kept {done.kept}")
        told.append(f"seconds {self.summary.seconds:.1f}")
        return ", ".join(told)

    def lines(self) -> Iterator[str]:
        """Yield what was found, for people; nothing where all is well."""
        for kind, meaning in _KINDS:
            findings = self.of_kind(kind)
            if findings.count:
                yield f"{kind.replace('_', ' ')} {findings.count:,}: {meaning}"
                yield from _details(findings)
                yield ""
        if self.unshipped:
            yield f"shipped without a build {len(self.unshipped):,}: versions by product-details"
            for shipped, in_archive in self.unshipped[: self.limit]:
                where = "" if in_archive else "; the archive's answer has none either"
                yield f"  {shipped.product} {shipped.version}, shipped {shipped.day}{where}"
            yield from _more(len(self.unshipped) - self.limit)
            yield ""

    def document(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        summary = self.summary
        found: dict[str, Any] = {kind: self.of_kind(kind).document() for kind, _ in _KINDS}
        checked = self.shipped_count
        return {
            "exit_code": int(self.exit_code),
            "failure": str(summary.failure) if summary.failure else None,
            "archive": None
            if not self.with_archive
            else {
                "builds": summary.read_counts.builds,
                "listings": summary.read_counts.listings,
                "created": self.created.isoformat() if self.created else None,
                "complete": self.complete,
            },
            "catalogue": {"records": self.records},
            "index": None if self.documents is None else {"records": self.documents},
            **found,
            "shipped": None
            if checked is None
            else {
                "versions": checked,
                "without_builds": [
                    {**shipped._asdict(), "in_archive": in_archive}
                    for shipped, in_archive in self.unshipped
                ],
            },
            "not_judged": dict(self.not_judged),
            "unsettled": dict(summary.read_counts.unsettled),
            "invalid": dict(summary.published.invalid),
            "repaired": None
            if self.repaired is None
            else {
                "published": self.repaired.published,
                "deleted": self.repaired.deleted,
                "reindexed": self.repaired.reindexed,
                "kept": self.repaired.kept,
            },
            "seconds": round(summary.seconds, 1),
        }


def _details(findings: Findings) -> Iterator[str]:
    if findings.fields:
        yield f"  fields    {_pairs(findings.fields, len(findings.fields))}"
    for dimension in DIMENSIONS:
        counts = findings.by[dimension]
        others = len(counts) - _VALUES_SHOWN
        rest = f" and {others:,} more" if others > 0 else ""
        yield f"  {dimension:<10}{_pairs(counts, _VALUES_SHOWN)}{rest}"
    for finding in findings.shown:
        yield f"  {finding.record_id} {finding.url}"
        yield from _fields(finding)
    yield from _more(findings.count - len(findings.shown))


def _fields(finding: Finding) -> Iterator[str]:
    for name, (ours, theirs) in finding.fields.items():
        yield f"    {name}: {_shown(ours)} in the archive, {_shown(theirs)} in the catalogue"


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  and {count:,} more"


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)


def _pairs(counts: Counter[str], limit: int) -> str:
    return ", ".join(f"{name or '-'} {count}" for name, count in counts.most_common(limit))
