"""Prints what came of the YAML tests at the end, where output is not captured."""

import pytest

SUMMARY = "YAML tests of Elasticsearch's REST API"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many tests there are of each result, if they ran, in whichever process."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, counts in report.user_properties:
                if name == SUMMARY:
                    terminalreporter.write_line(f"{SUMMARY}: {counts}")
