"""Searches for a revision find it in both of its lengths, on every engine.

What begins with 12 digits has the score of a query that has none; a record that holds the very
revision has the score that it has on any field.
"""

from buildhub_schema.text.revisions import REVISION_FIELDS, after_all, is_long, is_short, shorten

from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.tree import Query

Exact = tree.Term | tree.Terms | tree.Match | tree.MatchPhrase
"""The queries that compare a whole value, on a field that is not analyzed."""


def in_both_lengths(query: Exact) -> Query:
    """Return the query, with the other lengths of revisions if it is about those."""
    if query.field not in REVISION_FIELDS or not _is_exact(query):
        return query
    others = [
        other
        for value in _values(query)
        if (other := _other_length(query.field, str(value), query.path)) is not None
    ]
    return tree.DisMax(queries=(query, *others), path=query.path) if others else query


def _is_exact(query: Exact) -> bool:
    return not (getattr(query, "prefix", False) or getattr(query, "fuzziness", None))


def _values(query: Exact) -> tuple[tree.Scalar, ...]:
    match query:
        case tree.Terms(values=values):
            return values
        case tree.Term(value=value, case_insensitive=True):
            return (str(value).lower(),)
        case tree.Term(value=value) | tree.Match(query=value) | tree.MatchPhrase(query=value):
            return (value,)


def _other_length(field: str, value: str, path: str) -> Query | None:
    if is_short(value):
        return tree.Range(field=field, gt=value, lt=after_all(value), path=path)
    if is_long(value):
        short = tree.Term(field=field, value=shorten(value), path=path)
        return tree.ConstantScore(filter=short, path=path)
    return None
