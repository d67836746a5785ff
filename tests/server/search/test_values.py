"""Values as answers write them."""

import pytest
from kinto_buildhub.search.mapping import Field
from kinto_buildhub.search.values import double_text, record_value


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0.0"),
        (1, "1.0"),
        (-7.25, "-7.25"),
        (9_999_999, "9999999.0"),
        (10_000_000, "1.0E7"),
        (12_345_678, "1.2345678E7"),
        (2**40, "1.099511627776E12"),
        (-1.5e300, "-1.5E300"),
        (0.001, "0.001"),
        (0.0005, "5.0E-4"),
    ],
)
def test_numbers_are_written_as_java_does(number: float, text: str) -> None:
    assert double_text(number) == text


@pytest.mark.parametrize(
    ("value", "indexed"),
    [
        (True, 1),
        (False, 0),
        ("true", 1),
        ("false", 0),
        ("", 0),
        (1, None),
        (0.0, None),
        ("1", None),
    ],
)
def test_only_true_and_false_are_indexed_as_booleans(value: object, indexed: int | None) -> None:
    assert record_value(Field("b", "boolean", ("b",)), value) == indexed
