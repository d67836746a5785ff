"""Combinations of Tantivy queries."""

from collections.abc import Iterable
from typing import Any

import tantivy

MUST, SHOULD, MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot


def all_of(queries: Iterable[Any]) -> Any:
    """Return a query for what all of *queries* match."""
    return _combined(MUST, list(queries))


def any_of(queries: Iterable[Any]) -> Any:
    """Return a query for what any of *queries* matches."""
    return _combined(SHOULD, list(queries))


def _combined(occur: Any, queries: list[Any]) -> Any:
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(occur, query) for query in queries])


def excluding(query: Any, excluded: Any) -> Any:
    """Return *query* without what *excluded* matches."""
    return tantivy.Query.boolean_query([(MUST, query), (MUST_NOT, excluded)])


def negated(query: Any) -> Any:
    """Return a query for what *query* does not match."""
    return excluding(tantivy.Query.all_query(), query)


def constant_score(query: Any) -> Any:
    """Return the query with a score of 1 for every match."""
    return tantivy.Query.const_score_query(query, 1.0)


def unscored(query: Any) -> Any:
    """Return the query with a score of 0, as filters have."""
    return tantivy.Query.const_score_query(query, 0.0)
