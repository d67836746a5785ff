"""The addresses of the older pages, which crash reports and wikis link to, as addresses of today.

Those were Searchkit's: ``?q=…&products[0]=firefox&versions[0]=57.0&sort=download.date_desc&p=2``.
"""

import re
from collections.abc import Iterable, Mapping

from kinto_buildhub.catalog.columns import COLUMNS, FACETS_BY_NAME

Pairs = list[tuple[str, str]]

_FACETS: Mapping[str, str] = {name: name for name in FACETS_BY_NAME} | {
    f"{name}s": name for name in FACETS_BY_NAME
}
_COLUMNS: Mapping[str, str] = (
    {column.field: column.name for column in COLUMNS}
    | {column.sort_field: column.name for column in COLUMNS}
    | {"build.date": "build"}  # A build ID is its digits.
)

# products[0], and [0][1] of a menu with levels.
_CHOICE = re.compile(rf"({'|'.join(_FACETS)})(?:\[[0-9]+\])+")
_SORT = re.compile(r"(?P<field>[a-z._]+)_(?P<direction>asc|desc)")
_PAGE = re.compile(r"[1-9][0-9]{0,5}")
_ROWS_PER_PAGE = 30


def is_older(pairs: Iterable[tuple[str, str]]) -> bool:
    """Return whether a query string is one of the older pages'."""
    return any(name in ("q", "p", "sort") or _CHOICE.fullmatch(name) for name, _ in pairs)


def translate(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Return the same question as parameters of today; what was never a parameter stays."""
    found: Pairs = []
    page, size = 1, ""
    for name, value in pairs:
        if choice := _CHOICE.fullmatch(name):
            found.append((_FACETS[choice[1]], value))
        elif name == "sort":
            found.append((name, _sort(value)))
        elif name == "p" and _PAGE.fullmatch(value):
            page = int(value)
        elif name == "size":
            size = value
        else:
            found.append((name, value))
    if page > 1 and not size:
        size = str(_ROWS_PER_PAGE)
    if size:
        found.append(("size", size))
    if page > 1 and size.isascii() and size.isdecimal():
        found.append(("start", str((page - 1) * int(size[:6]))))
    return found


def _sort(value: str) -> str:
    found = _SORT.fullmatch(value)
    if found is None or found["field"] not in _COLUMNS:
        return value
    return ("-" if found["direction"] == "desc" else "") + _COLUMNS[found["field"]]
