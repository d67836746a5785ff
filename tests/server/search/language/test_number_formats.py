"""Formats of numbers. What is written was written by Java's DecimalFormat."""

import math

import pytest
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.number_formats import check_number_format, format_number


@pytest.mark.parametrize(
    ("pattern", "number", "written"),
    [
        ("0", 2.5, "2"),
        ("0", 3.5, "4"),
        ("0", -0.4, "-0"),
        ("#", 0, "0"),
        ("000", 7, "007"),
        ("0.00", 99.995, "100.00"),
        ("0.00", 0.125, "0.12"),
        ("0.00", 1234567, "1234567.00"),
        ("0.#", 1.0, "1"),
        ("#.##", 0.5, "0.5"),
        (".##", 0.5, ".5"),
        (".00", 0.5, ".50"),
        ("#,##0.0", 1234567.89, "1,234,567.9"),
        ("##,##,##0", 1234567, "1,234,567"),
        ("0%", 0.256, "26%"),
        ("\u2030 0", 0.5, "\u2030 500"),
        ("#,##0 MB", -1234.5, "-1,234 MB"),
        ("$0.00", 1.5, "$1.50"),
        ("0 'o''clock'", 5, "5 o'clock"),
        ("'#'0", 5, "#5"),
        ("0''", 5, "5'"),
        ("0.0;(0.0)", -5, "(5.0)"),
        ("0.0;0.0", -5, "-5.0"),
        ("0.0", math.inf, "\u221e"),
        ("0", 1e15, "1000000000000000"),
    ],
)
def test_a_number_is_written_as_by_java(pattern, number, written):
    check_number_format(pattern, "format")
    assert format_number(number, pattern) == written


@pytest.mark.parametrize(
    "pattern", ["", "x", "yyyy-MM-dd", "0.0.0", "#0#", "0,", "0;", "'0", "0E0", "0" * 101]
)
def test_a_wrong_pattern_is_refused(pattern):
    with pytest.raises(BadQuery, match="expected a format of numbers"):
        check_number_format(pattern, "format")
