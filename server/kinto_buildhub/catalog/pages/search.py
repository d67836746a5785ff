"""The search page: box, facets, table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.catalog.columns import COLUMNS, FACETS, Facet
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.pages.records import record_entry, record_row
from kinto_buildhub.catalog.search_state.box import Term, understand
from kinto_buildhub.catalog.search_state.query_string import parse_state
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.facets import (
    Choice,
    chosen_facet_requests,
    facets_aggregations,
    read_choices,
    read_vocabulary,
    vocabulary_request,
)
from kinto_buildhub.catalog.searches.rows import Rows, read_rows, rows_request


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was asked for, how it was understood, and what was found."""

    state: SearchState
    terms: tuple[Term, ...]
    rows: Rows
    facets: Mapping[Facet, tuple[Choice, ...]]

    template = "search.jinja2"
    status = 200

    @property
    def title(self) -> str:
        """What is asked for, in a line."""
        chosen = [value for values in self.state.chosen.values() for value in values]
        return " ".join([self.state.text, *chosen]).strip() or "All builds"

    @property
    def description(self) -> str:
        """How much was found."""
        return f"{self.rows.total:,} builds in Mozilla's archive."

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        return {
            "state": self.state,
            "terms": self.terms,
            "rows": self.rows,
            "facets": self.facets,
            "columns": COLUMNS,
        }

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""
        return {
            "total": self.rows.total,
            "records": self.rows.records,
            "facets": {
                facet.name: [
                    {"value": each.value, "count": each.count, "chosen": each.is_chosen}
                    for each in choices
                ]
                for facet, choices in self.facets.items()
            },
        }

    def table(self) -> Table:
        """Return the rows of the page."""
        columns = ("id", *(column.field for column in COLUMNS), "download.url")
        return Table(columns, [record_row(record, columns) for record in self.rows.records])

    def entries(self) -> Sequence[Entry]:
        """Return the rows of the page as a feed."""
        return [record_entry(record) for record in self.rows.records]


def search_page(request: Any) -> SearchPage:
    """Answer what the address asks for.

    Raises:
        BadAddress: the address says what does not exist.
        SearchError: search does not answer.
    """
    state = parse_state(request.GET.items())
    catalogue = Catalogue(request)
    terms: tuple[Term, ...] = ()
    if state.text:
        terms = understand(state.text, read_vocabulary(catalogue.search(vocabulary_request())))
    answer = catalogue.search(rows_request(state, terms) | {"aggs": facets_aggregations(state)})
    aggregations = dict(answer.get("aggregations", {}))
    for body in chosen_facet_requests(state, terms).values():
        aggregations |= catalogue.search(body)["aggregations"]
    return SearchPage(
        state=state,
        terms=terms,
        rows=read_rows(state, answer),
        facets={facet: read_choices(facet, state, aggregations) for facet in FACETS},
    )
