"""The query of a search page: its terms, choices and days as clauses."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from kinto_buildhub.catalog.columns import FACETS_BY_NAME
from kinto_buildhub.catalog.search_state.box import Term
from kinto_buildhub.catalog.search_state.state import SearchState

PUBLISHED = "download.date"


def selection_query(
    state: SearchState, terms: Sequence[Term], *, without: str = ""
) -> dict[str, Any]:
    """Return the query that matches what the page shows.

    Args:
        without: name of a facet whose choices are left out, as its own counts need it.
    """
    wanted = [term.clause for term in terms if not term.is_excluded]
    wanted += [
        {"terms": {FACETS_BY_NAME[name].field: list(values)}}
        for name, values in state.chosen.items()
        if name != without
    ]
    days: dict[str, str] = {}
    if state.published_from:
        days["gte"] = state.published_from.isoformat()
    if state.published_until:
        days["lt"] = (state.published_until + timedelta(days=1)).isoformat()
    if days:
        wanted.append({"range": {PUBLISHED: days}})
    unwanted = [term.clause for term in terms if term.is_excluded]
    if not wanted and not unwanted:
        return {"match_all": {}}
    return {"bool": {"filter": wanted, "must_not": unwanted}}
