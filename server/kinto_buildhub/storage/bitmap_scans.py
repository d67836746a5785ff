"""Reading by a map of the pages that have what is looked for, which is what counting is best at.

PostgreSQL takes the ways of an index record by record, or through the whole table, for cheaper than
they are, and fetches each page many times or looks into each record. The map is made of the index
alone, and then each page of it is fetched once; no record of it is looked into, unless more is
asked of it than the index tells.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kinto.core.utils import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

# With less memory, the map of a table of millions would know pages only, and each record there
# would have to be looked into.
_ONLY_BITMAPS = "SET enable_seqscan TO off; SET enable_indexscan TO off; SET work_mem TO '64MB'"
_ANY_PLAN = "RESET enable_seqscan; RESET enable_indexscan; RESET work_mem"


@contextmanager
def only_bitmaps(connection: Any) -> Iterator[None]:
    """Have the database read in this way alone, as long as the context lasts.

    Args:
        connection: or session of SQLAlchemy, in a transaction or in autocommit mode.
    """
    connection.execute(sa.text(_ONLY_BITMAPS))
    try:
        yield
    except BaseException:
        # A transaction that has failed takes what was set with it, and refuses this.
        with suppress(SQLAlchemyError):
            connection.execute(sa.text(_ANY_PLAN))
        raise
    connection.execute(sa.text(_ANY_PLAN))
