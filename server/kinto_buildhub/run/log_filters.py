"""An outage of the database in the log: a line for each request that it cost, instead of 300."""

import logging
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError


class Brief(logging.Filter):
    """Takes the tracebacks from records about a database that does not answer.

    They would all say the same, and where in Kinto a connection broke helps nobody. Kinto's own
    words quote SQL, whose placeholders its formatter stumbles over.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten *record*; let it pass in any case."""
        outage = _find_outage(record.exc_info[1] if record.exc_info else None)
        if outage is not None:
            reason = str(outage.orig).partition("\n")[0]
            record.msg, record.args = "The database does not answer: %s", (reason,)
            record.exc_info = record.exc_text = None
        return True


def shorten(logger: logging.Logger) -> None:
    """Have all handlers of *logger* be brief."""
    for handler in logger.handlers:
        handler.addFilter(Brief())


def _find_outage(error: BaseException | None) -> Any:
    while error is not None:
        if isinstance(error, (OperationalError, InterfaceError)):
            return error
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return error
        error = error.__cause__ or error.__context__
    return None
