"""The report as text: what was found, for people, and one line with all counts."""

from collections import Counter
from collections.abc import Iterator

from buildhub.audit.report.findings import DIMENSIONS, Finding, Findings
from buildhub.audit.report.report import KINDS, AuditReport

_VALUES_SHOWN = 5


def iter_lines(report: AuditReport) -> Iterator[str]:
    """Yield the lines about what was found; none where the catalogue is as it should be."""
    for kind, meaning in KINDS.items():
        findings = report.of_kind(kind)
        if findings.count:
            yield f"{kind} {findings.count:,}: {meaning}"
            yield from _iter_details(findings)
            yield ""
    if report.unshipped:
        yield from _iter_unshipped(report)
        yield ""


def summary_line(report: AuditReport) -> str:
    """Return all counts in one line."""
    parts = [
        *_read_parts(report),
        *_finding_parts(report),
        *_reason_parts(report),
        *_repair_parts(report),
        f"seconds {report.summary.seconds:.1f}",
    ]
    return ", ".join(parts)


def _read_parts(report: AuditReport) -> Iterator[str]:
    counts = report.summary.read_counts
    if counts.listings:
        yield f"listings {counts.listings}"
    if report.with_archive:
        yield f"builds {counts.builds}"
    yield f"records {report.records}"


def _finding_parts(report: AuditReport) -> Iterator[str]:
    if report.with_archive:
        yield f"missing {report.missing.count}"
        yield f"extra {report.extra.count}"
        yield f"different {report.different.count}"
        if report.expired:
            yield f"expired {report.expired}"
    if report.documents is not None:
        yield f"index {report.index_count}"
    if report.shipped_count is not None:
        yield f"shipped without a build {len(report.unshipped)} of {report.shipped_count}"


def _reason_parts(report: AuditReport) -> Iterator[str]:
    summary = report.summary
    for name, counts in (
        ("not judged", report.not_judged),
        ("unsettled", summary.read_counts.unsettled),
        ("invalid", summary.published.invalid),
    ):
        if counts:
            yield f"{name} {counts.total()} ({_frequencies(counts, len(counts))})"


def _repair_parts(report: AuditReport) -> Iterator[str]:
    done = report.repaired
    if done is None:
        return
    yield f"published {done.published}"
    yield f"deleted {done.deleted}"
    if done.marked:
        yield f"marked {done.marked}"
    yield f"reindexed {done.reindexed}"
    if done.kept:
        yield f"kept {done.kept}"


def _iter_details(findings: Findings) -> Iterator[str]:
    if findings.fields:
        yield f"  fields    {_frequencies(findings.fields, len(findings.fields))}"
    for dimension in DIMENSIONS:
        counts = findings.by[dimension]
        others = len(counts) - _VALUES_SHOWN
        rest = f" and {others:,} more" if others > 0 else ""
        yield f"  {dimension:<10}{_frequencies(counts, _VALUES_SHOWN)}{rest}"
    for finding in findings.shown:
        yield f"  {finding.record_id} {finding.url}"
        yield from _iter_differences(finding)
    yield from _iter_rest(findings.count - len(findings.shown))


def _iter_differences(finding: Finding) -> Iterator[str]:
    for name, (by_archive, by_catalogue) in finding.differences.items():
        yield (
            f"    {name}: {_shown(by_archive)} in the archive, {_shown(by_catalogue)}"
            " in the catalogue"
        )


def _iter_unshipped(report: AuditReport) -> Iterator[str]:
    count = len(report.unshipped)
    yield f"shipped without a build {count:,}: versions listed by product-details"
    for shipped, in_archive in report.unshipped[: report.shown_count]:
        where = "" if in_archive else "; the archive has no build either"
        yield f"  {shipped.product} {shipped.version}, shipped {shipped.day}{where}"
    yield from _iter_rest(count - report.shown_count)


def _iter_rest(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  and {count:,} more"


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)


def _frequencies(counts: Counter[str], most: int) -> str:
    return ", ".join(f"{name or '-'} {count}" for name, count in counts.most_common(most))
