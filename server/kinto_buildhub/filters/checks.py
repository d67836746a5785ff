"""Names and values in a query string that the collection's schema rules out.

Kinto ignores parameters that it does not know, and finds nothing by fields that no record has. Both
look like an answer, so they are refused here, with the nearest name that exists.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from kinto.core.utils import native_value

from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.filters.typed import (
    Pairs,
    begins_list,
    iter_members,
    parse_list,
    parse_parameter,
)
from kinto_buildhub.schema_types import find_property, is_impossible, is_open, iter_properties

# Kinto's, and `_expected`, with which its clients get past caches.
_PARAMETERS = ("_limit", "_sort", "_token", "_since", "_before", "_to", "_fields", "_expected")
_BOUNDS = ("gte", "lt")
# Of any record, whatever its schema.
_FIELDS = ("id", "last_modified", "schema", "deleted")

_ORDERED = frozenset({*_BOUNDS, "gt", "min", "max"})
_LISTS = frozenset({"in", "exclude"})
_MEMBERS = frozenset({"contains", "contains_any"})
_DATED = frozenset({*_ORDERED, *_LISTS, "eq", "not"})

# A moment in UTC, or the beginning of one.
_DATE = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?)?)?)?Z?|\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d",
    re.ASCII,
)
_MOMENT_LENGTH = len("2017-05-01T12:00:00")
_FIRST_MOMENT = "0001-01-01T00:00:00"


def check_list(pairs: Pairs, schema: dict[str, Any]) -> None:
    """Check the parameters of a list of records.

    A schema that allows fields which it does not describe rules nothing out.

    Raises:
        BadFilter: an unknown parameter or field, or a value that no such field can have.
    """
    if is_open(schema):
        return
    for name, value in pairs:
        name = name.strip()
        if name.startswith("_"):
            _check_parameter(name, value, schema)
        else:
            _check_filter(name, value, schema)


def check_object(pairs: Pairs, schema: dict[str, Any]) -> None:
    """Check Kinto's parameters of a single record; others it has never had.

    Raises:
        BadFilter: an unknown parameter, or an unknown field in ``_fields``.
    """
    if is_open(schema):
        return
    for name, value in pairs:
        if name.strip().startswith("_"):
            _check_parameter(name.strip(), value, schema)


def _check_parameter(name: str, value: str, schema: dict[str, Any]) -> None:
    if name not in _PARAMETERS:
        raise BadFilter(name, f"no such parameter{_meant(name, _PARAMETERS)}")
    if name in ("_sort", "_fields"):
        for field in _named_fields(value):
            _check_field(name, field, schema)
            if name == "_sort":
                _check_sortable(field, schema)


def _named_fields(value: str) -> Iterator[str]:
    for item in value.split(","):
        field = item.strip().lstrip("+-").strip()
        if field:
            yield field


def _check_sortable(field: str, schema: dict[str, Any]) -> None:
    found = find_property(schema, field) or {}
    if found.get("type") in ("object", "array"):
        below = [name for name, _ in iter_properties(schema) if name.startswith(f"{field}.")]
        example = f", as {below[0]}" if below else ""
        raise BadFilter("_sort", f"{field} has no order; expected a field with one value{example}")


def _check_filter(name: str, value: str, schema: dict[str, Any]) -> None:
    if name == "date_range":
        return
    operator, field = parse_parameter(name)
    if name in _BOUNDS:
        operator, (field, bound, value) = name, value.partition(",")
        field = field.strip()
        if not (field and bound):
            return  # Said when the bound is translated.
    _check_field(name, field, schema, name.removesuffix(field))
    declared = find_property(schema, field) or {}
    _check_kind(name, operator, value, declared)
    check = _VALUE_CHECKS.get(operator)
    if check is not None:
        check(name, operator, value, declared)


def _check_kind(name: str, operator: str, value: str, declared: dict[str, Any]) -> None:
    """Refuse values that no field of the *declared* kind has, whichever they are."""
    kind = declared.get("type")
    if operator in _MEMBERS and kind in ("object", "string", "integer", "number", "boolean"):
        raise BadFilter(name, "expected a field that holds a list")
    # Kinto compares groups with JSON objects.
    is_whole = operator in ("eq", "not") and isinstance(native_value(value), dict)
    if kind == "object" and operator != "has" and not is_whole:
        raise BadFilter(name, "expected a field with one value, not a group of fields")
    if operator in _LISTS and begins_list(value) and parse_list(value) is None:
        raise BadFilter(
            name, f"expected a JSON list of texts or numbers, or values and commas, got {value!r}"
        )


def _check_field(name: str, field: str, schema: dict[str, Any], operator: str = "") -> None:
    if field in _FIELDS or not is_impossible(schema, field):
        return
    every = [*_FIELDS[:2], *(path for path, _ in iter_properties(schema))]
    if name.endswith(field):
        parameters = [*(operator + path for path in every), *_PARAMETERS, *_BOUNDS, "date_range"]
        raise BadFilter(name, f"no such field{_meant(name, parameters)}")
    raise BadFilter(name, f"no such field: {field}{_meant(field, every)}")


def _meant(name: str, known: Any) -> str:
    """Return a question with the nearest name, if one is near."""
    candidates = list(known)
    same_end = [each for each in candidates if each.endswith(f".{name}")]
    near = same_end or get_close_matches(name, candidates, n=1)
    return f"; is {near[0]} meant?" if near else ""


def _check_date(name: str, operator: str, value: str, declared: dict[str, Any]) -> None:
    if declared.get("format") != "date-time":
        return
    for member in iter_members(value) if operator in _LISTS else [value]:
        native = native_value(member)
        text = native if isinstance(native, str) else member
        if not _is_date(text, may_have_offset=operator not in _ORDERED):
            raise BadFilter(
                name,
                "expected a date in UTC, or its beginning, as 2017-05-01 or 2017-05-01T12:00:00Z, "
                f"got {text!r}",
            )
        if operator not in _ORDERED and len(text) < _MOMENT_LENGTH:
            raise BadFilter(
                name,
                f"no record's date equals {text!r}; expected a moment, as 2017-05-01T12:00:00Z, or "
                "gte and lt for all in between",
            )


def _is_date(text: str, *, may_have_offset: bool) -> bool:
    if not _DATE.fullmatch(text):
        return False
    local, offset = text[:19], text[19:]
    if not may_have_offset and re.search(r"[+-]", offset):
        return False
    moment = local.removesuffix("Z")
    try:
        datetime.fromisoformat(moment + _FIRST_MOMENT[len(moment) :])
    except ValueError:
        return False
    return True


def _check_presence(name: str, operator: str, value: str, declared: dict[str, Any]) -> None:
    if native_value(value) not in (True, False):
        raise BadFilter(name, f"expected true or false, got {value!r}")


_VALUE_CHECKS: dict[str, Callable[[str, str, str, dict[str, Any]], None]] = {
    **dict.fromkeys(_DATED, _check_date),
    "has": _check_presence,
}
