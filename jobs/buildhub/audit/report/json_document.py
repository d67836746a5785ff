"""The report as a JSON document, for programs."""

from dataclasses import asdict
from typing import Any

from buildhub.audit.report.report import KINDS, AuditReport


def report_as_json(report: AuditReport) -> dict[str, Any]:
    """Return all of *report*."""
    summary = report.summary
    findings = {kind: report.of_kind(kind).as_json() for kind in KINDS}
    return {
        "exit_code": int(report.exit_code),
        "failure": str(summary.failure) if summary.failure else None,
        "archive": _archive(report) if report.with_archive else None,
        "catalogue": {"records": report.records},
        "index": None if report.documents is None else {"records": report.documents},
        **findings,
        "expired": {"records": report.expired},
        "shipped": None if report.shipped_count is None else _shipped(report),
        "not_judged": dict(report.not_judged),
        "unsettled": dict(summary.read_counts.unsettled),
        "invalid": dict(summary.published.invalid),
        "repaired": asdict(report.repaired) if report.repaired else None,
        "seconds": round(summary.seconds, 1),
    }


def _archive(report: AuditReport) -> dict[str, Any]:
    return {
        "builds": report.summary.read_counts.builds,
        "listings": report.summary.read_counts.listings,
        "created": report.created.isoformat() if report.created else None,
        "complete": report.complete,
    }


def _shipped(report: AuditReport) -> dict[str, Any]:
    return {
        "versions": report.shipped_count,
        "without_builds": [
            {**shipped._asdict(), "in_archive": in_archive}
            for shipped, in_archive in report.unshipped
        ],
    }
