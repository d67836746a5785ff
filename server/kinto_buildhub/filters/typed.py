"""Query strings in which each value has the type that its field declares.

Pure: pairs of a query string and a JSON schema in, pairs in Kinto's own language out. Doing it
twice changes nothing, so the address of a next page can be followed.
"""

import json as stdlib_json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kinto.core.utils import COMPARISON, json, native_value

from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.schema_types import SchemaType, find_schema_type

Pairs = list[tuple[str, str]]

_KEYWORDS = "|".join(operator.name.lower() for operator in COMPARISON)
_PARAMETER = re.compile(rf"({_KEYWORDS})_([\w.]+)")
_QUOTED_MEMBER = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)', re.DOTALL)
_NUMBER = re.compile(r"(-?)([0-9]+)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")

_ONE = {"eq", "not", "lt", "gt", "min", "max"}
_MANY = {"in", "exclude"}
_COMPARED = (SchemaType.STRING, SchemaType.INTEGER)


def typed_query(pairs: Iterable[tuple[str, str]], schema: dict[str, Any]) -> Pairs:
    """Rewrite the values of fields that *schema* declares.

    Text is put in JSON quotes, numbers of integer fields lose theirs. All else stays as it is:
    other names, ``has_…``, and fields that the schema leaves open.

    Raises:
        BadFilter: a value for an integer field is not a number.
    """
    return [(name, _typed_value(name, value, schema)) for name, value in merge_lists(pairs, schema)]


def parse_parameter(name: str) -> tuple[str, str]:
    """Return operator and field that Kinto reads in a parameter: ``min_a.b`` is (min, a.b)."""
    name = name.strip()
    found = _PARAMETER.fullmatch(name)
    return (found[1], found[2]) if found else ("eq", name)


def typed_text(parameter: str, field: str, value: str, schema_type: SchemaType | None) -> str:
    """Return one *value* as Kinto has to read it, to compare as *field* is declared.

    Raises:
        BadFilter: not a number though the field is an integer; names *parameter*.
    """
    if schema_type is SchemaType.STRING:
        return _quote(_unquote(value))
    if schema_type is SchemaType.INTEGER:
        return _number(parameter, field, value)
    return value


def _typed_value(name: str, value: str, schema: dict[str, Any]) -> str:
    operator, field = parse_parameter(name)
    schema_type = None if field.startswith("_") else find_schema_type(schema, field)
    rewrite = _REWRITES.get((operator, schema_type))
    return rewrite(name, field, value, schema_type) if rewrite else value


def _typed_list(parameter: str, field: str, value: str, schema_type: SchemaType | None) -> str:
    # Kinto splits at every comma, so those inside a member hide behind JSON's other spelling.
    return ",".join(
        typed_text(parameter, field, member, schema_type).replace(",", "\\u002c")
        for member in iter_members(value)
    )


def _typed_member(parameter: str, field: str, value: str, schema_type: SchemaType | None) -> str:
    """Quote what ``contains_…`` looks for, unless it is a JSON list already."""
    return value if isinstance(native_value(value), list) else _quote(_unquote(value))


def iter_members(value: str) -> Iterator[str]:
    """Split at commas, but not inside JSON quotes; as in Kinto, empty members do not count.

    A JSON list has the members that it lists.
    """
    listed = parse_list(value)
    if listed is not None:
        yield from listed
        return
    position = 0
    while position < len(value):
        quoted = _QUOTED_MEMBER.match(value, position)
        if quoted and native_value(quoted[1]) != quoted[1]:
            yield quoted[1]
            position = quoted.end()
            continue
        end = value.find(",", position)
        end = len(value) if end < 0 else end
        if end > position:
            yield value[position:end]
        position = end + 1


def parse_list(value: str) -> list[str] | None:
    """Return the members of a JSON list of texts and numbers; None for anything else."""
    if not begins_list(value):
        return None
    try:
        # Numbers as they are written: 56.10 is not 56.1.
        listed = stdlib_json.loads(value, parse_int=_Number, parse_float=_Number)
    except ValueError:
        return None
    if not all(isinstance(member, str) for member in listed):
        return None
    return [str(m) if isinstance(m, _Number) else _quote(m) for m in listed]


def begins_list(value: str) -> bool:
    """Return whether *value* is meant as a JSON list."""
    return value.lstrip().startswith("[")


class _Number(str):
    """The digits of a number."""

    __slots__ = ()


def merge_lists(pairs: Iterable[tuple[str, str]], schema: dict[str, Any]) -> Pairs:
    """Join ``in_f=a&in_f=b``, each value one member; Next-Page would keep only the last of them."""
    pairs = list(pairs)
    repeated = {name for name, count in Counter(name for name, _ in pairs).items() if count > 1}
    merged: dict[str, list[str]] = {}
    result: Pairs = []
    for name, value in pairs:
        operator, field = parse_parameter(name)
        if (
            name in repeated
            and operator in _MANY
            and find_schema_type(schema, field) is SchemaType.STRING
        ):
            members = parse_list(value) or [value]
            merged.setdefault(name, []).extend(_quote(_unquote(member)) for member in members)
        else:
            result.append((name, value))
    return result + [(name, ",".join(members)) for name, members in merged.items()]


def _unquote(value: str) -> str:
    """Return the text inside JSON quotes; anything else is itself, exactly as written."""
    native = native_value(value)
    return native if isinstance(native, str) else value


def _quote(text: str) -> str:
    return str(json.dumps(text))


def _number(parameter: str, field: str, value: str) -> str:
    text = _unquote(value).strip()
    found = _NUMBER.fullmatch(text)
    # JSON has no leading zeros. To skip them in the expression takes quadratic time.
    number = f"{found[1]}{found[2].lstrip('0') or '0'}{found[3]}" if found else ""
    # Kinto reads 1e999, which no number of its own can hold, as text again.
    if isinstance(native_value(number), str):
        raise BadFilter(parameter, f"{field} is an integer; expected a number, got {value!r}")
    return number


_Rewrite = Callable[[str, str, str, SchemaType | None], str]
_REWRITES: dict[tuple[str, SchemaType | None], _Rewrite] = {
    **{(operator, schema_type): typed_text for operator in _ONE for schema_type in _COMPARED},
    **{(operator, schema_type): _typed_list for operator in _MANY for schema_type in _COMPARED},
    ("like", SchemaType.STRING): typed_text,
    ("contains", SchemaType.STRINGS): _typed_member,
    ("contains_any", SchemaType.STRINGS): _typed_member,
}
