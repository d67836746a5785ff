"""``minimum_should_match``: how many of several clauses have to match."""

from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.json_values import shown
from kinto_buildhub.search.language.reader import Reader


def read_minimum(reader: Reader, *older: str) -> str | None:
    """Take ``minimum_should_match``, checked; *older* are former names of it."""
    value: Any = None
    for name in ("minimum_should_match", *older):
        given = reader.scalar(name, None)
        value = given if value is None else value
    if value is None:
        return None
    minimum_should_match(value, 1, reader.at("minimum_should_match"))
    return str(value)


def minimum_should_match(value: str | int, clauses: int, path: str) -> int:
    """Return how many of *clauses* have to match.

    ``3`` · ``-1`` all but one · ``75%`` rounded down · ``-25%`` all but those · ``2<75%`` all of up
    to two clauses, 75% of more; several such conditions are separated by spaces.

    Raises:
        BadQuery: *value* is none of these.
    """
    text = str(value).strip()
    if "<" not in text:
        return _at_least(_parse_number(text, clauses, path), clauses)
    needed = clauses
    for condition in text.split():
        limit, _, then = condition.partition("<")
        if clauses <= _parse_number(limit, clauses, path):
            return needed
        needed = _at_least(_parse_number(then, clauses, path), clauses)
    return needed


def _at_least(number: int, clauses: int) -> int:
    return max(0, clauses + number if number < 0 else number)


def _parse_number(text: str, clauses: int, path: str) -> int:
    digits = text.removesuffix("%")
    if not digits.removeprefix("-").isdecimal() or len(digits) > 9:
        raise BadQuery(
            f"expected a number, a percentage or a condition such as '2<75%', got {shown(text)}",
            path,
        )
    number = int(digits)
    return int(clauses * number / 100) if text.endswith("%") else number
