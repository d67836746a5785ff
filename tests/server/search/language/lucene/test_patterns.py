"""Patterns for texts between bounds."""

import re

from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.language.lucene.patterns import at_least, at_most, between

TEXTS = st.text(alphabet="ab\x00é😀", max_size=4)


def matches(patterns: list[str], text: str) -> bool:
    """Return whether a pattern matches, in Python's syntax, which is nearly the same."""
    return any(
        re.fullmatch(re.sub(r"\\x\{(\w+)\}", lambda found: f"\\U{found[1]:0>8}", pattern), text)
        for pattern in patterns
    )


@given(bound=TEXTS, text=TEXTS)
def test_patterns_for_one_bound_match_the_texts_on_its_side(bound, text):
    assert matches(at_least(bound, inclusive=True), text) == (text >= bound)
    assert matches(at_least(bound, inclusive=False), text) == (text > bound)
    assert matches(at_most(bound, inclusive=True), text) == (text <= bound)
    assert matches(at_most(bound, inclusive=False), text) == (text < bound)


@given(lower=TEXTS, upper=TEXTS, text=TEXTS, low=st.booleans(), high=st.booleans())
def test_patterns_for_two_bounds_match_the_texts_between(lower, upper, text, low, high):
    found = between(lower, upper, include_lower=low, include_upper=high)
    expected = (text >= lower if low else text > lower) and (
        text <= upper if high else text < upper
    )
    assert matches(found, text) == expected
