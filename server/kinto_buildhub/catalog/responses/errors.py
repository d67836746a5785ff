"""A page that says what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinto.core.errors import ERRORS

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.error_values import error_data, error_table
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.search_state.state import BadAddress
from kinto_buildhub.search.errors import BadQuery, IndexMissing, SearchError, TimedOut, Unavailable


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What went wrong, in words; the table and the feed are the one sentence.

    Attributes:
        errno: Kinto's number of the error.
        retry_after_seconds: when to try again; 0 if it does not help.
        question: a request that answers without search what was asked; None if there is none.
    """

    status: int
    title: str
    description: str
    errno: int
    retry_after_seconds: int = 0
    question: ApiRequest | None = None

    template = "error.jinja2"
    completeness = None

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        return {
            "status": self.status,
            "retry_after_seconds": self.retry_after_seconds,
            "question": self.question,
        }

    def data(self) -> Mapping[str, Any]:
        """Return the error as JSON values, and the words that the other question leaves out."""
        left_out = self.question.left_out if self.question else ()
        return {**error_data(self, self.errno), **({"left_out": left_out} if left_out else {})}

    def table(self) -> Table:
        """Return the error as a table."""
        return error_table(self)

    def entries(self) -> Sequence[Entry]:
        """Return no entries."""
        return ()

    def related(self) -> Mapping[str, str]:
        """Return no pages."""
        return {}

    def requests(self) -> Sequence[ApiRequest]:
        """Return the one that works without search, if there is one."""
        return () if self.question is None else (self.question,)


def describe_error(exc: BadAddress | SearchError, question: ApiRequest | None) -> ErrorPage:
    """Return the page about an error.

    Args:
        question: what may be asked of the API if search is down.
    """
    if isinstance(exc, BadAddress | BadQuery):
        errno = ERRORS.INVALID_PARAMETERS.value
        return ErrorPage(400, "This address cannot be answered", str(exc), errno)
    if isinstance(exc, IndexMissing):
        errno = ERRORS.MISSING_RESOURCE.value
        return ErrorPage(404, "There is no catalogue here", str(exc), errno)
    errno = ERRORS.BACKEND.value
    if isinstance(exc, TimedOut):
        return ErrorPage(504, "The search takes too long", str(exc), errno, question=question)
    seconds = exc.retry_after_seconds if isinstance(exc, Unavailable) else 30
    return ErrorPage(503, "Search is down", str(exc), errno, seconds, question)
