"""What is asked for, as chips: each can be taken away by itself, and may have a page of its own."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kinto_buildhub.catalog import paths
from kinto_buildhub.catalog.columns import FACETS_BY_NAME
from kinto_buildhub.catalog.search_state.query_string import at_beginning
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.searches.selection import clause_values

_PAGES: Mapping[str, Callable[[str], str]] = {
    "build.id": paths.build_path,
    "id": paths.record_path,
    "source.product": paths.product_path,
}
_VERSION = FACETS_BY_NAME["version"].field


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of what is asked for.

    Attributes:
        name: what it was taken for, as people read it; "" for a word that was not placed.
        text: the part, as it was understood.
        without: the state in which it is not asked for.
        is_excluded: it is what the records are not.
        hint: what may be wrong with it; "" if nothing.
        path: of the page about it, from ``/v1``; "" if there is none.
    """

    name: str
    text: str
    without: SearchState
    is_excluded: bool = False
    hint: str = ""
    path: str = ""


def state_chips(
    state: SearchState, terms: Sequence[Term], products: Collection[str]
) -> tuple[Chip, ...]:
    """Return the chips of the terms of the box, of the chosen values, and of the days.

    Args:
        products: of the records that were asked for. If it is one, a version has a page.
    """
    start = at_beginning(state)
    return (
        *_term_chips(start, terms, products),
        *_choice_chips(start, products),
        *_day_chips(start),
    )


def _term_chips(
    state: SearchState, terms: Sequence[Term], products: Collection[str]
) -> Iterator[Chip]:
    for term in terms:
        without = replace(state, text=term.without)
        field, values = clause_values(term.clause) or ("", ())
        path = _path(field, values[0], products) if len(values) == 1 else ""
        yield Chip(term.label, term.value, without, term.is_excluded, term.hint, path)


def _choice_chips(state: SearchState, products: Collection[str]) -> Iterator[Chip]:
    for name, values in state.chosen.items():
        facet = FACETS_BY_NAME[name]
        for value in values:
            left = {**state.chosen, name: tuple(other for other in values if other != value)}
            chosen = {name: values for name, values in left.items() if values}
            path = _path(facet.field, value, products)
            yield Chip(facet.label, value, replace(state, chosen=chosen), path=path)


def _path(field: str, value: str, products: Collection[str]) -> str:
    if field == _VERSION and len(products) == 1:
        return paths.version_path(next(iter(products)), value)
    find_path = _PAGES.get(field)
    return find_path(value) if find_path else ""


def _day_chips(state: SearchState) -> Iterator[Chip]:
    first, last = state.published_from, state.published_until
    if not first and not last:
        return
    without = replace(state, published_from=None, published_until=None)
    if first and last:
        text = f"{first} to {last}" if first != last else f"{first}"
    else:
        text = f"from {first}" if first else f"to {last}"
    yield Chip("Published", text, without)
