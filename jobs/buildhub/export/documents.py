"""Records as the server has them, and how an export reads them: any of them may lack anything."""

from collections.abc import Callable, Mapping
from typing import Any

Document = dict[str, Any]
"""A record as the server has it."""

Write = Callable[[Document], None]
"""Writes a record to a file."""


def field_value(document: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field by its dotted name; None if there is none."""
    value: Any = document
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def field_text(document: Mapping[str, Any], name: str) -> str:
    """Return the value of a field as text; "" if there is none."""
    value = field_value(document, name)
    return "" if value is None else str(value)
