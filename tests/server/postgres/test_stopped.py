"""PostgreSQL is stopped, and ends no connection: answers come all the same, and it goes on."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
import requests
import sqlalchemy
from buildhub_schema import collection_metadata
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.storage.watchdog import Watchdog
from sqlalchemy import make_url

from tests.conftest import make_record
from tests.server.postgres.test_outage import Server, backend_ids, postmaster_id
from tests.stand_ins.programs import Program

# A few seconds; the machine may be busy.
SOON_SECONDS = 20.0
COLLECTION = "/buckets/stopped/collections/releases"
LIST = f"{COLLECTION}/records"
SEARCH = f"{COLLECTION}/search"


def processes(data: Path) -> list[int]:
    """Return the processes of the database, its parent first."""
    parent = postmaster_id(data)
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *map(int, children)]


@contextmanager
def stopped(process_ids: list[int]) -> Iterator[None]:
    """Stop processes while the context lasts."""
    try:
        for each in process_ids:
            os.kill(each, signal.SIGSTOP)
        yield
    finally:
        for each in process_ids:
            with suppress(ProcessLookupError):  # It may end as soon as others go on.
                os.kill(each, signal.SIGCONT)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a collection that everyone may read and search."""
    server = Server(tmp_path_factory.mktemp("stopped"))
    made = Program("buildhub", "credentials", BUILDHUB_DATA=str(server.data))
    assert made.process.wait(60) == 0, made.output
    name, _, password = (server.data / "publisher.auth").read_text().strip().partition(":")
    for path, body in (
        ("/buckets/stopped", {"permissions": {"read": ["system.Everyone"]}}),
        (COLLECTION, {"data": collection_metadata()}),
        (f"{COLLECTION}/records/one", {"data": make_record(id="one")}),
    ):
        answer = requests.put(f"{server.url}{path}", json=body, auth=(name, password), timeout=30)
        answer.raise_for_status()
    server.wait_until(lambda: server.get(SEARCH).status_code == 200)
    yield server
    assert server.program.interrupt() == 0, server.program.output


def ask_all(server: Server) -> list[requests.Response]:
    """Ask for lists, searches and the heartbeat, several at a time, each several times."""
    paths = [LIST, SEARCH, f"{LIST}?_limit=1", f"{LIST}/one", "/buckets/none", "/__heartbeat__"]
    with ThreadPoolExecutor(len(paths)) as clients:
        return list(clients.map(server.get, paths * 4))


@pytest.mark.parametrize("which", ["all", "parent", "answering"])
def test_requests_are_answered_while_the_database_is_stopped_and_all_goes_on(
    server: Server, which: str
) -> None:
    ask_all(server)
    chosen = {
        "all": processes(server.data),
        "parent": [postmaster_id(server.data)],
        "answering": backend_ids(server.data),
    }[which]
    with stopped(chosen):
        answers = ask_all(server)
        seconds = {each.url: each.elapsed.total_seconds() for each in answers}
        assert max(seconds.values()) < SOON_SECONDS, seconds
        if which == "all":
            # A search may be answered while the lease on its permission lasts, and the heartbeat
            # says for a second how it was.
            lists = [each for each in answers if LIST in each.url]
            assert {each.status_code for each in lists} == {503}
        for each in answers:
            is_error = each.status_code == 503 and "heartbeat" not in each.url
            assert not is_error or int(each.headers["Retry-After"]) > 0
    server.wait_until(lambda: {each.status_code for each in ask_all(server)} == {200, 401}, 20)
    assert server.get(LIST).json()["data"][0]["id"] == "one"


class Database:
    """A PostgreSQL of our own, watched with limits that a test can wait for."""

    def __init__(self, data: Path, url: str) -> None:
        self.data = data
        self.engine = sqlalchemy.create_engine(
            make_url(url).set(drivername="postgresql+psycopg2"), pool_pre_ping=True
        )
        Watchdog(silence_seconds=0.3, connect_seconds=2).watch(self.engine)

    def ask(self, statement: str) -> object:
        """Return the value of a statement."""
        with self.engine.connect() as connection:
            return connection.execute(sqlalchemy.text(statement)).scalar()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    data = tmp_path_factory.mktemp("watched")
    with embedded_postgresql(data / "postgresql") as url:
        database = Database(data, url)
        yield database
        database.engine.dispose()


@pytest.mark.parametrize(
    "statement", ["SELECT 7 FROM pg_sleep(3)", "SELECT 7 FROM pg_advisory_lock(1)"]
)
def test_a_statement_that_takes_long_is_waited_for(database: Database, statement: str) -> None:
    holder = database.engine.raw_connection()
    holder.cursor().execute("SELECT pg_advisory_lock(1)")
    release = threading.Timer(3.0, holder.invalidate)
    release.start()
    assert database.ask(statement) == 7
    release.join()


def test_an_error_of_a_statement_comes_through(database: Database) -> None:
    with pytest.raises(sqlalchemy.exc.DataError, match="division by zero"):
        database.ask("SELECT 1 / 0")


@pytest.mark.parametrize("is_connected", [True, False])
def test_once_the_database_is_known_to_be_silent_statements_fail_at_once(
    database: Database, is_connected: bool
) -> None:
    database.ask("SELECT 1")
    if not is_connected:
        database.engine.dispose()
    with stopped(processes(database.data)):
        with pytest.raises(sqlalchemy.exc.OperationalError):
            database.ask("SELECT 1")
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(sqlalchemy.exc.OperationalError, match="does not answer"):
                database.ask("SELECT 1")
        assert time.monotonic() - started < 1.0
    time.sleep(1.0)
    assert database.ask("SELECT 7") == 7


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_transaction_does_not_end_for_ever(database: Database, ending: str) -> None:
    connection = database.engine.raw_connection()
    connection.cursor().execute("SELECT 1")
    with (
        stopped([connection.driver_connection.info.backend_pid]),
        pytest.raises(psycopg2.OperationalError),
    ):
        getattr(connection, ending)()
    connection.invalidate()


def test_a_process_that_is_stopped_does_not_keep_others_from_the_database(
    database: Database,
) -> None:
    connection = database.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    with stopped([connection.driver_connection.info.backend_pid]):
        time.sleep(1.0)
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("SELECT 1")
        assert database.ask("SELECT 7") == 7
    connection.invalidate()
