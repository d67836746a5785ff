"""Statements whose answer is waited for later."""

import time
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from kinto_buildhub.anonymous import async_queries
from kinto_buildhub.anonymous.async_queries import Asker, wait


@pytest.fixture
def connections() -> list[Any]:
    """What was opened."""
    return []


@pytest.fixture
def asker(make_database: Callable[[], str], connections: list[Any]) -> Any:
    url = make_database()

    def connect() -> Any:
        connection = psycopg2.connect(url, async_=True)
        wait(connection)
        connections.append(connection)
        return connection

    yield Asker(connect)
    for each in connections:
        each.close()


def test_the_database_works_meanwhile(asker):
    start = time.monotonic()
    asked = [asker.ask("SELECT pg_sleep(1), %s", (number,)) for number in range(3)]
    assert [each.row()[1] for each in asked] == [0, 1, 2]
    assert time.monotonic() - start < 2.5


def test_one_connection_does_for_one_statement_after_the_other(asker, connections):
    assert [asker.ask("SELECT %s", (number,)).row() for number in range(5)] == [
        (number,) for number in range(5)
    ]
    assert len(connections) == 1


def test_nothing_found_is_told(asker):
    assert asker.ask("SELECT 1 WHERE %s", (False,)).row() is None


@pytest.mark.parametrize("statement", ["SELECT 1 / %s", "SELECT nonsense, %s"])
def test_a_statement_that_fails_takes_its_connection_along(asker, connections, statement):
    with pytest.raises(psycopg2.Error):
        asker.ask(statement, (0,)).row()
    assert connections[0].closed
    assert asker.ask("SELECT %s", (1,)).row() == (1,)


def test_a_connection_that_was_lost_is_an_error_once(asker, connections):
    asker.ask("SELECT %s", (1,)).row()
    (process_id,) = asker.ask("SELECT pg_backend_pid() + %s", (0,)).row()
    other = asker._connect()
    cursor = other.cursor()
    cursor.execute("SELECT pg_terminate_backend(%s)", (process_id,))
    wait(other)
    time.sleep(0.2)
    with pytest.raises(psycopg2.Error):
        asker.ask("SELECT %s", (1,)).row()
    assert connections[0].closed
    assert asker.ask("SELECT %s", (2,)).row() == (2,)


def test_a_database_that_says_nothing_is_not_waited_for_for_long(asker, connections, monkeypatch):
    monkeypatch.setattr(async_queries, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(psycopg2.OperationalError, match=r"no answer within 0\.2 s"):
        asker.ask("SELECT pg_sleep(%s)", (60,)).row()
    assert connections[0].closed
