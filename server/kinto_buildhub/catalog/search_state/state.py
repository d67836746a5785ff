"""The state of the search page: everything that its address says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

DEFAULT_SIZE = 50
MAX_SIZE = 1000
# Days that an archive may have builds of; at the ends of Python's own, days cannot be added.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)


class BadAddress(ValueError):
    """The address of a page asks for what does not exist; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of the table: a name of `COLUMNS`, and its direction."""

    column: str = "published"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows of the table.

    Attributes:
        values: what the row next to it is sorted by, the record's ID last; none: the end of the
            table, if backwards, else a place that only its position tells.
        backwards: the page is the rows before the place, not those after it.
        position: the number of rows before the page.
    """

    values: tuple[object, ...]
    backwards: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class SearchState:
    """What is asked for.

    Attributes:
        text: what was typed into the box.
        chosen: the chosen values of each facet, by its name; facets without any are left out.
        published_from, published_until: first and last day of publication, in UTC.
        sort: order of the table.
        size: rows per page.
        cursor: where the page begins; None: at the beginning.
        expanded: names of the facets of which all values are shown.
    """

    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    published_from: date | None = None
    published_until: date | None = None
    sort: Sort = Sort()
    size: int = DEFAULT_SIZE
    cursor: Cursor | None = None
    expanded: tuple[str, ...] = ()
