"""Lucene's regular expressions as patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.lucene.regexp import parse_regexp

from tests.server.search.language.lucene.test_patterns import matches


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
def test_a_syntax_error_is_refused_with_its_position(expression):
    with pytest.raises(BadQuery, match=r"at character \d+ of"):
        parse_regexp(expression)
