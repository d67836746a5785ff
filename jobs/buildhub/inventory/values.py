"""Values in manifests."""

from typing import Any

_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}


def expect(value: Any, kind: type, name: str) -> Any:
    """Return *value*; ValueError where it is of another kind than JSON should have there."""
    if not isinstance(value, kind):
        raise ValueError(f"{name}: expected {_KINDS[kind]}, got {str(value)[:40]!r}")
    return value
