"""Values as fields hold them: what a record's value, or one in a query, becomes for a type."""

import math
import struct
from decimal import Decimal
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates import record_date
from kinto_buildhub.search.language.json_values import shown
from kinto_buildhub.search.mapping import FLOAT_TYPES, IGNORE_ABOVE, INTEGER_LIMITS, Field


def record_value(field: Field, value: Any) -> str | int | float | None:
    """Return what the index holds for a record's value; None if it cannot be of the type.

    Such a value is left out of the index, and stays in the record: one odd record never stops
    the others. Dates become milliseconds, truth values 0 and 1.
    """
    if field.is_keyword:
        text = as_text(value)
        return text if len(text) <= IGNORE_ABOVE else None
    if field.type == "text":
        return as_text(value)
    if field.type == "date":
        return record_date(value)
    if field.type == "boolean":
        return {True: 1, False: 0, "true": 1, "false": 0, "": 0}.get(value)
    number = as_number(value)
    if number is None:
        return None
    if field.type in INTEGER_LIMITS:
        least, most = INTEGER_LIMITS[field.type]
        return int(number) if least <= number <= most else None
    return as_float(field, number)


def as_text(value: Any) -> str:
    """Return a scalar as the text that a keyword field holds."""
    if type(value) is str and value.isascii():  # Nearly all are.
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def double_text(number: float) -> str:
    """Return a number as Java writes it, which keys of buckets are made of: ``1.0E7``."""
    text = repr(float(number))
    if number == 0 or 1e-3 <= abs(number) < 1e7 or not math.isfinite(number):
        return text
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - it is finite.
    first, *rest = map(str, digits)
    power = exponent + len(rest)
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{power}"


def as_number(value: Any) -> int | float | None:
    """Return a number, from its digits too; None if it is none, or endless."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = int(value) if len(value) < 20 else float(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (int, float)) else None


def as_float(field: Field, number: float) -> float | None:
    """Return the number as a ``double`` or ``float`` field holds it."""
    if field.type == "double":
        return float(number)
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return None


def query_number(field: Field, value: Any, path: str) -> int | float:
    """Return a number that a query compares a numeric or boolean field with.

    Raises:
        BadQuery: it is none.
    """
    if field.type == "boolean":
        known = {True: 1, False: 0, "true": 1, "false": 0, "": 0}.get(value)
        if known is None:
            raise BadQuery(
                f"field {field.name!r} holds true or false, got {shown(value)}",
                path,
                "query_shard_exception",
            )
        return known
    number = as_number(value)
    if number is None:
        raise BadQuery(
            f"field {field.name!r} holds numbers, got {shown(value)}",
            path,
            "number_format_exception",
        )
    return (as_float(field, number) or 0.0) if field.type in FLOAT_TYPES else number
