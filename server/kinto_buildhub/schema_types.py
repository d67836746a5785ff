"""The types that a collection's JSON schema gives its fields.

Only an explicit ``type`` counts. A ``$ref``, a choice of types or a combination of schemas may
well mean a string, but Kinto then reads the value in its own way.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any


class SchemaType(Enum):
    """How the values of a field compare."""

    STRING = "string"
    INTEGER = "integer"
    STRINGS = "array of strings"


_SINGLE_VALUES = ("string", "integer", "number", "boolean", "null")
_BY_TYPE = {"string": SchemaType.STRING, "integer": SchemaType.INTEGER}


def find_schema_type(schema: dict[str, Any], field: str) -> SchemaType | None:
    """Return the type of *field*, a dotted path; None where the schema leaves it open.

    A record's ``id`` is text whatever the schema says, and ``last_modified`` is Kinto's own.
    """
    if field == "id":
        return SchemaType.STRING
    if field == "last_modified":
        return None
    found = find_property(schema, field)
    return _explicit_type(found) if found else None


def find_property(schema: Any, field: str) -> dict[str, Any] | None:
    """Return the sub-schema of *field*, a dotted path, or None."""
    for name in field.split("."):
        properties = _properties(schema)
        if name not in properties:
            return None
        schema = properties[name]
    return schema if isinstance(schema, dict) else None


def is_open(schema: Any) -> bool:
    """Return whether an object may have fields that its schema does not describe."""
    if not isinstance(schema, dict) or "$ref" in schema or "patternProperties" in schema:
        return True
    return schema.get("additionalProperties") is not False


def is_impossible(schema: Any, field: str) -> bool:
    """Return whether no record can have *field*, a dotted path."""
    for name in field.split("."):
        if is_open(schema):
            # Nothing is below a text or a number.
            return isinstance(schema, dict) and schema.get("type") in _SINGLE_VALUES
        if name not in _properties(schema):
            return True
        schema = _properties(schema)[name]
    return False


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
    """Return the field marked ``x-published``: the date when the record's subject was published."""
    return next((name for name, sub in iter_properties(schema) if sub.get("x-published")), None)


def _explicit_type(schema: dict[str, Any]) -> SchemaType | None:
    if "$ref" in schema:
        return None
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items")
        is_text = isinstance(items, dict) and _explicit_type(items) is SchemaType.STRING
        return SchemaType.STRINGS if is_text else None
    return _BY_TYPE.get(kind) if isinstance(kind, str) else None


def _properties(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict) or "$ref" in schema:
        return {}
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}
