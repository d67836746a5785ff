"""Values as a field's type holds them, from records and from queries."""

import math
import struct
from decimal import Decimal
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates import record_date
from kinto_buildhub.search.language.json_values import shown
from kinto_buildhub.search.mapping import FLOAT_TYPES, INTEGER_LIMITS, Field


def record_value(field: Field, value: Any) -> str | int | float | None:
    """Return what the index holds for a record's value; None if it does not fit the type.

    A value that does not fit stays in the record and is not indexed: one odd record never stops
    the others. Dates become milliseconds, false and true 0 and 1.
    """
    if field.is_keyword:
        text = as_text(value)
        return text if len(text) <= field.ignore_above else None
    if field.type == "text":
        return as_text(value)
    if field.type == "date":
        return record_date(value)
    if field.type == "boolean":
        return 0 if value == "" else as_flag(value)
    number = as_number(value)
    if number is None:
        return None
    if field.type in INTEGER_LIMITS:
        least, most = INTEGER_LIMITS[field.type]
        return int(number) if least <= number <= most else None
    return as_float(field, number)


def as_text(value: Any) -> str:
    """Return a value as the text that a keyword field holds."""
    if type(value) is str and value.isascii():  # The fast case.
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def double_text(number: float) -> str:
    """Return a number as Java writes it in the keys of buckets: ``1.0E7``."""
    text = repr(float(number))
    if number == 0 or 1e-3 <= abs(number) < 1e7 or not math.isfinite(number):
        return text
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - it is finite.
    first, *rest = map(str, digits)
    power = exponent + len(rest)
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{power}"


def as_number(value: Any) -> int | float | None:
    """Return a number, also from its digits as text; None if it is not a finite number."""
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


def as_flag(value: Any) -> int | None:
    """Return 1 for true and 0 for false, also for their names; None for anything else."""
    # In Python, 1 equals True.
    if isinstance(value, bool) or value in ("true", "false"):
        return int(value in (True, "true"))
    return None


def as_float(field: Field, number: float) -> float | None:
    """Return the number as a ``double`` or ``float`` field holds it."""
    if field.type == "double":
        return float(number)
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return None


def check_whole_number(field: Field, value: Any) -> None:
    """Check that a value of ``search_after`` is possible in a field of whole numbers.

    Raises:
        BadQuery: the number has more than 64 bits.
    """
    if field.type in FLOAT_TYPES or not (field.is_number or field.type == "date"):
        return
    least, most = INTEGER_LIMITS["long"]
    number = as_number(value)
    if number is not None and not least <= number <= most:
        raise BadQuery(
            f"expected a whole number of at most 64 bits for field {field.name!r}, "
            f"got {shown(value)}",
            "search_after",
            "number_format_exception",
        )


def query_number(field: Field, value: Any, path: str) -> int | float:
    """Return the number that a query compares a numeric or boolean field with.

    Raises:
        BadQuery: the value is not a number, or not true or false.
    """
    if field.type == "boolean":
        known = as_flag(value)
        if known is None:
            raise BadQuery(
                f"expected true or false for field {field.name!r}, got {shown(value)}",
                path,
                "query_shard_exception",
            )
        return known
    number = as_number(value)
    if number is None:
        raise BadQuery(
            f"expected a number for field {field.name!r}, got {shown(value)}",
            path,
            "number_format_exception",
        )
    return (as_float(field, number) or 0.0) if field.type in FLOAT_TYPES else number
