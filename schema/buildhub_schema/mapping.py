"""The search mapping, as for Elasticsearch: the value of ``index:schema``."""

from typing import Any

from buildhub_schema.fields import Field, iter_groups


def search_mapping() -> dict[str, Any]:
    """Return the mapping of a record in the search index."""
    properties: dict[str, Any] = {
        "id": {"type": "keyword"},
        "last_modified": {"type": "long"},
        "schema": {"type": "long"},
    }
    for name, fields in iter_groups():
        properties[name] = {"properties": {field.leaf: _field_mapping(field) for field in fields}}
    return {"dynamic": "strict", "properties": properties}


def _field_mapping(field: Field) -> dict[str, Any]:
    mapping: dict[str, Any] = {"type": field.kind.value}
    if field.version:
        # As text, 9 comes after 100. The server computes a text that sorts correctly.
        mapping["fields"] = {"order": {"type": "version"}}
    return mapping
