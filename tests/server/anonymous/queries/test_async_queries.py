"""Statements whose row is fetched later."""

import time
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from kinto_buildhub.anonymous.queries.async_queries import TIMEOUT_SECONDS, AsyncQueries
from kinto_buildhub.storage.async_waits import wait


@pytest.fixture
def connections() -> list[Any]:
    """What was opened."""
    return []


@pytest.fixture
def connect(make_database: Callable[[], str], connections: list[Any]) -> Any:
    url = make_database()

    def open_connection() -> Any:
        connection = psycopg2.connect(url, async_=True)
        wait(connection, TIMEOUT_SECONDS)
        connections.append(connection)
        return connection

    yield open_connection
    for each in connections:
        each.close()


@pytest.fixture
def queries(connect: Callable[[], Any]) -> AsyncQueries:
    return AsyncQueries(connect)


def test_the_database_works_meanwhile(queries):
    start = time.monotonic()
    pending = [queries.send("SELECT pg_sleep(1), %s", (number,)) for number in range(3)]
    assert [each.fetch()[1] for each in pending] == [0, 1, 2]
    assert time.monotonic() - start < 2.5


def test_one_connection_does_for_one_statement_after_the_other(queries, connections):
    assert [queries.send("SELECT %s", (number,)).fetch() for number in range(5)] == [
        (number,) for number in range(5)
    ]
    assert len(connections) == 1


def test_no_row_is_none(queries):
    assert queries.send("SELECT 1 WHERE %s", (False,)).fetch() is None


@pytest.mark.parametrize("statement", ["SELECT 1 / %s", "SELECT nonsense, %s"])
def test_a_statement_that_fails_takes_its_connection_along(queries, connections, statement):
    with pytest.raises(psycopg2.Error):
        queries.send(statement, (0,)).fetch()
    assert connections[0].closed
    assert queries.send("SELECT %s", (1,)).fetch() == (1,)


def test_a_connection_that_was_lost_is_an_error_once(queries, connect, connections):
    queries.send("SELECT %s", (1,)).fetch()
    (process_id,) = queries.send("SELECT pg_backend_pid() + %s", (0,)).fetch()
    other = connect()
    cursor = other.cursor()
    cursor.execute("SELECT pg_terminate_backend(%s)", (process_id,))
    wait(other, TIMEOUT_SECONDS)
    time.sleep(0.2)
    with pytest.raises(psycopg2.Error):
        queries.send("SELECT %s", (1,)).fetch()
    assert connections[0].closed
    assert queries.send("SELECT %s", (2,)).fetch() == (2,)


def test_a_database_that_does_not_answer_is_an_error_soon(queries, connections):
    queries.timeout_seconds = 0.2
    with pytest.raises(psycopg2.OperationalError, match=r"no answer within 0\.2 s"):
        queries.send("SELECT pg_sleep(%s)", (60,)).fetch()
    assert connections[0].closed
