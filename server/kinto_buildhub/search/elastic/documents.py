"""What an index on a cluster holds: its mapping, and what a record becomes in it.

A document is the record as it is, plus two properties that no mapping can name, which are indexed
and not kept: ``__id``, to list an index by, and ``__computed``, the values of computed fields.

A record that a server refuses (an object where the mapping has a text, a property without a name)
still has to be found and returned whole. It is kept under ``__record``, which no server looks into,
beside those of its values that can be indexed.
"""

import json
from typing import Any

import orjson

from kinto_buildhub.search.engine import Change
from kinto_buildhub.search.mapping import (
    FLOAT_TYPES,
    IGNORE_ABOVE,
    INTEGER_LIMITS,
    Field,
    Mapping,
    iter_values,
)

ID_FIELD = "__id"
COMPUTED_FIELD = "__computed"
RECORD_FIELD = "__record"

# Types whose values a server may find malformed, and leave out if told so.
_FORGIVING = FLOAT_TYPES | {*INTEGER_LIMITS, "date"}

Json = dict[str, Any]


def index_mapping(mapping: Mapping) -> Json:
    """Return *mapping* as every supported version takes it.

    Properties that it does not list are kept and not indexed, values that do not fit their field
    are left out of the index, as in the embedded engine.
    """
    properties: Json = {
        ID_FIELD: {"type": "keyword", "index": False},
        RECORD_FIELD: {"type": "object", "enabled": False},
    }
    for field in mapping.fields.values():
        path, holder = field.name.split("."), properties
        if field.is_computed:
            path = field.computed_name.split(".")
        elif len(path) > len(field.source):
            # A sub-field stands below the field that it shares the values of.
            holder = _at(holder, list(field.source)).setdefault("fields", {})
            path = path[-1:]
        _at(holder, path).update(_field_mapping(field))
    return {
        "dynamic": False,
        "_source": {"excludes": [ID_FIELD, f"{COMPUTED_FIELD}.*", COMPUTED_FIELD]},
        "properties": properties,
    }


def _at(properties: Json, path: list[str]) -> Json:
    """Return the place of a property below *properties*; make what leads there."""
    for name in path[:-1]:
        properties = properties.setdefault(name, {}).setdefault("properties", {})
    place: Json = properties.setdefault(path[-1], {})
    return place


def _field_mapping(field: Field) -> Json:
    if field.is_keyword:
        return {"type": "keyword", "ignore_above": IGNORE_ABOVE}
    if field.type in _FORGIVING:
        return {"type": field.type, "ignore_malformed": True}
    return {"type": field.type}


def build_document(change: Change, mapping: Mapping) -> bytes:
    """Return the document of a record that was created or changed, as JSON."""
    record = change.record or {}
    if any(name.startswith("__") for name in record):
        return build_wrapped_document(change, mapping)
    return _dump(record | {ID_FIELD: change.record_id} | _computed(record, mapping))


def build_wrapped_document(change: Change, mapping: Mapping | None) -> bytes:
    """Return the document of a record that a server refuses as it is.

    Args:
        change: the record's.
        mapping: tells what to try to index beside it; None: nothing.
    """
    record = change.record or {}
    document: Json = {ID_FIELD: change.record_id, RECORD_FIELD: record}
    if mapping is not None:
        document |= _computed(record, mapping)
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


def _computed(record: Json, mapping: Mapping) -> Json:
    values = {
        field.computed_name.removeprefix(f"{COMPUTED_FIELD}."): [*iter_values(field, record)]
        for field in mapping.fields.values()
        if field.is_computed
    }
    return {COMPUTED_FIELD: values} if values else {}


def _dump(document: Json) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:  # A number of more than 64 bits, which a JSON store may well hold.
        return json.dumps(document, ensure_ascii=False).encode()
