"""The page about something that is not in the catalogue, which says what that means."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from kinto.core.errors import ERRORS

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.error_values import error_data, error_table
from kinto_buildhub.catalog.pages.neighbours import neighbour_paths
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.paths import product_path, version_path
from kinto_buildhub.catalog.searches.completeness import Completeness
from kinto_buildhub.catalog.searches.neighbours import NO_NEIGHBOURS, Neighbours


class Alternative(NamedTuple):
    """A page that may be meant: what it is about, and its address from ``/v1``."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class MissingPage:
    """Something was asked for by its name, and is not there.

    Attributes:
        kind: what it would be: ``build ID``.
        name: as asked for.
        neighbours: the nearest build IDs that are there, if it is one.
        alternatives: other pages that may be meant, the likeliest first.
    """

    kind: str
    name: str
    completeness: Completeness
    neighbours: Neighbours = NO_NEIGHBOURS
    alternatives: tuple[Alternative, ...] = ()

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
        return {
            "kind": self.kind,
            "name": self.name,
            "neighbours": self.neighbours,
            "alternatives": self.alternatives,
        }

    def data(self) -> Mapping[str, Any]:
        """Return it in the shape of Kinto's errors, with the nearest that are there."""
        return {
            **error_data(self, ERRORS.MISSING_RESOURCE.value),
            **asdict(self.neighbours),
            "suggestions": [each._asdict() for each in self.alternatives],
        }

    def table(self) -> Table:
        """Return the sentence."""
        return error_table(self)

    def entries(self) -> Sequence[Entry]:
        """Return no entries."""
        return ()

    def related(self) -> Mapping[str, str]:
        """Return the pages of the nearest that are there."""
        return neighbour_paths(self.neighbours)

    def requests(self) -> Sequence[ApiRequest]:
        """Return no request: there is nothing to get."""
        return ()


def missing_product(product: str, completeness: Completeness) -> MissingPage:
    """Return the page about a product that is not covered; it leads to those that are."""
    names = completeness.covered
    alternatives = tuple(Alternative(name, product_path(name)) for name in names)
    return MissingPage("product", product, completeness, alternatives=alternatives)


def missing_version(
    product: str, version: str, names: Sequence[str], completeness: Completeness
) -> MissingPage:
    """Return the page about a version without builds.

    Args:
        names: versions of the product that may be meant.
    """
    found = [Alternative(f"{product} {name}", version_path(product, name)) for name in names]
    everything = Alternative(f"All of {product}", product_path(product))
    return MissingPage(
        "version", f"{product} {version}", completeness, alternatives=(*found, everything)
    )
