"""The engines under test. Search servers run one at a time: two cores have room for no more."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import webtest
from buildhub_schema import search_mapping
from kinto_buildhub.search.elastic import ElasticEngine
from kinto_buildhub.search.embedded.engine import EmbeddedEngine
from kinto_buildhub.search.engine import Change, Engine
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import Mapping
from kinto_buildhub.search.settings import Limits
from kinto_buildhub.search.source import dump_json, load_json
from kinto_buildhub.settings import read_settings
from webtest.http import StopableWSGIServer

from tests.requirements import require
from tests.server.search.collections import make_collection, put_records, search_of
from tests.server.search.records import make_records
from tests.server.search.small_cases import SMALL_MAPPING, SMALL_RECORDS
from tests.stand_ins.search_servers import (
    SERVER_KINDS,
    SearchServer,
    ServerKind,
    ServerMissing,
    everyday_kinds,
    running,
)

EMBEDDED = "embedded"
INDEX = IndexId("build-hub", "releases")
MAPPING = Mapping(search_mapping())
SMALL_INDEX = IndexId("build-hub", "small")
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


@pytest.fixture(scope="session")
def filled_engine(make_engine: Callable[[], Engine]) -> Iterator[Engine]:
    """An engine with the suite's records."""
    engine = make_engine()
    for index, mapping, records in (
        (INDEX, MAPPING, make_records()),
        (SMALL_INDEX, Mapping(SMALL_MAPPING), SMALL_RECORDS),
    ):
        engine.ensure(index, mapping)
        changes = [Change(each["id"], each["last_modified"], each) for each in records]
        engine.apply(index, changes, changes[-1].timestamp)
        engine.refresh(index)
    yield engine
    engine.delete(INDEX)
    engine.delete(SMALL_INDEX)
    engine.close()


@pytest.fixture(scope="session")
def search_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded engine keeps its indexes."""
    return tmp_path_factory.mktemp("search")


@pytest.fixture(scope="session")
def search_app(
    make_app: Callable[..., webtest.TestApp], search_folder: Path
) -> Iterator[webtest.TestApp]:
    """The real app with the embedded engine. A write is answered when searches find it."""
    app = make_app(
        **{
            "kinto.search.path": str(search_folder),
            "kinto.search.leases": str(search_folder / "leases"),
            "kinto.elasticsearch.force_refresh": "true",
            "kinto.flush_endpoint_enabled": "true",
            "kinto.batch_max_requests": "500",
        }
    )
    yield app
    search_of(app).follower.stop()
    search_of(app).engine.close()


@pytest.fixture
def empty_path(search_app: webtest.TestApp) -> str:
    """The path of an empty collection that everyone may read."""
    return make_collection(search_app)


@pytest.fixture(scope="session")
def filled_path(search_app: webtest.TestApp) -> str:
    """The path of a collection with the suite's records, which nobody changes."""
    path = make_collection(search_app)
    put_records(search_app, path, make_records())
    return path


@pytest.fixture(scope="session")
def collection_url(search_app: webtest.TestApp, filled_path: str) -> Iterator[str]:
    """The URL of that collection on a listening server."""
    server = StopableWSGIServer.create(search_app.app)
    yield f"http://127.0.0.1:{server.effective_port}{filled_path}"
    server.shutdown()
