"""Credentials in a real database."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
import pytest
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.tables import ensure_tables
from kinto_buildhub.credentials.values import Actor, Proposal

MASTER_SECRET = "the master secret of tests, which is long enough"
OPERATOR = Actor("operator")


@pytest.fixture(scope="module")
def database_url(make_database: Callable[[], str]) -> str:
    """A database with the tables of credentials."""
    url = make_database()
    with closing(psycopg2.connect(url)) as connection:
        ensure_tables(connection)
    return url


@pytest.fixture
def connection(database_url: str) -> Iterator[Any]:
    """A connection to it."""
    with closing(psycopg2.connect(database_url)) as connection:
        yield connection


@pytest.fixture
def administration(connection: Any) -> Administration:
    """The steps of an operator."""
    return Administration(connection, OPERATOR, MASTER_SECRET)


def propose(client_id: str, **changes: Any) -> Proposal:
    """Return a proposal to publish to ``build-hub/releases``."""
    values = {
        "owner": "alice@example.org",
        "collections": {"build-hub/releases": ["publish"]},
        "now": datetime.now(UTC),
    }
    return make_proposal(client_id=client_id, **(values | changes))
