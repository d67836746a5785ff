"""An index on a cluster: its mapping, and the document of a record.

A document is the record as it is, plus ``__computed``: the values of computed fields, which are
indexed and not stored. No mapping can have a field of this name.

A record that a server refuses (an object where the mapping has a text, a property without a name)
still has to be found and returned whole. It is stored under ``__record``, which no server parses,
beside those of its values that can be indexed.
"""

import json
from typing import Any

import orjson

from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.mapping import (
    FLOAT_TYPES,
    INTEGER_LIMITS,
    Field,
    Mapping,
    iter_values,
)

COMPUTED_FIELD = "__computed"
# The timestamp, also of collections whose mapping does not have `last_modified`. No field of a
# mapping has a computed name without underscores.
MODIFIED_FIELD = f"{COMPUTED_FIELD}.modified"
RECORD_FIELD = "__record"

# Types that servers can leave out of the index where a value is malformed.
_LENIENT_TYPES = FLOAT_TYPES | {*INTEGER_LIMITS, "date"}

Json = dict[str, Any]


def index_mapping(mapping: Mapping) -> Json:
    """Return *mapping* as every supported version takes it.

    As in the embedded engine, properties that it does not list are stored and not indexed, and
    values that do not fit their field are not indexed.
    """
    properties: Json = {
        RECORD_FIELD: {"type": "object", "enabled": False},
        COMPUTED_FIELD: {"properties": {MODIFIED_FIELD.split(".")[1]: {"type": "long"}}},
    }
    for field in mapping.fields.values():
        path, holder = field.name.split("."), properties
        if field.is_computed:
            path = field.computed_name.split(".")
        elif len(path) > len(field.source):
            # A sub-field is below the field whose values it has.
            holder = _at(holder, list(field.source)).setdefault("fields", {})
            path = path[-1:]
        _at(holder, path).update(_field_mapping(field))
    return {
        "dynamic": False,
        "_source": {"excludes": [f"{COMPUTED_FIELD}.*", COMPUTED_FIELD]},
        "properties": properties,
    }


def _at(properties: Json, path: list[str]) -> Json:
    """Return the mapping of a property below *properties*, creating the objects on the way."""
    for name in path[:-1]:
        properties = properties.setdefault(name, {}).setdefault("properties", {})
    place: Json = properties.setdefault(path[-1], {})
    return place


def _field_mapping(field: Field) -> Json:
    if field.is_keyword:
        return {"type": "keyword", "ignore_above": field.ignore_above}
    if field.type in _LENIENT_TYPES:
        return {"type": field.type, "ignore_malformed": True}
    return {"type": field.type}


def build_document(change: Change, mapping: Mapping) -> bytes:
    """Return the document of a record that was created or changed, as JSON."""
    record = change.record or {}
    if any(name.startswith("__") for name in record):
        return build_wrapped_document(change, mapping)
    return _dump(record | _computed(change, mapping))


def build_wrapped_document(change: Change, mapping: Mapping | None) -> bytes:
    """Return the document of a record that a server refuses as it is.

    Args:
        change: the record's.
        mapping: of the values to index; None indexes none.
    """
    record = change.record or {}
    document: Json = {RECORD_FIELD: record} | _computed(change, mapping)
    if mapping is not None:
        for field in mapping.fields.values():
            if field.name == ".".join(field.source) and not field.is_computed:
                _put(document, field, [*iter_values(field, record)])
    return _dump(document)


def _put(document: Json, field: Field, values: list[Any]) -> None:
    if field.type == "boolean":
        values = [value for value in values if isinstance(value, bool)]
    if values:
        for name in field.source[:-1]:
            document = document.setdefault(name, {})
        document[field.source[-1]] = values


def _computed(change: Change, mapping: Mapping | None) -> Json:
    values: Json = {MODIFIED_FIELD.split(".")[1]: change.timestamp}
    for field in () if mapping is None else mapping.fields.values():
        if field.is_computed:
            name = field.computed_name.removeprefix(f"{COMPUTED_FIELD}.")
            values[name] = [*iter_values(field, change.record or {})]
    return {COMPUTED_FIELD: values}


def _dump(document: Json) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:  # A number of more than 64 bits.
        return json.dumps(document, ensure_ascii=False).encode()
