"""Lucene's expressions, and texts between bounds, as patterns."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.regexp import at_least, at_most, between, parse_regexp

TEXTS = st.text(alphabet="ab\x00é😀", max_size=4)


def matches(patterns: list[str], text: str) -> bool:
    """Tell whether one of the patterns matches, read as Python's; they are nearly the same."""
    return any(
        re.fullmatch(re.sub(r"\\x\{(\w+)\}", lambda found: f"\\U{found[1]:0>8}", pattern), text)
        for pattern in patterns
    )


@given(bound=TEXTS, text=TEXTS)
def test_patterns_for_one_bound_match_what_sorts_so(bound, text):
    assert matches(at_least(bound, inclusive=True), text) == (text >= bound)
    assert matches(at_least(bound, inclusive=False), text) == (text > bound)
    assert matches(at_most(bound, inclusive=True), text) == (text <= bound)
    assert matches(at_most(bound, inclusive=False), text) == (text < bound)


@given(lower=TEXTS, upper=TEXTS, text=TEXTS, low=st.booleans(), high=st.booleans())
def test_patterns_for_two_bounds_match_what_sorts_between(lower, upper, text, low, high):
    found = between(lower, upper, include_lower=low, include_upper=high)
    expected = (text >= lower if low else text > lower) and (
        text <= upper if high else text < upper
    )
    assert matches(found, text) == expected


@given(low=st.integers(0, 3000), length=st.integers(0, 3000), number=st.integers(0, 7000))
def test_an_interval_matches_its_numbers(low, length, number):
    high = low + length
    width = len(str(low)) if len(str(low)) == len(str(high)) else 0
    pattern = parse_regexp(f"<{low}-{high}>").text
    assert matches([pattern], str(number).zfill(width)) == (low <= number <= high)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        pytest.param('"53.0"b9', "53.0b9", id="quoted"),
        pytest.param("53(b9)+?", "53", id="optional"),
        pytest.param("^a$", "^a$", id="no-anchors"),
        pytest.param("a.c", "a\nc", id="any-character"),
        pytest.param("@b", "aab", id="any-text"),
        pytest.param("[^a-c]{2}", "dd", id="class"),
        pytest.param("\\d\\.\\w", "5.b", id="shorthands"),
    ],
)
def test_an_expression_matches_as_in_lucene(expression, text):
    assert matches([parse_regexp(expression).text], text)


@pytest.mark.parametrize(
    "expression", ["(", ")", "[a", "a{", "a{3,1}", "*", "<x>", '"a', "\\", "~a"]
)
def test_what_is_no_expression_is_refused_with_its_place(expression):
    with pytest.raises(BadQuery, match=r"at character \d+ of"):
        parse_regexp(expression)
