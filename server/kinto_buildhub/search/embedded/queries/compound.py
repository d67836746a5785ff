"""Compound queries, and those that match everything or nothing."""

from typing import Any

import tantivy

from kinto_buildhub.search.embedded.queries.combine import (
    MUST,
    MUST_NOT,
    SHOULD,
    all_of,
    any_of,
    constant_score,
    excluding,
    unscored,
)
from kinto_buildhub.search.embedded.queries.compiler import Compiler
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.queries.minimum_should_match import minimum_should_match


def match_all_query(compiler: Compiler, query: tree.MatchAll) -> Any:
    """Compile a ``match_all``."""
    every = tantivy.Query.all_query()
    # Beside other clauses Tantivy drops a query for everything, and its score of 1 with it.
    return constant_score(every) if compiler.scored else every


def match_none_query(compiler: Compiler, query: tree.MatchNone) -> Any:
    """Compile a ``match_none``."""
    return tantivy.Query.empty_query()


def bool_query(compiler: Compiler, query: tree.Bool) -> Any:
    """Compile a ``bool``."""
    clauses = [(MUST, compiler.compile(each)) for each in query.must]
    clauses += [(MUST, unscored(compiler.compile(each))) for each in query.filter]
    should = [(SHOULD, compiler.compile(each)) for each in query.should]
    excluded = [(MUST_NOT, compiler.compile(each)) for each in query.must_not]
    minimum = _minimum_should_match(query) if clauses or should else 0
    if minimum > len(should):
        return tantivy.Query.empty_query()
    if not clauses and not should:
        if not excluded:
            return match_all_query(compiler, tree.MatchAll())
        clauses = [(MUST, unscored(tantivy.Query.all_query()))]
    return tantivy.Query.boolean_query(clauses + should + excluded, minimum or None)


def _minimum_should_match(query: tree.Bool) -> int:
    if query.minimum_should_match is None:
        return 1 if query.should and not query.must and not query.filter else 0
    return minimum_should_match(query.minimum_should_match, len(query.should), query.path)


def dis_max_query(compiler: Compiler, query: tree.DisMax) -> Any:
    """Compile a ``dis_max``."""
    if not query.queries:
        return tantivy.Query.empty_query()
    return tantivy.Query.disjunction_max_query(
        [compiler.compile(each) for each in query.queries], query.tie_breaker
    )


def constant_score_query(compiler: Compiler, query: tree.ConstantScore) -> Any:
    """Compile a ``constant_score``."""
    return constant_score(compiler.compile(query.filter))


def boosting_query(compiler: Compiler, query: tree.Boosting) -> Any:
    """Compile a ``boosting``: the matches of ``negative`` with a lower score, and the others."""
    positive, negative = compiler.compile(query.positive), compiler.compile(query.negative)
    lowered = tantivy.Query.boost_query(
        all_of([positive, unscored(negative)]), query.negative_boost
    )
    return any_of([excluding(positive, negative), lowered])
