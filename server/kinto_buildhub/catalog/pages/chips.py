"""What is asked for, as chips: each can be taken away by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kinto_buildhub.catalog.columns import FACETS_BY_NAME
from kinto_buildhub.catalog.search_state.query_string import at_beginning
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.terms import Term


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of what is asked for.

    Attributes:
        name: what it was taken for, as people read it; "" for a word that was not placed.
        text: the part, as it was understood.
        without: the state in which it is not asked for.
        is_excluded: it is what the records are not.
        hint: what may be wrong with it; "" if nothing.
    """

    name: str
    text: str
    without: SearchState
    is_excluded: bool = False
    hint: str = ""


def state_chips(state: SearchState, terms: Sequence[Term]) -> tuple[Chip, ...]:
    """Return the chips of the terms of the box, of the chosen values, and of the days."""
    start = at_beginning(state)
    return (*_term_chips(start, terms), *_choice_chips(start), *_day_chips(start))


def _term_chips(state: SearchState, terms: Sequence[Term]) -> Iterator[Chip]:
    for term in terms:
        without = replace(state, text=term.without)
        yield Chip(term.label, term.value, without, term.is_excluded, term.hint)


def _choice_chips(state: SearchState) -> Iterator[Chip]:
    for name, values in state.chosen.items():
        for value in values:
            left = {**state.chosen, name: tuple(other for other in values if other != value)}
            chosen = {name: values for name, values in left.items() if values}
            yield Chip(FACETS_BY_NAME[name].label, value, replace(state, chosen=chosen))


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
