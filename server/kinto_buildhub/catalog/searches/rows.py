"""A page of the table: rows, the exact total, and the places where the next pages begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.catalog.columns import COLUMNS_BY_NAME
from kinto_buildhub.catalog.search_state.state import Cursor, SearchState
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.searches.selection import selection_query

LAST = Cursor((), backwards=True)
"""The end of the table."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of the table.

    Attributes:
        records: in the order of the table.
        total: all records that match, exactly.
        position: number of rows before these.
        next, previous: where the neighbouring pages begin; None where there is none.
    """

    records: tuple[dict[str, Any], ...]
    total: int
    position: int
    next: Cursor | None
    previous: Cursor | None


def rows_request(state: SearchState, terms: Sequence[Term]) -> dict[str, Any]:
    """Return the search for a page of the table.

    The record's ID is the last key of the order, so no two rows tie, and pages can go on behind a
    row, however many are before it.
    """
    backwards = state.cursor is not None and state.cursor.backwards
    body: dict[str, Any] = {
        "query": selection_query(state, terms),
        "size": state.size,
        "track_total_hits": True,
        "sort": [
            {COLUMNS_BY_NAME[state.sort.column].sort_field: _order(state, backwards)},
            {"id": {"order": "desc" if backwards else "asc"}},
        ],
    }
    if state.cursor is not None and state.cursor.values:
        body["search_after"] = list(state.cursor.values)
    elif state.cursor is not None and not backwards:
        body["from"] = state.cursor.position
    return body


def _order(state: SearchState, backwards: bool) -> dict[str, str]:
    descending = state.sort.descending != backwards
    # Rows without a value are the last ones, in either direction.
    return {"order": "desc" if descending else "asc", "missing": "_first" if backwards else "_last"}


def read_rows(state: SearchState, answer: dict[str, Any]) -> Rows:
    """Return the page that an answer to `rows_request` contains."""
    hits, total = answer["hits"]["hits"], answer["hits"]["total"]["value"]
    cursor = state.cursor or Cursor(())
    position = total if cursor == LAST else cursor.position
    if cursor.backwards:
        hits = hits[::-1]
        position = max(0, position - len(hits))
    before, after = position, position + len(hits)
    return Rows(
        records=tuple(hit["_source"] for hit in hits),
        total=total,
        position=position,
        next=Cursor(tuple(hits[-1]["sort"]), False, after) if hits and after < total else None,
        previous=Cursor(tuple(hits[0]["sort"]), True, before) if hits and before > 0 else None,
    )
