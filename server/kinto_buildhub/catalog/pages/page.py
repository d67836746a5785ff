"""What every page has, whichever format it is sent in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.searches.completeness import Completeness


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for a spreadsheet; None is an empty cell."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed.

    Attributes:
        title: one line.
        updated: RFC 3339.
        path: of the entry's page, from ``/v1``; no other entry has it.
        summary: plain text.
    """

    title: str
    updated: str
    path: str
    summary: str


class Page(Protocol):
    """A page, in all formats."""

    @property
    def template(self) -> str:
        """The file that shows it as HTML."""

    @property
    def title(self) -> str:
        """What a shared link reads as."""

    @property
    def description(self) -> str:
        """The same, in a sentence or two."""

    @property
    def status(self) -> int:
        """Status of the response."""

    @property
    def completeness(self) -> Completeness | None:
        """Up to when nothing is missing from it; None where that is no question."""

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""

    def table(self) -> Table:
        """Return the page as rows."""

    def entries(self) -> Sequence[Entry]:
        """Return the page as a feed, newest first."""

    def related(self) -> Mapping[str, str]:
        """Return the addresses of other pages, from ``/v1``, by their relation: ``next``, ``prev``.

        They are those of the HTML pages; each format links to its own.
        """

    def requests(self) -> Sequence[ApiRequest]:
        """Return requests to the API that find the same records."""
