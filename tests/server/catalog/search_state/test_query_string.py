"""The address of the search page: what it says, and addresses that nobody should send."""

import contextlib
import html
from datetime import date

import pytest
import webtest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.catalog.columns import COLUMNS_BY_NAME, FACETS_BY_NAME
from kinto_buildhub.catalog.search_state.query_string import (
    format_state,
    parse_pairs,
    parse_state,
)
from kinto_buildhub.catalog.search_state.state import (
    MAX_SIZE,
    BadAddress,
    Cursor,
    SearchState,
    Sort,
)

from tests.server.catalog.conftest import CATALOGUE

# A query string is UTF-8, so it has no lone surrogates.
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
_VALUES = _TEXTS.filter(lambda text: text.strip())
_DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
_CURSORS = st.builds(
    Cursor,
    st.tuples(st.none() | st.integers(-(2**53), 2**53) | _TEXTS, _TEXTS),
    st.booleans(),
    st.integers(0, 10**9),
)


@st.composite
def _states(draw: st.DrawFn) -> SearchState:
    days = sorted((draw(_DAYS), draw(_DAYS)))
    return SearchState(
        text=draw(_TEXTS).strip(),
        chosen={
            name: tuple(draw(st.lists(_VALUES, min_size=1, max_size=3, unique=True)))
            for name in FACETS_BY_NAME
            if draw(st.booleans())
        },
        published_from=days[0] if draw(st.booleans()) else None,
        published_until=days[1] if draw(st.booleans()) else None,
        sort=Sort(draw(st.sampled_from(sorted(COLUMNS_BY_NAME))), draw(st.booleans())),
        size=draw(st.integers(1, MAX_SIZE)),
        cursor=draw(st.none() | _CURSORS | st.just(Cursor((), backwards=True))),
        expanded=tuple(draw(st.lists(st.sampled_from(sorted(FACETS_BY_NAME)), unique=True))),
    )


@given(_states())
def test_a_state_survives_its_address(state: SearchState) -> None:
    assert parse_state(parse_pairs(format_state(state))) == state


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("q=%FF", "UTF-8"),
        ("%FF=1", "UTF-8"),
        ("q=%ED%A0%80", "UTF-8"),
        ("q=a%00b", "contains the character 0x00"),
        ("a%00b=1", "contains the character 0x00"),
        ("q=" + "x" * 100_000, "longer than 10,000 characters"),
        ("q=" + "x+" * 1000, "1,000 words; expected at most 64"),
        ("&".join(["locale=fr"] * 251), "more than 250 parameters"),
        ("q=1&q=2", "given twice"),
        ("from=2017-02-30", "expected a day"),
        ("to=9999-12-31", "expected a day from 1990-01-01 to 2099-12-31"),
        ("from=0001-01-01", "expected a day from 1990-01-01 to 2099-12-31"),
        ("size=" + "9" * 5000, "expected a number"),
        ("size=%D9%A3", "expected a number"),
        ("after=" + "W" * 5000, "not a place"),
        ("after=WzEsMl0", "not a place"),
        ("q[]=1", "There is no parameter"),
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("ending", ["", ".json", ".csv"])
def test_a_hostile_address_is_refused_by_name(
    catalogue: webtest.TestApp, query: str, message: str, ending: str
) -> None:
    response = catalogue.get(f"{CATALOGUE}{ending}?{query}", status=400)
    assert message in html.unescape(response.text)
    if not ending:
        assert response.content_type == "text/html"


@given(st.binary(max_size=40), st.sampled_from(["q", "locale", "from", "size", "after", "sort"]))
def test_bytes_are_a_state_or_refused(data: bytes, name: str) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in data)
    raw = data.translate(None, b"&=#").decode("latin-1")
    for query in (f"{name}={encoded}", f"{name}={raw}", raw):
        with contextlib.suppress(BadAddress):
            assert parse_state(parse_pairs(query)).size <= MAX_SIZE


def test_the_search_page_without_its_slash_leads_to_it(catalogue: webtest.TestApp) -> None:
    response = catalogue.get("/v1/catalog?q=%C3%A9&locale=fr", status=301)
    assert response.headers["Location"].endswith("/v1/catalog/?q=%C3%A9&locale=fr")
