"""Servers are started once per session; each test has its own bucket."""

import logging
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import psycopg2
import pytest
import structlog
import webtest
from buildhub_sample_archive import running_sample_archive
from buildhub_schema import collection_metadata
from kinto import main as kinto_main
from kinto.core import DEFAULT_SETTINGS, Service
from kinto.core.storage.postgresql.client import _CLIENTS
from kinto_buildhub.anonymous.leases import LeasedPermissions
from kinto_buildhub.anonymous.queries.permissions import PermissionQueries
from kinto_buildhub.postgres.embedded import embedded_postgresql
from sqlalchemy import make_url
from waitress import create_server, wasyncore
from webob.request import BaseRequest

from tests.stand_ins.programs import Program, free_port

# WebOb puts larger bodies into temporary files and does not close them, which warns. In tests all
# bodies fit into memory.
BaseRequest.request_body_tempfile_limit = 2**30

# An example may have to wait for the others that use the machine.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

# As Kinto does before it imports its views: a service keeps what is set when it is made, and test
# modules import some before there is any server. They would not answer other sites.
Service.init_from_settings(DEFAULT_SETTINGS)

PUBLISHER_HEADERS = {"Authorization": "Basic cHVibGlzaGVyOnNlY3JldA=="}

_POSTGRESQL_SETTINGS = (
    # For the applications of one module, which keep their connections open.
    "max_connections = 500",
    # Nobody reads this database after a power failure. Tests that kill a server have their own.
    "fsync = off",
    "full_page_writes = off",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process what belongs together; ``--dist`` with anything but loadscope wins."""
    if config.getoption("dist") != "loadscope":
        return None
    from tests.scheduling import FilesAndServers

    return FilesAndServers(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have several processes begin with the longest tests."""
    if hasattr(config, "workerinput"):
        from tests.scheduling import put_longest_first

        put_longest_first(items)


@pytest.fixture(autouse=True)
def restored_logs() -> Iterator[None]:
    """Reset the logging that a command has configured, so that the next test does not use it."""
    yield
    structlog.reset_defaults()
    logging.getLogger("buildhub.client").disabled = False
    # Commands of the server filter what all handlers of the root logger get, caplog's too.
    for handler in logging.root.handlers:
        handler.filters.clear()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A real PostgreSQL, in a folder that is removed after the session."""
    with tempfile.TemporaryDirectory(prefix="buildhub-test-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "postgresql"
        with embedded_postgresql(data) as url:
            connection = psycopg2.connect(url)
            connection.autocommit = True
            with connection.cursor() as cursor:
                for setting in _POSTGRESQL_SETTINGS:
                    cursor.execute(f"ALTER SYSTEM SET {setting}")
            connection.close()
        with embedded_postgresql(data) as url:  # They take effect at the start.
            yield url


@pytest.fixture(scope="session")
def make_database(postgresql_url: str) -> Callable[[], str]:
    """Return a function that makes an empty database and returns its URL."""

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        connection = psycopg2.connect(postgresql_url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
            cursor.execute(f"ALTER DATABASE {name} SET timezone TO 'UTC'")
        connection.close()
        return make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)

    return make


def kinto_settings(database_url: str, **changes: str) -> dict[str, str]:
    """Return settings like those of ``kinto.ini``; any name and password is a user."""
    return {
        "kinto.includes": "kinto.plugins.default_bucket kinto_buildhub",
        "kinto.storage_backend": "kinto_buildhub.storage",
        "kinto.permission_backend": "kinto.core.permission.postgresql",
        "kinto.cache_backend": "kinto.core.cache.postgresql",
        "kinto.storage_url": database_url,
        "kinto.permission_url": database_url,
        "kinto.cache_url": database_url,
        "kinto.transaction_per_request": "true",
        "kinto.userid_hmac_secret": "tests only",
        "kinto.bucket_create_principals": "system.Authenticated",
        "kinto.experimental_collection_schema_validation": "true",
        "kinto.paginate_by": "10000",
        "kinto.storage_max_fetch_size": "10000",
        "kinto.batch_max_requests": "200",
        "multiauth.policies": "basicauth",
    } | changes


_permission_queries: list[PermissionQueries] = []


def _note_permission_queries(registry: Any) -> None:
    """Remember what the fast path of an application asks, if there is one."""
    found = getattr(registry, "buildhub_permissions", None)
    queries = found._permissions if isinstance(found, LeasedPermissions) else found
    if isinstance(queries, PermissionQueries):
        _permission_queries.append(queries)


@pytest.fixture(scope="session")
def make_app(make_database: Callable[[], str]) -> Callable[..., webtest.TestApp]:
    """Return a function that makes the real Kinto app, in process, on a database of its own."""

    def make(database_url: str | None = None, **changes: str) -> webtest.TestApp:
        settings = kinto_settings(database_url or make_database(), **changes)
        application = kinto_main({}, **settings)
        _note_permission_queries(application.registry)
        for backend in ("storage", "permission", "cache"):
            getattr(application.registry, backend).initialize_schema()
        return webtest.TestApp(application, extra_environ={"SCRIPT_NAME": ""})

    return make


@pytest.fixture(scope="module", autouse=True)
def closed_connections() -> Iterator[None]:
    """Close connections after each module; applications that are asked again open new ones."""
    yield
    for clients in _CLIENTS.values():
        for client in clients.values():
            client.session_factory.session_factory.kw["bind"].dispose()
    for queries in _permission_queries:
        queries.database.close_idle()


@pytest.fixture(scope="session")
def app(make_app: Callable[..., webtest.TestApp]) -> webtest.TestApp:
    """The real Kinto app with the plugin, shared by the session."""
    return make_app()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve a WSGI application over HTTP on a free port; yield its base URL with ``/v1``."""
    server = create_server(
        app,
        host="127.0.0.1",
        port=0,
        threads=4,
        clear_untrusted_proxy_headers=True,
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}/v1"
    finally:
        # In the thread that waits for the sockets: to it, one that is closed elsewhere is a bad
        # file descriptor. Without any, it ends.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(5)
        server.task_dispatcher.shutdown()


@pytest.fixture(scope="session")
def live_server(app: webtest.TestApp) -> Iterator[str]:
    """The real Kinto with the plugin, over HTTP. Any name and password is a user."""
    with serving(app.app) as url:
        yield url


@pytest.fixture(scope="session")
def stock_server(make_app: Callable[..., webtest.TestApp]) -> Iterator[str]:
    """A stock Kinto, over HTTP."""
    stock = make_app(
        **{
            "kinto.includes": "kinto.plugins.default_bucket",
            "kinto.storage_backend": "kinto.core.storage.postgresql",
        }
    )
    with serving(stock.app) as url:
        yield url


@pytest.fixture(scope="session")
def sample_archive() -> Iterator[str]:
    """The tiny sample archive, over HTTP; its URL without a slash at the end."""
    with running_sample_archive("tiny") as url:
        yield url


@pytest.fixture
def collection_path(app: webtest.TestApp) -> str:
    """The path of an empty collection with BuildHub's schema that everyone may read."""
    bucket_id = f"test-{uuid.uuid4().hex}"
    app.put_json(
        f"/v1/buckets/{bucket_id}",
        {"permissions": {"read": ["system.Everyone"]}},
        headers=PUBLISHER_HEADERS,
    )
    path = f"/v1/buckets/{bucket_id}/collections/releases"
    app.put_json(path, {"data": collection_metadata()}, headers=PUBLISHER_HEADERS)
    return path


def make_record(**changes: Any) -> dict[str, Any]:
    """Return a valid record; *changes* are dotted names with ``__`` for the dot."""
    record: dict[str, Any] = {
        "id": "firefox_beta_53-0b9_linux-x86_64_fr",
        "source": {"product": "firefox", "tree": "releases/mozilla-beta", "revision": "a" * 40},
        "target": {
            "version": "53.0b9",
            "locale": "fr",
            "channel": "beta",
            "platform": "linux-x86_64",
            "os": "linux",
        },
        "build": {"id": "20170403083344", "date": "2017-04-03T08:33:44Z", "number": 1},
        "download": {
            "url": "https://archive.mozilla.org/pub/firefox/releases/53.0b9/linux-x86_64/fr/"
            "firefox-53.0b9.tar.bz2",
            "size": 57_000_000,
            "mimetype": "application/x-bzip2",
            "date": "2017-04-04T18:00:00Z",
        },
    }
    for name, value in changes.items():
        *groups, leaf = name.split("__")
        place = record
        for group in groups:
            place = place.setdefault(group, {})
        if value is None:
            place.pop(leaf, None)
        else:
            place[leaf] = value
    return record


@dataclass(frozen=True)
class Demo:
    """A running ``buildhub demo``."""

    url: str
    data: Path
    program: Program


@contextmanager
def running_demo(sample: str) -> Iterator[Demo]:
    """Run ``buildhub demo`` with a sample of this size, and yield it when it is loaded."""
    with tempfile.TemporaryDirectory(prefix="buildhub-demo-", ignore_cleanup_errors=True) as folder:
        port = free_port()
        program = Program(
            "buildhub",
            "demo",
            SAMPLE=sample,
            PORT=str(port),
            SAMPLE_PORT=str(free_port()),
            BUILDHUB_DATA=folder,
        )
        try:
            program.wait_for("builds are catalogued")
            yield Demo(f"http://localhost:{port}/v1", Path(folder), program)
        finally:
            exit_code = program.interrupt()
        assert exit_code == 0, program.output


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The whole catalogue, with the tiny sample."""
    with running_demo("tiny") as demo:
        yield demo


@pytest.fixture(scope="session")
def demo_server(demo: Demo) -> str:
    """The base URL of the demo's server."""
    return demo.url


@pytest.fixture(scope="session")
def demo_auth(demo: Demo) -> str:
    """Name and password of the demo's publishing account."""
    return (demo.data / "publisher.auth").read_text().strip()
