"""Filters by a revision find it in both of its lengths."""

from collections.abc import Sequence
from typing import Any

from buildhub_schema.text.revisions import (
    LONG,
    REVISION_FIELDS,
    SHORT,
    after_all,
    has_another_length,
    is_long,
    is_short,
    shorten,
)
from kinto.core.utils import json, native_value

from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.filters.typed import Pairs, iter_members, parse_parameter
from kinto_buildhub.schema_types import SchemaType, find_schema_type

_ONE = ("eq", "not")
# Kinto's operators for a list, by those of the same sense.
_LISTS = {"eq": "in", "in": "in", "not": "exclude", "exclude": "exclude"}


def expand_revision(name: str, value: str, schema: dict[str, Any]) -> Pairs | None:
    """Return Kinto's filters for revisions in either length; None where nothing changes.

    Raises:
        BadFilter: Kinto has no filter for it: 12 digits among others, or to be left out; or it has
            another number of digits, which no record has.
    """
    operator, field = parse_parameter(name)
    is_text = find_schema_type(schema, field) is SchemaType.STRING
    if field not in REVISION_FIELDS or operator not in _LISTS or not is_text:
        return None
    members = [value] if operator in _ONE else list(iter_members(value))
    given = [_unquoted(member) for member in members]
    for each in given:
        _check_length(name, field, each)
    return _filters(name, operator, field, given)


def _check_length(name: str, field: str, value: str) -> None:
    if has_another_length(value.lower()):
        raise BadFilter(
            name,
            f"expected a revision of {SHORT} or {LONG} digits, got {len(value)}: {value}; "
            f"like_{field} finds a part of one",
        )


def _filters(name: str, operator: str, field: str, given: Sequence[str]) -> Pairs | None:
    revisions = [_in_lower_case(each) for each in given]
    short = [shorten(each) for each in revisions if is_long(each)]
    alone = [each for each in revisions if is_short(each) and each not in short]
    if alone:
        if len(revisions) == 1 and _LISTS[operator] == "in":
            return _begins_with(field, revisions[0])
        raise BadFilter(
            name,
            f"expected revisions of 40 digits; one of 12 finds those of 40 only by itself, as "
            f"{field}={alone[0]}, or in a search",
        )
    if not short:
        return None
    every = ",".join(map(json.dumps, dict.fromkeys([*given, *revisions, *short])))
    return [(f"{_LISTS[operator]}_{field}", every)]


def _in_lower_case(value: str) -> str:
    """Return a revision as records have it; anything else as it is."""
    lower = value.lower()
    return lower if is_short(lower) or is_long(lower) else value


def _begins_with(field: str, revision: str) -> Pairs:
    return [
        (f"min_{field}", json.dumps(revision)),
        (f"lt_{field}", json.dumps(after_all(revision))),
        (f"has_{field}", "true"),
    ]


def _unquoted(value: str) -> str:
    native = native_value(value)
    return native if isinstance(native, str) else value
