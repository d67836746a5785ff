"""Bitmap scans, which count best.

PostgreSQL underestimates what an index scan or a sequential scan costs, and fetches each page many
times or looks into each record. A bitmap is built from the index alone. Then each of its pages is
fetched once, and no record is looked into, unless the query asks for more than the index contains.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kinto.core.utils import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

# With less memory, the bitmap of a table of millions would contain pages only, and each record
# there would have to be looked into.
_ONLY_BITMAPS = "SET enable_seqscan TO off; SET enable_indexscan TO off; SET work_mem TO '64MB'"
_ANY_PLAN = "RESET enable_seqscan; RESET enable_indexscan; RESET work_mem"


@contextmanager
def only_bitmaps(connection: Any) -> Iterator[None]:
    """Let the database use nothing but bitmap scans within the context.

    Args:
        connection: SQLAlchemy's, or a session, in a transaction or in autocommit mode.
    """
    connection.execute(sa.text(_ONLY_BITMAPS))
    try:
        yield
    except BaseException:
        # A failed transaction takes the settings with it, and refuses this statement.
        with suppress(SQLAlchemyError):
            connection.execute(sa.text(_ANY_PLAN))
        raise
    connection.execute(sa.text(_ANY_PLAN))
