"""What a collection's JSON schema declares of a field.

Only what a schema says plainly counts. A ``$ref``, a choice of types or a combination of schemas
may well mean a string, but then Kinto's own reading stays.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any


class Declared(Enum):
    """How the values of a field compare."""

    STRING = "string"
    INTEGER = "integer"
    STRINGS = "array of strings"


_BY_TYPE = {"string": Declared.STRING, "integer": Declared.INTEGER}


def declared_type(schema: dict[str, Any], field: str) -> Declared | None:
    """Return how *field*, a dotted path, is declared; None where the schema leaves it open.

    A record's ``id`` is text whatever the schema says, and ``last_modified`` is Kinto's own.
    """
    if field == "id":
        return Declared.STRING
    if field == "last_modified":
        return None
    found = find_property(schema, field)
    return _plain_type(found) if found else None


def find_property(schema: Any, field: str) -> dict[str, Any] | None:
    """Return the sub-schema of *field*, a dotted path, or None."""
    for name in field.split("."):
        properties = _properties(schema)
        if name not in properties:
            return None
        schema = properties[name]
    return schema if isinstance(schema, dict) else None


def iter_properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the dotted path and sub-schema of each field, groups included, in their order."""
    waiting = [("", schema)]
    while waiting:
        path, schema = waiting.pop()
        if path and isinstance(schema, dict):
            yield path, schema
        prefix = f"{path}." if path else ""
        waiting += [(prefix + name, sub) for name, sub in reversed(_properties(schema).items())]


def published_field(schema: dict[str, Any]) -> str | None:
    """Return the field marked ``x-published``: when a record's thing came out."""
    return next((name for name, sub in iter_properties(schema) if sub.get("x-published")), None)


def _plain_type(schema: dict[str, Any]) -> Declared | None:
    if "$ref" in schema:
        return None
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items")
        is_text = isinstance(items, dict) and _plain_type(items) is Declared.STRING
        return Declared.STRINGS if is_text else None
    return _BY_TYPE.get(kind) if isinstance(kind, str) else None


def _properties(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict) or "$ref" in schema:
        return {}
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}
