"""The addresses that templates link to."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

from buildhub_schema.products import PRODUCT_NAMES

from kinto_buildhub.catalog.columns import Column
from kinto_buildhub.catalog.search_state.query_string import at_beginning, format_state
from kinto_buildhub.catalog.search_state.state import Cursor, SearchState, Sort


class Links:
    """Makes addresses on this server, from the page that is shown.

    A page has hundreds of them, so they are put together from parts, without Pyramid's routes.
    """

    products = PRODUCT_NAMES

    def __init__(self, request: Any) -> None:
        self.search_path: str = request.route_path("catalog-search")
        self.api_docs = f"{self.search_path.removesuffix('catalog/')}__api__"
        self._static_path = (
            f"{self.search_path}static/{request.registry.buildhub_catalog_static.hash}/"
        )

    def static(self, name: str) -> str:
        """Return the address of a style sheet or a script."""
        return self._static_path + name

    def build(self, build_id: str) -> str:
        """Return the address of the page of a build ID."""
        return f"{self.search_path}builds/{quote(build_id, safe='')}"

    def record(self, record_id: str) -> str:
        """Return the address of the page of a record."""
        return f"{self.search_path}records/{quote(record_id, safe='')}"

    def version(self, product: str, version: str) -> str:
        """Return the address of the page of a version."""
        return f"{self.search_path}versions/{quote(product, safe='')}/{quote(version, safe='')}"

    def product(self, product: str) -> str:
        """Return the address of the page of a product."""
        return f"{self.search_path}products/{quote(product, safe='')}"

    def search(self, state: SearchState) -> str:
        """Return the address of the search page in a state."""
        query = format_state(state)
        return f"{self.search_path}?{query}" if query else self.search_path

    def page(self, state: SearchState, cursor: Cursor | None) -> str:
        """Return the address of another page of the table."""
        return self.search(replace(state, cursor=cursor))

    def sorted_by(self, state: SearchState, column: Column) -> str:
        """Return the address of the table sorted by a column; again: in the other direction."""
        is_same = state.sort.column == column.name
        descending = not state.sort.descending if is_same else column.is_largest_first
        return self.search(at_beginning(replace(state, sort=Sort(column.name, descending))))

    def expanded(self, state: SearchState, facet: str) -> str:
        """Return the address of the page with all values of a facet; again: with the first ones."""
        is_expanded = facet in state.expanded
        others = tuple(name for name in state.expanded if name != facet)
        return self.search(replace(state, expanded=others if is_expanded else (*others, facet)))

    def published(self, state: SearchState, first: date, last: date) -> str:
        """Return the address of what was published from one day to another."""
        days = replace(state, published_from=first, published_until=last)
        return self.search(at_beginning(days))
