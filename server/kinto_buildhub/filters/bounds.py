"""The parameters that Kinto does not have, translated into Kinto's own.

``gte=field,value`` and ``lt=field,value`` bound a field; records that lack it do not match, while
Kinto's own ``min_field`` lets them through. ``date_range=N`` bounds the field that the schema
marks as the moment of publication. Each may be repeated, and all of them hold.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.filters.revisions import expand_revision
from kinto_buildhub.filters.typed import Pairs, typed_text
from kinto_buildhub.schema_types import find_property, find_schema_type, published_field

_FIELD = re.compile(r"[\w.]+")

# Each is a condition of its own, and lengthens the address of the next page by one blank more.
MAX_BOUNDS_OF_A_FIELD = 32


def expand_bounds(
    pairs: Iterable[tuple[str, str]], schema: dict[str, Any], *, today: date
) -> Pairs:
    """Replace ``gte``, ``lt`` and ``date_range`` by Kinto's ``min_``, ``lt_`` and ``has_``.

    A revision is replaced by a filter that finds it in both of its lengths.

    A field of that very name in *schema* wins: then it is a filter like any other.

    Args:
        today: the day from which ``date_range`` counts back, in UTC.

    Raises:
        BadFilter: no field or no value, a field name that Kinto cannot filter by, no
            number of days, a schema that marks no moment of publication, or too many bounds.
    """
    pairs = list(pairs)
    names = {name for name, _ in pairs}
    result: Pairs = []
    for name, value in pairs:
        expanded = _expand(name, value, schema, today)
        if expanded is None:
            result.append((name, value))
            continue
        for new_name, new_value in expanded:
            result.append((_free_name(new_name, names, parameter=name.strip()), new_value))
    return result


def _expand(name: str, value: str, schema: dict[str, Any], today: date) -> Pairs | None:
    """Return Kinto's parameters for one that it does not have; None for one of its own."""
    expand = _EXPANSIONS.get(name.strip())
    if expand is None or find_property(schema, name.strip()) is not None:
        return expand_revision(name, value, schema)
    return expand(value, schema, today)


def _expand_gte(value: str, schema: dict[str, Any], today: date) -> Pairs:
    field, bound = _field_and_bound("gte", value, schema)
    return [(f"min_{field}", bound), *_present(field)]


def _expand_lt(value: str, schema: dict[str, Any], today: date) -> Pairs:
    field, bound = _field_and_bound("lt", value, schema)
    return [(f"lt_{field}", bound)]


def _expand_date_range(value: str, schema: dict[str, Any], today: date) -> Pairs:
    field = published_field(schema)
    if field is None:
        raise BadFilter("date_range", "the collection's schema marks no field as x-published")
    days = value.strip().strip('"')
    if not (days.isascii() and days.isdigit()):
        raise BadFilter("date_range", f"expected a number of days, 0 or more, got {value!r}")
    # Days before the calendar begins bound nothing.
    back = min(int(days[-10:]) if len(days) <= 10 else 10**10, today.toordinal() - 1)
    # The bare day is a prefix of every moment in it, with fractions of a second or without.
    return [(f"min_{field}", f'"{today - timedelta(days=back)}"'), *_present(field)]


def _field_and_bound(parameter: str, value: str, schema: dict[str, Any]) -> tuple[str, str]:
    field, comma, bound = value.partition(",")
    field = field.strip()
    if not (comma and _FIELD.fullmatch(field)):
        raise BadFilter(
            parameter, f"expected field,value as in download.date,2017-05-01, got {value!r}"
        )
    return field, typed_text(parameter, field, bound, find_schema_type(schema, field))


def _present(field: str) -> Pairs:
    """Return the filter for records with *field*; all have Kinto's own two, which allow none."""
    return [] if field in ("id", "last_modified") else [(f"has_{field}", "true")]


def _free_name(name: str, names: set[str], *, parameter: str) -> str:
    """Return *name*, padded until no other parameter has it; raise BadFilter if that takes long.

    Kinto keeps one value a name but strips blanks before it reads one, so that both bounds of
    ``gte=f,1&gte=f,2`` get through, and through the address of the next page.
    """
    for count in range(MAX_BOUNDS_OF_A_FIELD):
        padded = name + " " * count
        if padded not in names:
            names.add(padded)
            return padded
    raise BadFilter(
        parameter, f"expected at most {MAX_BOUNDS_OF_A_FIELD} bounds of one field; got more"
    )


_EXPANSIONS: dict[str, Callable[[str, dict[str, Any], date], Pairs]] = {
    "gte": _expand_gte,
    "lt": _expand_lt,
    "date_range": _expand_date_range,
}
