"""The pages of the catalogue's table, on each engine: every record once, in both directions."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from kinto_buildhub.catalog.columns import COLUMNS
from kinto_buildhub.catalog.search_state.state import Cursor, SearchState, Sort
from kinto_buildhub.catalog.searches.rows import Rows, read_rows, rows_request
from kinto_buildhub.search.engine import Engine
from kinto_buildhub.search.language.request import parse_request

from tests.server.search.conftest import INDEX, LIMITS, MAPPING, decoded
from tests.server.search.records import make_records

# The first test on a server waits until it is fetched and started.
pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", [column.name for column in COLUMNS])
def test_pages_meet_every_record_once(filled_engine: Engine, column: str, descending: bool) -> None:
    state = SearchState(sort=Sort(column, descending), size=37)
    forwards = list(iter_pages(filled_engine, state, lambda rows: rows.next))
    last = replace(state, cursor=forwards[-2].next)
    backwards = list(iter_pages(filled_engine, last, lambda rows: rows.previous))
    found = [record["id"] for rows in forwards for record in rows.records]
    assert sorted(found) == [record["id"] for record in make_records()]
    assert [rows.records for rows in backwards[::-1]] == [rows.records for rows in forwards]
    assert [rows.position for rows in forwards] == list(range(0, 300, 37))


def iter_pages(
    engine: Engine, state: SearchState, link: Callable[[Rows], Cursor | None]
) -> Iterator[Rows]:
    """Yield a page, and all that its links lead to."""
    while True:
        request = parse_request(rows_request(state, ()), LIMITS)
        rows = read_rows(state, decoded(engine.search(INDEX, MAPPING, request)))
        yield rows
        cursor = link(rows)
        if cursor is None:
            return
        state = replace(state, cursor=cursor)
