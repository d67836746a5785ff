"""The counts of each facet: what its values would show, whatever of it is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from buildhub_schema.versions import version_order

from kinto_buildhub.catalog.columns import FACETS, Facet
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.searches.selection import selection_query

# More than any facet of the archive has: 2,400 versions, in twenty years.
MAX_VALUES = 10_000

# So many values of a facet are shown at first; a list that is hardly longer is shown whole.
_FIRST = 8
_MOST_UNASKED = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet, the builds it has, and whether it is chosen."""

    value: str
    count: int
    is_chosen: bool


def facets_aggregations(state: SearchState) -> dict[str, Any]:
    """Return the aggregations of the facets without a choice, which the table's search has."""
    return {facet.name: _terms(facet) for facet in FACETS if facet.name not in state.chosen}


def chosen_facet_requests(state: SearchState, terms: Sequence[Term]) -> dict[str, dict[str, Any]]:
    """Return a search for each facet that has a choice, without that choice."""
    return {
        facet.name: {
            "query": selection_query(state, terms, without=facet.name),
            "size": 0,
            "aggs": {facet.name: _terms(facet)},
        }
        for facet in FACETS
        if facet.name in state.chosen
    }


def read_choices(
    facet: Facet, state: SearchState, aggregations: dict[str, Any]
) -> tuple[Choice, ...]:
    """Return the values of a facet; chosen ones also if nothing has them."""
    counts = {each["key"]: each["doc_count"] for each in aggregations[facet.name]["buckets"]}
    chosen = state.chosen.get(facet.name, ())
    values = [*counts, *(value for value in chosen if value not in counts)]
    if facet.in_version_order:
        values.sort(key=version_order, reverse=True)
    return tuple(Choice(value, counts.get(value, 0), value in chosen) for value in values)


@dataclass(frozen=True, slots=True)
class ShownChoices:
    """The values of a facet that a page shows, and how many there are."""

    choices: tuple[Choice, ...]
    count: int

    @property
    def is_short(self) -> bool:
        """All values are shown without being asked for."""
        return self.count <= _MOST_UNASKED


def shorten_choices(choices: tuple[Choice, ...], *, is_expanded: bool) -> ShownChoices:
    """Return the first values and the chosen ones; all, if they are few or asked for."""
    shown = choices
    if not is_expanded and len(choices) > _MOST_UNASKED:
        first, rest = choices[:_FIRST], choices[_FIRST:]
        shown = (*first, *(choice for choice in rest if choice.is_chosen))
    return ShownChoices(shown, len(choices))


def _terms(facet: Facet) -> dict[str, Any]:
    return {"terms": {"field": facet.field, "size": MAX_VALUES}}
