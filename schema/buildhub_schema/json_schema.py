"""The JSON schema that the server checks records against.

Besides the standard keywords a property has annotations for the server plugin: ``x-facet``,
``x-sortable``, ``x-published`` and ``x-unit``. Validators ignore them.
"""

from typing import Any

from buildhub_schema.fields import Field, Kind, iter_groups

# Only the form; parsers find that the 31st of February does not exist. No \d, as it matches digits
# of other scripts too in one of the two validators.
DATE_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
)


def json_schema() -> dict[str, Any]:
    """Return the schema of a record, in draft 7, without ``id`` and the fields of the server."""
    groups = dict(iter_groups())
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, fields in groups.items() if any(f.required for f in fields)],
        "properties": {name: _group_schema(fields) for name, fields in groups.items()},
    }


def _group_schema(fields: list[Field]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.leaf: _field_schema(field) for field in fields},
    }
    required = [field.leaf for field in fields if field.required]
    if required:
        schema["required"] = required
    return schema


def _field_schema(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": field.name, "description": field.help}
    if field.kind is Kind.LONG:
        schema |= {"type": "integer", "minimum": 0}
    else:
        schema["type"] = "string"
    if field.kind is Kind.DATE:
        schema |= {"format": "date-time", "pattern": DATE_PATTERN}
    if field.choices:
        schema["enum"] = list(field.choices)
    annotations = {
        "x-facet": field.facet,
        "x-sortable": field.sortable,
        "x-published": field.published,
        "x-unit": field.unit,
    }
    return schema | {name: value for name, value in annotations.items() if value}
