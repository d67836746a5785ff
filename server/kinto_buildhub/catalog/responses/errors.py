"""A page that says what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.search_state.state import BadAddress
from kinto_buildhub.search.errors import BadQuery, IndexMissing, SearchError, TimedOut, Unavailable


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What went wrong, in words; the table and the feed are the one sentence."""

    status: int
    title: str
    description: str
    retry_after_seconds: int = 0

    template = "error.jinja2"

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        return {"status": self.status}

    def data(self) -> Mapping[str, Any]:
        """Return the error as JSON values."""
        return {"code": self.status, "error": self.title, "message": self.description}

    def table(self) -> Table:
        """Return the error as a table."""
        return Table(("error",), [(self.description,)])

    def entries(self) -> Sequence[Entry]:
        """Return no entries."""
        return ()


def describe_error(exc: BadAddress | SearchError) -> ErrorPage:
    """Return the page about an error."""
    if isinstance(exc, BadAddress | BadQuery):
        return ErrorPage(400, "This address cannot be answered", str(exc))
    if isinstance(exc, IndexMissing):
        return ErrorPage(404, "There is no catalogue here", str(exc))
    if isinstance(exc, TimedOut):
        return ErrorPage(504, "The search takes too long", str(exc))
    seconds = exc.retry_after_seconds if isinstance(exc, Unavailable) else 30
    return ErrorPage(503, "Search is down", str(exc), seconds)
