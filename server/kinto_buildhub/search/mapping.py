"""A collection's search mapping (``index:schema``), and a record's values for its fields.

The mapping is Elasticsearch's, limited to what both engines support. The type ``version`` has a
meaning of its own: as a sub-field of a keyword (``"fields": {"order": {"type": "version"}}``) it
holds a text that sorts as versions do. It is computed here, so both engines have it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from buildhub_schema.versions import version_order

METADATA_KEY = "index:schema"

KEYWORD_TYPES = frozenset({"keyword", "version"})
INTEGER_LIMITS = {
    "long": (-(2**63), 2**63 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
}
FLOAT_TYPES = frozenset({"double", "float"})
TYPES = KEYWORD_TYPES | FLOAT_TYPES | frozenset({*INTEGER_LIMITS, "text", "date", "boolean"})

# Lucene has no longer terms. A longer keyword stays in the record and is not indexed.
IGNORE_ABOVE = 8191

MAX_FIELDS = 1000
MAX_DEPTH = 20


class BadMapping(ValueError):
    """``index:schema`` is not valid; the message names the property and what is expected."""


@dataclass(frozen=True, slots=True)
class Field:
    """One searchable field.

    Attributes:
        name: as in a query: ``target.version``, ``target.version.order``.
        type: one of `TYPES`.
        source: the path of the record's property that it is read from.
        ignore_above: longer keywords stay in the record and are not indexed.
        lists_ignored: hits list that values of it are not indexed.
    """

    name: str
    type: str
    source: tuple[str, ...]
    ignore_above: int = IGNORE_ABOVE
    lists_ignored: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.type in INTEGER_LIMITS or self.type in FLOAT_TYPES

    @property
    def is_keyword(self) -> bool:
        """Whether it holds text that is not analyzed."""
        return self.type in KEYWORD_TYPES

    @property
    def is_computed(self) -> bool:
        """Whether its values are computed from the record, not contained in it."""
        return self.type == "version"

    @property
    def computed_name(self) -> str:
        """The property with the computed values, for engines that store whole records."""
        return "__computed." + self.name.replace(".", "__")


class Mapping:
    """The fields of a collection's index.

    Args:
        properties: the content of ``index:schema``: ``{"properties": {…}}``. ``dynamic`` has no
            effect: what the mapping does not list is returned with the record, but not searchable.

    Raises:
        BadMapping: it is not a mapping, or contains something that is not supported.
    """

    def __init__(self, properties: Any) -> None:
        self.body = properties
        self.fields: dict[str, Field] = {}
        if not isinstance(properties, dict) or not isinstance(properties.get("properties"), dict):
            raise BadMapping(f'{METADATA_KEY}: expected {{"properties": {{…}}}}.')
        for field in _iter_fields(properties["properties"], (), depth=1):
            self.fields[field.name] = field
        if len(self.fields) > MAX_FIELDS:
            raise BadMapping(
                f"{METADATA_KEY}: expected at most {MAX_FIELDS} fields, got {len(self.fields)}."
            )

    @cached_property
    def fields_with_ignored(self) -> tuple[Field, ...]:
        """The fields of whose values hits list which are not indexed."""
        return tuple(field for field in self.fields.values() if field.lists_ignored)

    def get(self, name: str) -> Field | None:
        """Return the field of this name; None if the mapping does not have it."""
        return self.fields.get(name)

    def below(self, name: str) -> list[Field]:
        """Return the fields in the object *name*: their names start with it and a dot."""
        return [field for other, field in self.fields.items() if other.startswith(name + ".")]

    @property
    def fingerprint(self) -> str:
        """A hash that differs for mappings that need different indexes."""
        fields: list[tuple[str, ...]] = [
            (field.name, field.type, str(field.ignore_above))
            if field.lists_ignored
            else (field.name, field.type)
            for field in self.fields.values()
        ]
        return hashlib.sha256(json.dumps(sorted(fields)).encode()).hexdigest()[:16]


def read_mapping(collection: dict[str, Any]) -> Mapping | BadMapping:
    """Return the mapping in a collection's metadata, or what is wrong with it."""
    try:
        return Mapping(collection[METADATA_KEY])
    except BadMapping as exc:
        return exc


def iter_values(field: Field, record: Any) -> Iterator[Any]:
    """Yield the record's values for *field*: lists flattened, computed ones computed."""
    found = record
    for step in field.source:  # The fast case: objects down to a text.
        found = found.get(step) if type(found) is dict else None
    if type(found) is str and not field.is_computed:
        yield found
        return
    for value in _iter_at(record, field.source):
        if not field.is_computed:
            yield value
        elif isinstance(value, str):
            yield version_order(value)


def _iter_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _iter_at(item, path)
    elif not path:
        if value is not None and not isinstance(value, dict):
            yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _iter_at(value[path[0]], path[1:])


def _iter_fields(properties: Any, path: tuple[str, ...], depth: int) -> Iterator[Field]:
    where = ".".join((METADATA_KEY, *path))
    if not isinstance(properties, dict):
        raise BadMapping(f"{where}: expected an object of properties.")
    if depth > MAX_DEPTH:
        raise BadMapping(f"{where}: nested deeper than {MAX_DEPTH}.")
    for name, body in properties.items():
        yield from _iter_property(body, (*path, name), depth)


def _iter_property(body: Any, path: tuple[str, ...], depth: int) -> Iterator[Field]:
    where = ".".join((METADATA_KEY, *path))
    if not isinstance(body, dict):
        raise BadMapping(f'{where}: expected an object such as {{"type": "keyword"}}.')
    if not path[-1] or "." in path[-1] or path[-1].startswith("__"):
        raise BadMapping(f"{where}: a property's name has no dot and no leading '__'.")
    if "properties" in body:
        yield from _iter_fields(body["properties"], path, depth + 1)
        return
    if body.get("type", "object") == "object":
        return
    yield _field(body, path, path)
    sub_fields = body.get("fields", {})
    if not isinstance(sub_fields, dict):
        raise BadMapping(f"{where}.fields: expected an object of sub-fields.")
    for name, sub_body in sub_fields.items():
        if not isinstance(sub_body, dict) or not name or "." in name:
            raise BadMapping(f'{where}.fields.{name}: expected {{"type": …}}.')
        yield _field(sub_body, (*path, name), path)


def _field(body: dict[str, Any], path: tuple[str, ...], source: tuple[str, ...]) -> Field:
    if body.get("type") not in TYPES:
        raise BadMapping(
            f"{'.'.join((METADATA_KEY, *path))}: type {body.get('type')!r} is not supported; "
            f"expected one of {', '.join(sorted(TYPES))}."
        )
    ignore_above = _ignore_above(body)
    lists_ignored = ignore_above < IGNORE_ABOVE or body.get("ignore_malformed") is True
    return Field(".".join(path), body["type"], source, ignore_above, lists_ignored)


def _ignore_above(body: dict[str, Any]) -> int:
    limit = body.get("ignore_above")
    is_valid = type(limit) is int and limit > 0 and body["type"] == "keyword"
    return min(int(limit or 0), IGNORE_ABOVE) if is_valid else IGNORE_ABOVE
