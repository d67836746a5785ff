"""``matched_queries``: which named clauses of a request match each hit."""

from collections.abc import Iterator

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import ID
from kinto_buildhub.search.language import tree


def named_queries(query: tree.Query | None) -> Iterator[tree.Query]:
    """Yield a query and those in it that have a name."""
    if query is None:
        return
    if query.name is not None:
        yield query
    match query:
        case tree.Bool():
            inner = (*query.must, *query.filter, *query.should, *query.must_not)
        case tree.DisMax():
            inner = query.queries
        case tree.ConstantScore():
            inner = (query.filter,)
        case tree.Boosting():
            inner = (query.positive, query.negative)
        case _:
            inner = ()
    for each in inner:
        yield from named_queries(each)


def matched_queries(
    execution: Execution, named: list[tree.Query], record_ids: list[str]
) -> dict[str, list[str]]:
    """Return the names of the queries that match each record, by ID."""
    found: dict[str, list[str]] = {}
    if not record_ids:
        return found
    among = execution.compiler.any_term(ID, record_ids)
    for query in named:
        matches = execution.filtered(execution.compiler.compile(query), among)
        for record_id, _ in execution.top(matches, len(record_ids), by=ID):
            names = found.setdefault(record_id, [])
            if query.name is not None and query.name not in names:
                names.append(query.name)
    return found
