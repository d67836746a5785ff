"""Filters by a revision find it in both of its lengths."""

from collections.abc import Sequence
from typing import Any

from buildhub_schema.text.revisions import REVISION_FIELDS, after_all, is_long, is_short, shorten
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
        BadFilter: Kinto has no filter for it: 12 digits among others, or to be left out.
    """
    operator, field = parse_parameter(name)
    is_text = find_schema_type(schema, field) is SchemaType.STRING
    if field not in REVISION_FIELDS or operator not in _LISTS or not is_text:
        return None
    members = [value] if operator in _ONE else list(iter_members(value))
    return _filters(name, operator, field, [_unquoted(member) for member in members])


def _filters(name: str, operator: str, field: str, revisions: Sequence[str]) -> Pairs | None:
    if any(is_short(each) for each in revisions):
        if len(revisions) == 1 and _LISTS[operator] == "in":
            return _begins_with(field, revisions[0])
        raise BadFilter(
            name,
            f"expected revisions of 40 digits; one of 12 finds those of 40 only by itself, as "
            f"{field}={next(filter(is_short, revisions))}, or in a search",
        )
    short = [shorten(each) for each in revisions if is_long(each)]
    if not short:
        return None
    every = ",".join(map(json.dumps, dict.fromkeys([*revisions, *short])))
    return [(f"{_LISTS[operator]}_{field}", every)]


def _begins_with(field: str, revision: str) -> Pairs:
    return [
        (f"min_{field}", json.dumps(revision)),
        (f"lt_{field}", json.dumps(after_all(revision))),
        (f"has_{field}", "true"),
    ]


def _unquoted(value: str) -> str:
    native = native_value(value)
    return native if isinstance(native, str) else value
