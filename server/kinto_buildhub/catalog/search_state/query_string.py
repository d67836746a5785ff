"""The state of the search page as a query string, and back.

``q`` is the box, each facet has its name, as often as it has values, ``from`` and ``to`` are the
first and the last day, ``sort`` is a column, with ``-`` for descending, ``size`` the rows per page.
``after`` and ``before`` are places between rows, and ``start`` says how many rows are before them.
``all`` names a facet of which all values are shown, and may be repeated.
"""

import base64
import binascii
import difflib
import json
import string
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl, quote, urlencode

from kinto_buildhub.catalog.columns import COLUMNS_BY_NAME, FACETS, FACETS_BY_NAME
from kinto_buildhub.catalog.search_state.state import (
    DEFAULT_SIZE,
    FIRST_DAY,
    LAST_DAY,
    MAX_SIZE,
    BadAddress,
    Cursor,
    SearchState,
    Sort,
)

_MAX_TEXT = 10_000
# More than there are locales. Each choice has a link with all others: a page grows with the square.
_MAX_PARAMETERS = 250
_OTHERS = ("q", "from", "to", "sort", "size", "after", "before", "start", "all")
NAMES = (*_OTHERS[:1], *FACETS_BY_NAME, *_OTHERS[1:])


def parse_pairs(query_string: str) -> list[tuple[str, str]]:
    """Return the decoded names and values of a query string.

    Args:
        query_string: as WSGI has it: a character for each byte.

    Raises:
        BadAddress: it is not UTF-8, has a character 0x00, or too many parameters.
    """
    ascii_only = quote(query_string.encode("latin-1"), safe=string.punctuation)
    try:
        pairs = parse_qsl(
            ascii_only, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except UnicodeDecodeError as exc:
        raise BadAddress("The address is not encoded in UTF-8.") from exc
    except ValueError as exc:
        raise BadAddress(f"The address has more than {_MAX_PARAMETERS:,} parameters.") from exc
    for name, value in pairs:
        if "\0" in name + value:
            raise BadAddress(f"The parameter {name!r} contains the character 0x00.")
    return pairs


def typed_text(query_string: str) -> str:
    """Return the text of the box, also where the address is wrong; "" if it cannot be read."""
    try:
        pairs = parse_pairs(query_string)
    except BadAddress:
        return ""
    return next((value.strip() for name, value in pairs if name == "q"), "")


def parse_state(pairs: Iterable[tuple[str, str]]) -> SearchState:
    """Return the state of a query string.

    Args:
        pairs: decoded names and values. Empty values are left out, as forms send them.

    Raises:
        BadAddress: names the parameter, and what is expected.
    """
    chosen: dict[str, tuple[str, ...]] = {}
    single: dict[str, str] = {}
    expanded: dict[str, None] = {}
    for name, value in pairs:
        if name not in NAMES:
            close = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"is {close[0]!r} meant?" if close else f"expected one of {', '.join(NAMES)}"
            raise BadAddress(f"There is no parameter {name!r}; {hint}")
        if not value.strip():
            continue
        if name == "all":
            expanded[_facet_name(value)] = None
        elif name in FACETS_BY_NAME:
            if value not in chosen.get(name, ()):
                chosen[name] = (*chosen.get(name, ()), value)
        elif name in single:
            raise BadAddress(f"The parameter {name!r} is given twice.")
        else:
            single[name] = value
    state = SearchState(
        text=_text(single.get("q", "")),
        chosen={facet.name: chosen[facet.name] for facet in FACETS if facet.name in chosen},
        published_from=_day("from", single),
        published_until=_day("to", single),
        sort=_sort(single.get("sort", "-published")),
        size=_number("size", single, 1, MAX_SIZE, DEFAULT_SIZE),
        cursor=_cursor(single),
        expanded=tuple(expanded),
    )
    first, last = state.published_from, state.published_until
    if first and last and first > last:
        raise BadAddress(f"'from' is {first}, which is after 'to', {last}.")
    return state


def format_state(state: SearchState) -> str:
    """Return the query string of a state; what is as by default is left out."""
    pairs: list[tuple[str, str]] = [("q", state.text)] if state.text else []
    pairs += [(name, value) for name, values in state.chosen.items() for value in values]
    if state.published_from:
        pairs.append(("from", state.published_from.isoformat()))
    if state.published_until:
        pairs.append(("to", state.published_until.isoformat()))
    pairs += unseen_pairs(state)
    if state.cursor is not None:
        if state.cursor.values or state.cursor.backwards:
            pairs.append(("before" if state.cursor.backwards else "after", _encode(state.cursor)))
        if state.cursor.values or not state.cursor.backwards:
            pairs.append(("start", str(state.cursor.position)))
    return urlencode(pairs)


def unseen_pairs(state: SearchState) -> list[tuple[str, str]]:
    """Return the parameters that a form keeps without a field that is seen."""
    pairs = []
    if state.sort != Sort():
        pairs.append(("sort", ("-" if state.sort.descending else "") + state.sort.column))
    if state.size != DEFAULT_SIZE:
        pairs.append(("size", str(state.size)))
    return pairs + [("all", name) for name in state.expanded]


def at_beginning(state: SearchState) -> SearchState:
    """Return the state on its first page, as when something else is asked for."""
    return replace(state, cursor=None)


def _facet_name(value: str) -> str:
    if value not in FACETS_BY_NAME:
        raise BadAddress(f"'all' is {value!r}; expected one of {', '.join(FACETS_BY_NAME)}.")
    return value


def _text(value: str) -> str:
    if len(value) > _MAX_TEXT:
        raise BadAddress(f"'q' is longer than {_MAX_TEXT:,} characters.")
    return value.strip()


def _day(name: str, single: dict[str, str]) -> date | None:
    if name not in single:
        return None
    text = single[name].strip()
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise BadAddress(f"{name!r} is {text!r}; expected a day such as 2017-06-01.") from exc
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadAddress(f"{name!r} is {text!r}; expected a day from {FIRST_DAY} to {LAST_DAY}.")
    return day


def _number(name: str, single: dict[str, str], least: int, most: int, default: int) -> int:
    text = single.get(name, str(default)).strip()
    if (
        not text.isascii()
        or not text.isdecimal()
        or len(text) > 15
        or not least <= int(text) <= most
    ):
        raise BadAddress(f"{name!r} is {text!r}; expected a number from {least} to {most:,}.")
    return int(text)


def _sort(value: str) -> Sort:
    column = value.removeprefix("-")
    if column not in COLUMNS_BY_NAME:
        raise BadAddress(
            f"'sort' is {value!r}; expected one of {', '.join(COLUMNS_BY_NAME)}, with '-' before "
            "it for the other direction."
        )
    return Sort(column, value.startswith("-"))


def _cursor(single: dict[str, str]) -> Cursor | None:
    names = [name for name in ("after", "before") if name in single]
    if not names and "start" in single:
        return Cursor((), position=_number("start", single, 0, 10**12, 0))
    if not names:
        return None
    if len(names) > 1:
        raise BadAddress("'after' and 'before' exclude each other.")
    position = _number("start", single, 0, 10**12, 0)
    return Cursor(_decode(names[0], single[names[0]]), names[0] == "before", position)


def _encode(cursor: Cursor) -> str:
    text = json.dumps(list(cursor.values), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(name: str, text: str) -> tuple[object, ...]:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError) as exc:
        raise BadAddress(f"{name!r} is not a place that this page links to.") from exc
    if values == [] and name == "before":
        return ()
    is_row = isinstance(values, list) and len(values) == 2 and isinstance(values[1], str)
    if not is_row or not isinstance(values[0], str | int | None):
        raise BadAddress(f"{name!r} is not a place that this page links to.")
    return tuple(values)
