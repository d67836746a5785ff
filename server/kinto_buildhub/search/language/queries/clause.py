"""The row of a query clause, and the forms that a clause's body has."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.json_values import shown
from kinto_buildhub.search.language.own_fields import check_searched
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import Query
from kinto_buildhub.search.mapping import Mapping

# Returns the query for a body, its path, what is left of the limits, and how deep it is nested.
ReadBody = Callable[[Any, str, Budget, int], Query]

# Options of every clause.
_COMMON = ("boost", "_name")


@dataclass(frozen=True, slots=True)
class QueryClause:
    """All that is known of a clause of the query language before an engine runs it.

    Attributes:
        name: as in a request.
        node: the type of the tree that it becomes. Engines have a handler for each type.
        read: returns the node for the clause's body.
        help: its options and what is special, for the reference, in reStructuredText.
        expand: for clauses over several fields: returns the same query in clauses on one field.
    """

    name: str
    node: type[Query]
    read: ReadBody
    help: str = ""
    expand: Callable[[Any, Mapping], Query] | None = None


def object_body(read: Callable[[Reader], Query]) -> ReadBody:
    """Return the reader of a body that is an object of options.

    Args:
        read: returns the query with its path; it takes all options but the common ones.
    """

    def read_body(body: Any, path: str, budget: Budget, depth: int) -> Query:
        reader = Reader.of(body, path, _what(path), budget, depth)
        return _with_common_options(read(reader), reader)

    return read_body


def field_body(read: Callable[[Reader, str], Query], short: str = "", *older: str) -> ReadBody:
    """Return the reader of a body ``{field: value}`` or ``{field: {short: value, …}}``.

    Args:
        read: returns the query with its path, for the options and the field's name.
        short: the option that a bare value stands for; "" if there are no bare values.
        older: older names of that option.
    """

    def read_body(body: Any, path: str, budget: Budget, depth: int) -> Query:
        outer = Reader.of(body, path, _what(path), budget, depth)
        # Programs put the common options beside the field, too.
        beside = {key: value for key, value in outer.value.items() if key in _COMMON}
        name = single_field(outer, _COMMON)
        value = outer.value[name]
        if value is None:
            raise BadQuery(f"{outer.what}: expected a value, got null", outer.at(name))
        if not short and not isinstance(value, dict):
            raise BadQuery(f"{outer.what}: expected an object, got {shown(value)}", outer.at(name))
        options = value if isinstance(value, dict) else {short: value}
        for other in older:
            if other in options and short not in options:
                options = {short if key == other else key: each for key, each in options.items()}
        for twice in sorted(beside.keys() & options.keys()):
            raise BadQuery(f"{outer.what}: {twice!r} is given twice", outer.at(twice))
        reader = Reader({**beside, **options}, outer.at(name), outer.what, budget, depth)
        return _with_common_options(read(reader, name), reader)

    return read_body


def single_field(reader: Reader, options: tuple[str, ...]) -> str:
    """Return the only key of an object that is not one of its options.

    Raises:
        BadQuery: there is none, or there are several.
    """
    fields = [name for name in reader.value if name not in options]
    if len(fields) != 1:
        found = ", ".join(sorted(fields)) or "none"
        raise BadQuery(f"{reader.what}: expected exactly one field, got {found}", reader.path)
    return check_searched(fields[0], reader.path)


def _what(path: str) -> str:
    return f"query {path.rsplit('.', 1)[-1]!r}"


def _with_common_options(query: Query, reader: Reader) -> Query:
    name = reader.text("_name", None)
    boost = reader.number("boost", 1.0, least=0)
    reader.finish()
    if boost == 1.0 and name is None:
        return query
    return replace(query, boost=float(boost), name=name)
