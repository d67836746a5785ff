"""Values of a request's JSON: text, numbers, flags, lists. Each mistake is named with its path."""

import math
from collections.abc import Iterator
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.tree import Scalar

# Elasticsearch's largest size. Programs send it for all buckets.
MAX_INTEGER = 2**31 - 1


def iter_list(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Yield a list's items with their paths; anything else is a list of one."""
    if not isinstance(value, list):
        yield value, path
        return
    for number, item in enumerate(value):
        yield item, f"{path}[{number}]"


def single(value: Any, path: str, what: str) -> tuple[str, Any, str]:
    """Return the one key of an object, its value and its path."""
    if not isinstance(value, dict):
        raise BadQuery(f"{what}: expected an object, got {shown(value)}", path)
    if len(value) != 1:
        found = ", ".join(sorted(map(str, value))) or "none"
        raise BadQuery(f"{what}: expected exactly one key, got {found}", path)
    ((name, body),) = value.items()
    return name, body, f"{path}.{name}" if path else name


def read_text(value: Any, path: str) -> str:
    """Return text; a number becomes its digits."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadQuery(f"expected text, got {shown(value)}", path)
    return str(value)


def read_scalar(value: Any, path: str) -> Scalar:
    """Return text, a finite number of at most 64 bits, true or false."""
    if not isinstance(value, (str, int, float, bool)):
        raise BadQuery(f"expected text, a number, true or false, got {shown(value)}", path)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadQuery(f"expected a finite number, got {value}", path)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise BadQuery(f"expected a whole number of at most 64 bits, got {shown(value)}", path)
    return value


def read_integer(value: Any, path: str) -> int:
    """Return a whole number, also from its digits as text."""
    number = read_number(value, path)
    if number != int(number):
        raise BadQuery(f"expected a whole number, got {shown(value)}", path)
    return int(number)


def read_number(value: Any, path: str) -> float:
    """Return a finite number, also from its digits as text."""
    number = _number_of(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise BadQuery(f"expected a number, got {shown(value)}", path)
    if isinstance(number, float) and not math.isfinite(number):
        raise BadQuery(f"expected a finite number, got {shown(value)}", path)
    if abs(number) >= 2**63:
        raise BadQuery(f"expected a number of at most 64 bits, got {shown(value)}", path)
    return number


def _number_of(text: str) -> int | float | None:
    try:
        if text.isascii() and len(text) < 20:
            return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def read_flag(value: Any, path: str) -> bool:
    """Return true or false, also from ``"true"`` and ``"false"``."""
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise BadQuery(f"expected true or false, got {shown(value)}", path)
    return value


def read_flag_parameter(text: str, path: str) -> bool:
    """Return what a parameter of the URL says; without a value it says true."""
    return read_flag(text or "true", path)


def shown(value: Any) -> str:
    """Return a value for messages, shortened."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
