"""Log filters: a database outage costs one log line a request, instead of 300."""

import logging
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError


class DatabaseOutageFilter(logging.Filter):
    """Removes the traceback from log records about a database that does not answer.

    All of them say the same, and where in Kinto a connection broke helps nobody. Kinto's message
    quotes SQL, whose placeholders break its own formatter.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten *record*; always keep it."""
        outage = _find_outage(record.exc_info[1] if record.exc_info else None)
        if outage is not None:
            reason = str(outage.orig).partition("\n")[0]
            record.msg, record.args = "The database does not answer: %s", (reason,)
            record.exc_info = record.exc_text = None
        return True


def _find_outage(error: BaseException | None) -> Any:
    while error is not None:
        if isinstance(error, (OperationalError, InterfaceError)):
            return error
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return error
        error = error.__cause__ or error.__context__
    return None
