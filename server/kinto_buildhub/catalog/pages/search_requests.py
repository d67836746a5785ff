"""What the search page shows, as requests to the API."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kinto_buildhub.catalog.columns import COLUMNS_BY_NAME, FACETS_BY_NAME
from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.search_state.meanings.dates import PUBLISHED
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.searches.selection import clause_values, term_groups

# All other values are put in quotes, as a comma separates values, and JSON is read as such.
_PLAIN = re.compile(r"[\w.+-]+")


def search_request(body: Mapping[str, Any]) -> ApiRequest:
    """Return the request for the rows of the page, from search."""
    return ApiRequest("_search", body=body)


def records_request(state: SearchState, terms: Sequence[Term]) -> ApiRequest:
    """Return the request to the records, with a filter for all that filters can express.

    It begins with the first row, wherever the page is.
    """
    filters: dict[str, str] = {}
    left_out = [term.text for term in terms if term.is_excluded]
    for field, values in _chosen(state):
        filters |= _filter(field, values)
    for group in term_groups(terms):
        found = _filter_of_group(group)
        if found and not filters.keys() & found.keys():
            filters |= found
        else:
            left_out += [term.text for term in group]
    if state.published_from:
        filters[f"min_{PUBLISHED}"] = state.published_from.isoformat()
    if state.published_until:
        filters[f"max_{PUBLISHED}"] = f"{state.published_until.isoformat()}T23:59:59Z"
    column = COLUMNS_BY_NAME[state.sort.column]
    if column.field == column.sort_field:  # The records have no other order of versions than text.
        filters["_sort"] = ("-" if state.sort.descending else "") + column.field
    filters["_limit"] = str(state.size)
    return ApiRequest("records", tuple(filters.items()), left_out=tuple(left_out))


def _chosen(state: SearchState) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, values in state.chosen.items():
        yield FACETS_BY_NAME[name].field, values


def _filter_of_group(group: Sequence[Term]) -> dict[str, str]:
    compared = [clause_values(term.clause) for term in group]
    fields = {found[0] if found else "" for found in compared}
    if len(fields) > 1 or "" in fields:
        return {}
    values = dict.fromkeys(value for found in compared if found for value in found[1])
    return _filter(fields.pop(), tuple(values))


def _filter(field: str, values: Sequence[str]) -> dict[str, str]:
    if len(values) == 1:
        return {field: _quoted(values[0])}
    return {f"in_{field}": ",".join(_quoted(value) for value in values)}


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value)
