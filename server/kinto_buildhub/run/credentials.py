"""Credentials, administered by whoever runs the server."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from sqlalchemy import make_url

from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.values import Actor
from kinto_buildhub.errors import StartError
from kinto_buildhub.settings import CREDENTIALS_SECRET, DATABASE_SETTINGS


@contextmanager
def opened_administration(settings: dict[str, str], actor: Actor) -> Iterator[Administration]:
    """Yield the steps that *actor* may take in the database of a server.

    Args:
        settings: of a server whose database is up and migrated.

    Raises:
        StartError: the database cannot be used, or was not migrated.
    """
    url = make_url(settings[DATABASE_SETTINGS[0].ini_name]).set(drivername="postgresql")
    try:
        with closing(psycopg2.connect(url.render_as_string(hide_password=False))) as connection:
            yield Administration(connection, actor, settings[CREDENTIALS_SECRET.ini_name])
    except psycopg2.errors.UndefinedTable:
        raise StartError(
            "The database has no credentials yet: run `buildhub migrate` first."
        ) from None
    except psycopg2.Error as exc:
        raise StartError(f"The database cannot be used: {exc}") from exc
