"""Patterns of names, which clients choose."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.search.language.name_patterns import is_like

NAMES = st.text("ab.*[?", max_size=8)


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("build.id", "build.id", True),
        ("build.id", "build.*", True),
        ("build.id", "*", True),
        ("build.id", "*d.*", True),
        ("build.id", "build.id*", True),
        ("build.id", "build.i?", False),
        ("build.id", "build.[i]d", False),
        ("aba", "ab*ba", False),
        ("", "*", True),
        ("", "", True),
    ],
)
def test_a_star_stands_for_any_text(name: str, pattern: str, expected: bool) -> None:
    assert is_like(name, pattern) is expected


@given(NAMES, NAMES)
def test_any_pattern_is_what_its_expression_is(name: str, pattern: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert is_like(name, pattern) is (re.fullmatch(expression, name) is not None)


@pytest.mark.parametrize(
    "pattern", ["a*" * 500_000, "*" * 1_000_000, "*a" * 500_000 + "*"], ids=range(3)
)
def test_a_long_pattern_is_no_expression(pattern: str) -> None:
    assert is_like("build.id", pattern) is (set(pattern) == {"*"})
