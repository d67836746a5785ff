"""The query of a search page: its terms, choices and days as clauses."""

from collections.abc import Mapping, Sequence
from typing import Any

from kinto_buildhub.catalog.columns import FACETS_BY_NAME
from kinto_buildhub.catalog.search_state.clauses import any_of
from kinto_buildhub.catalog.search_state.meanings.dates import PUBLISHED
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.terms import Term


def selection_query(
    state: SearchState, terms: Sequence[Term], *, without: str = ""
) -> dict[str, Any]:
    """Return the query that matches what the page shows.

    Args:
        without: name of a facet whose choices are left out, as its own counts need it.
    """
    wanted = [any_of([term.clause for term in group]) for group in term_groups(terms)]
    wanted += [
        {"terms": {FACETS_BY_NAME[name].field: list(values)}}
        for name, values in state.chosen.items()
        if name != without
    ]
    days: dict[str, str] = {}
    if state.published_from:
        days["gte"] = state.published_from.isoformat()
    if state.published_until:
        days["lte"] = state.published_until.isoformat()  # To the end of the day.
    if days:
        wanted.append({"range": {PUBLISHED: days}})
    unwanted = [term.clause for term in terms if term.is_excluded]
    if not wanted and not unwanted:
        return {"match_all": {}}
    return {"bool": {"filter": wanted, "must_not": unwanted}}


def term_groups(terms: Sequence[Term]) -> list[list[Term]]:
    """Return the terms that are wanted; a record has to match any of each group."""
    groups: dict[object, list[Term]] = {}
    for number, term in enumerate(terms):
        if not term.is_excluded:
            groups.setdefault(term.group or number, []).append(term)
    return list(groups.values())


def clause_values(clause: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """Return the field of a clause that compares it with values, and these; None for others."""
    for name in ("term", "terms"):
        compared = clause.get(name)
        if isinstance(compared, Mapping) and len(clause) == len(compared) == 1:
            ((field, value),) = compared.items()
            return str(field), tuple(map(str, value if name == "terms" else (value,)))
    return None


def chosen_values(name: str, state: SearchState, terms: Sequence[Term]) -> frozenset[str]:
    """Return the values of a facet that records may have, chosen or typed; none means all."""
    found = set(state.chosen.get(name, ()))
    for term in terms:
        values = None if term.is_excluded else clause_values(term.clause)
        if values is not None and values[0] == FACETS_BY_NAME[name].field:
            found.update(values[1])
    return frozenset(found)
