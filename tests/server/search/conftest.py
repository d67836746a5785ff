"""The search servers, one at a time: two cores have room for no more."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import require
from tests.server.search.servers import (
    SERVER_KINDS,
    SearchServer,
    ServerMissing,
    everyday_kinds,
    running,
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a server on each: all under ``REQUIRE_ALL=1``, else one of a product."""
    if "search_server" in metafunc.fixturenames:
        kinds = SERVER_KINDS if os.environ.get("REQUIRE_ALL") else everyday_kinds()
        metafunc.parametrize("search_server", kinds, ids=str, indirect=True, scope="session")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers were left out, and why."""
    if not os.environ.get("REQUIRE_ALL"):
        left_out = ", ".join(str(kind) for kind in SERVER_KINDS if kind not in everyday_kinds())
        terminalreporter.write_line(
            f"Search servers left out, as one of a product will do without REQUIRE_ALL: {left_out}"
        )


@pytest.fixture(scope="session")
def search_server(request: pytest.FixtureRequest) -> Iterator[SearchServer]:
    """A genuine server that answers."""
    try:
        with running(request.param) as server:
            yield server
    except ServerMissing as exc:
        require(False, f"{request.param} cannot be started: {exc}")
