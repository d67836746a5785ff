"""The engines under test. Search servers run one at a time: two cores have room for no more."""

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kinto_buildhub.search.elastic import ElasticEngine
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.search.source import dump_json, load_json
from kinto_buildhub.settings import read_settings

from tests.conftest import require
from tests.stand_ins.search_servers import (
    SERVER_KINDS,
    SearchServer,
    ServerKind,
    ServerMissing,
    everyday_kinds,
    running,
)

EMBEDDED = "embedded"
LIMITS = Limits.from_values(read_settings({"search.timeout_seconds": "60"}, {}))


def decoded(answer: Any) -> Any:
    """Return an answer as its reader parses it, without parts that are JSON already."""
    return load_json(dump_json(answer))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that need an engine on each engine, and tests that need a server on each server.

    With ``REQUIRE_ALL=1`` these are all servers, else one of each product. They come first in both
    lists, as pytest groups tests whose parameters have the same position.
    """
    kinds: tuple[object, ...] = SERVER_KINDS if os.environ.get("REQUIRE_ALL") else everyday_kinds()
    if "search_server" not in metafunc.fixturenames:
        kinds = (*kinds, EMBEDDED)
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", kinds, ids=str, indirect=True, scope="session")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report which servers were left out, and why."""
    if not os.environ.get("REQUIRE_ALL"):
        left_out = ", ".join(str(kind) for kind in SERVER_KINDS if kind not in everyday_kinds())
        terminalreporter.write_line(
            f"Search servers left out, as REQUIRE_ALL is not set: {left_out}"
        )


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Iterator[SearchServer | None]:
    """A real search server; None for the embedded engine."""
    if request.param == EMBEDDED:
        yield None
        return
    kind: ServerKind = request.param
    try:
        with running(kind) as server:
            yield server
    except ServerMissing as exc:
        require(False, f"{kind} cannot be started: {exc}")


@pytest.fixture(scope="session")
def search_server(backend: SearchServer | None) -> SearchServer:
    """A real search server."""
    assert backend is not None
    return backend


@pytest.fixture(scope="session")
def make_engine(
    backend: SearchServer | None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Engine]:
    """Return a function that makes an engine on the backend, with its own indexes."""

    def make() -> Engine:
        prefix = f"t{uuid.uuid4().hex[:12]}"
        if backend is None:
            return EmbeddedEngine(tmp_path_factory.mktemp("search"), prefix, LIMITS)
        return ElasticEngine([backend.url], prefix, LIMITS)

    return make


@pytest.fixture
def engine(make_engine: Callable[[], Engine]) -> Iterator[Engine]:
    """An engine without indexes."""
    engine = make_engine()
    yield engine
    for index in engine.indices():
        engine.delete(index)
    engine.close()
