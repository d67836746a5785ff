"""The page about something that is not in the catalogue, which says what that means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinto.core.errors import ERRORS

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.searches.completeness import Completeness
from kinto_buildhub.catalog.searches.neighbours import NO_NEIGHBOURS, Neighbours


@dataclass(frozen=True, slots=True)
class MissingPage:
    """Something was asked for by its name, and is not there.

    Attributes:
        kind: what it would be: ``build ID``.
        name: as asked for.
        neighbours: the nearest that are there, if they have an order.
    """

    kind: str
    name: str
    completeness: Completeness
    neighbours: Neighbours = NO_NEIGHBOURS

    template = "missing.jinja2"
    status = 404

    @property
    def title(self) -> str:
        """What is not there."""
        return f"No {self.kind} {self.name}"

    @property
    def description(self) -> str:
        """What that means."""
        return f"The catalogue has no {self.kind} {self.name}. {self.completeness.sentence}"

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        return {"kind": self.kind, "name": self.name, "neighbours": self.neighbours}

    def data(self) -> Mapping[str, Any]:
        """Return it in the shape of Kinto's errors, with the nearest that are there."""
        return {
            "code": self.status,
            "errno": ERRORS.MISSING_RESOURCE.value,
            "error": self.title,
            "message": self.description,
            **self.neighbours.data(),
        }

    def table(self) -> Table:
        """Return the sentence."""
        return Table(("error",), [(self.description,)])

    def entries(self) -> Sequence[Entry]:
        """Return no entries."""
        return ()

    def related(self) -> Mapping[str, str]:
        """Return the pages of the nearest that are there."""
        return self.neighbours.related()

    def requests(self) -> Sequence[ApiRequest]:
        """Return no request: there is nothing to get."""
        return ()
