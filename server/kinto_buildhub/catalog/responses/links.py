"""The addresses that templates link to."""

from dataclasses import replace
from typing import Any

from kinto_buildhub.catalog.search_state.query_string import at_beginning, format_state
from kinto_buildhub.catalog.search_state.state import Cursor, SearchState, Sort


class Links:
    """Makes addresses on this server, from the page that is shown."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._search_path = request.route_path("catalog-search")

    def static(self, name: str) -> str:
        """Return the address of a style sheet or a script."""
        file_hash = self._request.registry.buildhub_catalog_static.hash
        return str(self._request.route_path("catalog-static", hash=file_hash, name=name))

    def search(self, state: SearchState) -> str:
        """Return the address of the search page in a state."""
        query = format_state(state)
        return f"{self._search_path}?{query}" if query else self._search_path

    def page(self, state: SearchState, cursor: Cursor | None) -> str:
        """Return the address of another page of the table."""
        return self.search(replace(state, cursor=cursor))

    def sorted_by(self, state: SearchState, column: str) -> str:
        """Return the address of the table sorted by a column; again: in the other direction."""
        is_same = state.sort.column == column
        sort = Sort(column, not state.sort.descending if is_same else False)
        return self.search(at_beginning(replace(state, sort=sort)))

    def toggled(self, state: SearchState, facet: str, value: str) -> str:
        """Return the address with a facet's value chosen, or no longer chosen."""
        values = state.chosen.get(facet, ())
        left = tuple(each for each in values if each != value)
        chosen = {**state.chosen, facet: left if value in values else (*values, value)}
        chosen = {name: values for name, values in chosen.items() if values}
        return self.search(at_beginning(replace(state, chosen=chosen)))
