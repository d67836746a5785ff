"""The search page: box, facets, histogram, table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from markupsafe import Markup

from kinto_buildhub.catalog.columns import COLUMNS, FACETS, FACETS_BY_NAME, Facet
from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.chips import Chip, state_chips
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.pages.records import record_entry, records_table
from kinto_buildhub.catalog.pages.search_requests import records_request, search_request
from kinto_buildhub.catalog.paths import SEARCH
from kinto_buildhub.catalog.plots.bars import Bar, bar_plot
from kinto_buildhub.catalog.search_state.absent_files import AbsentFile, read_files
from kinto_buildhub.catalog.search_state.box import understand
from kinto_buildhub.catalog.search_state.query_string import (
    format_state,
    parse_pairs,
    parse_state,
    unseen_pairs,
)
from kinto_buildhub.catalog.search_state.state import FIRST_DAY, LAST_DAY, SearchState
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.completeness import (
    Completeness,
    find_completeness,
    read_coverage,
)
from kinto_buildhub.catalog.searches.facets import (
    Choice,
    chosen_facet_requests,
    facets_aggregations,
    read_choices,
    shorten_choices,
)
from kinto_buildhub.catalog.searches.histogram import (
    Histogram,
    histogram_aggregation,
    read_histogram,
)
from kinto_buildhub.catalog.searches.rows import LAST, Rows, read_rows, rows_request
from kinto_buildhub.catalog.searches.selection import chosen_values
from kinto_buildhub.catalog.searches.vocabulary import vocabulary_of


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was asked for, how it was understood, and what was found.

    Attributes:
        absent_files: those that were asked for, if nothing was found.
    """

    state: SearchState
    terms: tuple[Term, ...]
    rows: Rows
    facets: Mapping[Facet, tuple[Choice, ...]]
    histogram: Histogram
    completeness: Completeness
    absent_files: tuple[AbsentFile, ...] = ()

    template = "search.jinja2"
    status = 200

    @property
    def title(self) -> str:
        """What is asked for, in a line."""
        return ", ".join(chip.text for chip in self.chips) or "All builds"

    @property
    def description(self) -> str:
        """How much was found."""
        return f"{self.rows.total:,} builds in Mozilla's archive."

    @property
    def chips(self) -> tuple[Chip, ...]:
        """What is asked for, part by part."""
        return state_chips(self.state, self.terms, self._products())

    def _products(self) -> frozenset[str]:
        """Return the products that are asked for; if none is, those of what was found."""
        choices = self.facets[FACETS_BY_NAME["product"]]
        return chosen_values("product", self.state, self.terms) or frozenset(
            choice.value for choice in choices if choice.count
        )

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        return {
            "state": self.state,
            "unseen": unseen_pairs(self.state),
            "chips": self.chips,
            "rows": self.rows,
            "last": LAST,
            "facets": {
                facet: shorten_choices(choices, is_expanded=facet.name in self.state.expanded)
                for facet, choices in self.facets.items()
            },
            "first_day": FIRST_DAY,
            "last_day": LAST_DAY,
            "histogram": self.histogram,
            "histogram_plot": self.histogram_plot,
            "columns": COLUMNS,
            "absent_files": self.absent_files,
        }

    def histogram_plot(self, published: Callable[[SearchState, date, date], str]) -> Markup:
        """Return the histogram as a plot.

        Args:
            published: returns the address of what was published from one day to another, to which
                a bar leads.
        """
        bars = [
            Bar(each.label, each.count, published(self.state, each.first, each.last), each.tick)
            for each in self.histogram.bars
        ]
        return bar_plot(bars, title="Builds published over time", plot_px=64)

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""
        return {
            "terms": [
                {
                    "text": term.text,
                    "label": term.label,
                    "value": term.value,
                    "excluded": term.is_excluded,
                    "hint": term.hint,
                }
                for term in self.terms
            ],
            "absent_files": [
                {
                    "path": file.path,
                    "folders": [
                        {"label": each.label, "value": each.value} for each in file.meanings
                    ],
                }
                for file in self.absent_files
            ],
            "total": self.rows.total,
            "records": self.rows.records,
            "facets": {
                facet.name: [
                    {"value": each.value, "count": each.count, "chosen": each.is_chosen}
                    for each in choices
                ]
                for facet, choices in self.facets.items()
            },
            "histogram": [
                {"from": bar.first.isoformat(), "to": bar.last.isoformat(), "count": bar.count}
                for bar in self.histogram.bars
            ],
        }

    def table(self) -> Table:
        """Return the rows of the page."""
        return records_table(self.rows.records)

    def entries(self) -> Sequence[Entry]:
        """Return the rows of the page as a feed."""
        return [record_entry(record) for record in self.rows.records]

    def related(self) -> Mapping[str, str]:
        """Return the pages of the table before and after this one."""
        cursors = {"prev": self.rows.previous, "next": self.rows.next}
        return {
            name: f"{SEARCH}?{format_state(replace(self.state, cursor=cursor))}"
            for name, cursor in cursors.items()
            if cursor is not None
        }

    def requests(self) -> Sequence[ApiRequest]:
        """Return the requests for the same records, and for the same search."""
        return (
            records_request(self.state, self.terms),
            search_request(rows_request(self.state, self.terms)),
        )


def search_page(request: Any) -> SearchPage:
    """Answer what the address asks for.

    Raises:
        BadAddress: the address says what does not exist.
        SearchError: search does not answer.
    """
    state = parse_state(parse_pairs(request.query_string))
    coverage, catalogue = read_coverage(request), Catalogue(request)
    terms: tuple[Term, ...] = ()
    vocabulary = Vocabulary()
    if state.text:
        vocabulary = vocabulary_of(catalogue)
        terms = understand(state.text, vocabulary)
    rows_body = rows_request(state, terms)
    aggregations = facets_aggregations(state) | histogram_aggregation(state)
    answer = catalogue.search(rows_body | {"aggs": aggregations})
    aggregations = dict(answer["aggregations"])
    for body in chosen_facet_requests(state, terms).values():
        aggregations |= catalogue.search(body)["aggregations"]

    def ask_again(more: dict[str, Any]) -> dict[str, Any]:
        body = {"query": rows_body["query"], "size": 0, "aggs": more}
        return dict(catalogue.search(body)["aggregations"])

    rows = read_rows(state, answer)
    absent_files = () if rows.total else read_files(terms, vocabulary)
    products = chosen_values("product", state, terms) | {file.product for file in absent_files}
    return SearchPage(
        state=state,
        terms=terms,
        rows=rows,
        facets={facet: read_choices(facet, state, aggregations) for facet in FACETS},
        histogram=read_histogram(state, aggregations, ask_again),
        completeness=find_completeness(coverage, products, chosen_values("channel", state, terms)),
        absent_files=absent_files,
    )


def search_question(request: Any) -> ApiRequest:
    """Return the request to the records for what the address asks for.

    Words are understood by what search has, so most of them are left out.
    """
    state = parse_state(parse_pairs(request.query_string))
    return records_request(state, understand(state.text, Vocabulary()))
