"""Prints what came of the YAML tests at the end, where output is not captured."""

import pytest

SUMMARY = pytest.StashKey[str]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how many tests there are of each result, if they ran."""
    if SUMMARY in config.stash:
        terminalreporter.write_line(
            f"YAML tests of Elasticsearch's REST API: {config.stash[SUMMARY]}"
        )
