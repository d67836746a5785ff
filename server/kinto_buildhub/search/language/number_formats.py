"""Formats of numbers, such as ``0.00`` or ``#,##0 MB``: the patterns of Java's ``DecimalFormat``.

Elasticsearch takes them. Patterns with an exponent are not supported.
"""

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from kinto_buildhub.search.errors import BadQuery

_MAX_LENGTH = 100

_DIGITS = re.compile(r"(?P<integer>(?:[#,]*#)?[0,]*0|[#,]*#|)(?:\.(?P<fraction>0*#*))?", re.ASCII)
_FACTORS = {"%": 100.0, "\u2030": 1000.0}
# Enough for every double.
_EXACT = Context(prec=1500, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class _NumberFormat:
    """One pattern, taken apart.

    Attributes:
        around: what is before and after a number from 0.
        around_negative: what is before and after a negative number.
        factor: that numbers are multiplied by: 100 for ``%``.
        group: the number of digits between commas; 0 for none.
    """

    around: tuple[str, str]
    around_negative: tuple[str, str]
    factor: float
    group: int
    least_integer: int
    least_fraction: int
    most_fraction: int


def check_number_format(pattern: str, path: str) -> None:
    """Check a pattern.

    Raises:
        BadQuery: it is not one.
    """
    if len(pattern) > _MAX_LENGTH or _parsed(pattern) is None:
        raise BadQuery(
            f"expected a format of numbers, such as '0.00' or '#,##0', got {pattern[:60]!r}",
            path,
            "illegal_argument_exception",
        )


def format_number(value: float, pattern: str) -> str:
    """Return a number in a pattern that `check_number_format` has accepted."""
    found = _parsed(pattern)
    assert found is not None  # noqa: S101 - it was checked.
    if math.isnan(value):
        return "NaN"
    number = abs(float(value)) * found.factor
    text = "\u221e" if math.isinf(number) else _digits(number, found)
    is_negative = math.copysign(1, value) < 0
    before, after = found.around_negative if is_negative else found.around
    return before + text + after


def _digits(number: float, found: _NumberFormat) -> str:
    integer, _, fraction = f"{_rounded(number, found.most_fraction):f}".partition(".")
    integer = integer.lstrip("0").rjust(found.least_integer, "0")
    fraction = fraction.rstrip("0").ljust(found.least_fraction, "0")
    if not integer and not fraction:
        integer = "0"
    if found.group:
        integer = _grouped(integer, found.group)
    return f"{integer}.{fraction}" if fraction else integer


def _rounded(number: float, places: int) -> Decimal:
    """Return a number with at most this many places: half to even, of its exact value."""
    shortest = Decimal(repr(number))
    if -int(shortest.as_tuple().exponent) <= places:
        return shortest
    return Decimal(number).quantize(Decimal(1).scaleb(-places), context=_EXACT)


def _grouped(digits: str, size: int) -> str:
    start = len(digits) % size
    parts = [digits[at : at + size] for at in range(start, len(digits), size)]
    return ",".join([digits[:start], *parts] if start else parts)


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> _NumberFormat | None:
    """Return the parts of a pattern; None if it is not one."""
    sides = _split(pattern)
    if not 1 <= len(sides) <= 2 or any(side is None for side in sides):
        return None
    before, digits, after, factor = sides[0] or ("", "", "", 1.0)
    around = negative = before, after
    if len(sides) == 2:
        negative_before, _, negative_after, _ = sides[1] or ("", "", "", 1.0)
        negative = negative_before, negative_after
    if negative == around:
        negative = "-" + before, after
    found = _DIGITS.fullmatch(digits)
    if found is None or not re.search("[#0]", digits):
        return None
    integer, fraction = found["integer"], found["fraction"] or ""
    least_integer, least_fraction = integer.count("0"), fraction.count("0")
    # Of a pattern without a digit that has to be there, Java makes one necessary.
    if not least_integer and not least_fraction:
        least_integer, least_fraction = (1, 0) if integer else (0, 1)
    _, comma, last = integer.rpartition(",")
    return _NumberFormat(
        around,
        negative,
        factor,
        len(last) if comma else 0,
        least_integer,
        least_fraction,
        len(fraction),
    )


def _split(pattern: str) -> list[tuple[str, str, str, float] | None]:
    """Return what is before, in and after the digits, and the factor, of each side of ``;``."""
    sides: list[tuple[str, str, str, float] | None] = []
    before, digits, after, factor = "", "", "", 1.0
    is_quoted = False
    for part in re.findall(r"''|'|[^']", pattern):
        if part == "'":
            is_quoted = not is_quoted
        elif part == ";" and not is_quoted:
            sides.append((before, digits, after, factor))
            before, digits, after, factor = "", "", "", 1.0
        elif part in "#0,." and not is_quoted:
            if after:
                return [None]
            digits += part
        else:
            if not is_quoted:
                factor = _FACTORS.get(part, factor)
            text = "'" if part == "''" else part
            before, after = (before, after + text) if digits else (before + text, after)
    sides.append((before, digits, after, factor) if digits and not is_quoted else None)
    return sides
