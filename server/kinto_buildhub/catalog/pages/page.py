"""What every page has, whichever format it is sent in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for a spreadsheet; None is an empty cell."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed.

    Attributes:
        id: the record's.
        title: one line.
        updated: RFC 3339.
        path: of the entry's page, from ``/v1``.
        summary: plain text.
    """

    id: str
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

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""

    def table(self) -> Table:
        """Return the page as rows."""

    def entries(self) -> Sequence[Entry]:
        """Return the page as a feed, newest first."""
