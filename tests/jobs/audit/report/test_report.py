"""What a report says, as text, as JSON and as an exit code."""

import itertools

import pytest
from buildhub.audit.report.findings import finding_of_build, finding_of_id
from buildhub.audit.report.json_document import report_as_json
from buildhub.audit.report.report import INCOMPLETE, AuditReport
from buildhub.audit.report.text import iter_lines, summary_line
from buildhub.audit.shipped import ShippedVersion
from buildhub.counts.summary import ExitCode, Summary
from buildhub.errors import ConfigError, Unavailable
from buildhub.rules.paths import parse_build

PATH = "pub/firefox/releases/53.0/win64/fr/Firefox Setup 53.0.exe"
URL = f"https://archive.example/{PATH}"


def make_report(shown_count: int = 20) -> AuditReport:
    clock = itertools.chain([0.0], itertools.repeat(1.5)).__next__
    return AuditReport(shown_count, summary=Summary(clock=clock))


def add_different(report: AuditReport) -> None:
    differences = {"download.size": (5, None)}
    finding = finding_of_build(parse_build(PATH), URL, "2017-04-19", differences)
    report.different.add(finding)


def test_a_finding_is_listed_with_its_counts_and_fields() -> None:
    report = make_report()
    add_different(report)
    assert list(iter_lines(report)) == [
        "different 1: different in the archive and in the catalogue",
        "  fields    download.size 1",
        "  product   firefox 1",
        "  version   53.0 1",
        "  platform  win64 1",
        "  locale    fr 1",
        "  day       2017-04-19 1",
        f"  firefox_53-0_win64_fr {URL}",
        "    download.size: 5 in the archive, nothing in the catalogue",
        "",
    ]


def test_findings_beyond_the_limit_are_counted() -> None:
    report = make_report(shown_count=1)
    for number in range(3):
        report.orphaned.add(finding_of_id(f"record-{number}"))
    lines = list(iter_lines(report))
    assert lines[0] == "orphaned 3: in the search index, not in the catalogue"
    assert lines[-3:] == ["  record-0 ", "  and 2 more", ""]


def test_the_summary_has_the_counts_of_what_was_compared() -> None:
    report = make_report()
    assert summary_line(report) == (
        "builds 0, records 0, missing 0, extra 0, different 0, seconds 1.5"
    )
    report.documents, report.with_archive = 0, False
    assert summary_line(report) == "records 0, index 0, seconds 1.5"


def test_the_summary_has_reasons_and_repairs_where_there_are_any() -> None:
    report = make_report()
    report.not_judged[INCOMPLETE] = 2
    report.begin_repair().published = 1
    assert ", not judged 2 (archive-incomplete 2), published 1, deleted 0" in summary_line(report)


def test_the_json_document_has_null_for_what_was_not_compared() -> None:
    report = make_report()
    assert report_as_json(report)["index"] is None
    assert report_as_json(report)["repaired"] is None
    report.with_archive = False
    assert report_as_json(report)["archive"] is None
    report.shipped_count = 1
    report.unshipped.append((ShippedVersion("firefox", "53.0", "2017-04-19"), True))
    assert report_as_json(report)["shipped"]["without_builds"] == [
        {"product": "firefox", "version": "53.0", "day": "2017-04-19", "in_archive": True}
    ]


def test_a_finding_sets_exit_code_1_until_it_is_repaired() -> None:
    report = make_report()
    assert report.exit_code == ExitCode.SUCCESS
    add_different(report)
    assert report.exit_code == ExitCode.PARTIAL
    report.begin_repair().published = 1
    assert report.exit_code == ExitCode.SUCCESS


@pytest.mark.parametrize(
    ("failure", "exit_code"),
    [(ConfigError("bad"), ExitCode.USAGE), (Unavailable("down"), ExitCode.FAILURE)],
)
def test_what_ended_the_audit_early_sets_the_exit_code(
    failure: ConfigError | Unavailable, exit_code: ExitCode
) -> None:
    report = make_report()
    add_different(report)
    report.summary.failure = failure
    assert report.exit_code == exit_code
