"""The clauses of the query language, one row each: the first place to add one.

A row names the node of the tree, how the body is read, and what the reference says. A clause that
needs a new node (in `tree`) also needs a handler for it in each engine.
"""

from dataclasses import replace
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.json_values import single
from kinto_buildhub.search.language.queries import compound, full_text, term_level
from kinto_buildhub.search.language.queries.clause import (
    QueryClause,
    field_body,
    object_body,
)
from kinto_buildhub.search.language.queries.compound import compound_body
from kinto_buildhub.search.language.queries.multi_field import expand_multi_match
from kinto_buildhub.search.language.queries.query_strings import (
    expand_query_string,
    expand_simple_query_string,
)
from kinto_buildhub.search.language.reader import Budget
from kinto_buildhub.search.language.tree import Query
from kinto_buildhub.search.mapping import Mapping


def parse_query(value: Any, path: str, budget: Budget, depth: int = 1) -> Query:
    """Return the tree of one query.

    Raises:
        BadQuery: it is not a query, or its clause is not supported; lists those that are.
    """
    budget.count_clauses(path, depth)
    name, body, at = single(value, path, "query")
    clause = _BY_NAME.get(name)
    if clause is None:
        raise BadQuery(
            f"unknown query {name!r}; expected one of {', '.join(sorted(_BY_NAME))}", path
        )
    return clause.read(body, at, budget, depth)


def expand(query: Query, mapping: Mapping) -> Query:
    """Return a query over several fields, or a query string, as queries on one field each.

    Raises:
        BadQuery: a query string has a syntax error.
        TypeError: it is neither.
    """
    expand_clause = _EXPANSIONS.get(type(query))
    if expand_clause is None:
        raise TypeError(f"{type(query).__name__} is not a query over several fields")
    found = expand_clause(query, mapping)
    return replace(found, boost=found.boost * query.boost, name=query.name)


QUERY_CLAUSES = (
    QueryClause(
        "bool",
        tree.Bool,
        compound_body(compound.read_bool, parse_query),
        "``must``, ``filter``, ``should``, ``must_not``: a clause or a list, which may be empty; "
        "``minimum_should_match``.",
    ),
    QueryClause(
        "boosting",
        tree.Boosting,
        compound_body(compound.read_boosting, parse_query),
        "``positive``, ``negative``, ``negative_boost``.",
    ),
    QueryClause(
        "constant_score",
        tree.ConstantScore,
        compound_body(compound.read_constant_score, parse_query),
        "``filter``, ``boost``.",
    ),
    QueryClause(
        "dis_max",
        tree.DisMax,
        compound_body(compound.read_dis_max, parse_query),
        "``queries``, ``tie_breaker``.",
    ),
    QueryClause(
        "exists",
        tree.Exists,
        object_body(term_level.read_exists),
        "A field, or an object with any field in it.",
    ),
    QueryClause(
        "filtered",
        tree.Bool,
        compound_body(compound.read_filtered, parse_query),
        "Elasticsearch 2's; becomes a ``bool``.",
    ),
    QueryClause(
        "fuzzy",
        tree.Fuzzy,
        field_body(term_level.read_fuzzy, "value"),
        "``fuzziness``, ``prefix_length``, ``transpositions``.",
    ),
    QueryClause("ids", tree.Ids, object_body(term_level.read_ids), "``values``."),
    QueryClause(
        "match",
        tree.Match,
        field_body(full_text.read_match, "query"),
        "``operator``, ``minimum_should_match``, ``fuzziness``, ``prefix_length``, "
        "``fuzzy_transpositions``, ``lenient``, ``zero_terms_query``.",
    ),
    QueryClause(
        "match_all",
        tree.MatchAll,
        object_body(full_text.read_match_all),
        "Also what a request without a query means.",
    ),
    QueryClause("match_none", tree.MatchNone, object_body(full_text.read_match_none)),
    QueryClause(
        "match_phrase",
        tree.MatchPhrase,
        field_body(full_text.read_match_phrase, "query"),
        "``slop``.",
    ),
    QueryClause(
        "match_phrase_prefix",
        tree.MatchPhrase,
        field_body(full_text.read_match_phrase_prefix, "query"),
    ),
    QueryClause(
        "missing",
        tree.Bool,
        object_body(term_level.read_missing),
        "Elasticsearch 1's; becomes a ``bool`` with ``exists`` in ``must_not``.",
    ),
    QueryClause(
        "multi_match",
        tree.MultiMatch,
        object_body(full_text.read_multi_match),
        "``fields`` with ``*`` and ``^boost``, ``type``, ``tie_breaker``, and the options of "
        "``match``.",
        expand_multi_match,
    ),
    QueryClause(
        "prefix",
        tree.Prefix,
        field_body(term_level.read_prefix, "value", "prefix"),
        "``case_insensitive``.",
    ),
    QueryClause(
        "query_string",
        tree.QueryString,
        object_body(full_text.read_query_string),
        "``fields``, ``default_field``, ``default_operator``, ``lenient``, ``time_zone``; "
        "options that "
        "Elasticsearch no longer has are accepted and have no effect.",
        expand_query_string,
    ),
    QueryClause(
        "range",
        tree.Range,
        field_body(term_level.read_range),
        "Numbers, dates with date math, ``format`` and ``time_zone``, texts by code point; "
        "``from`` and ``to``, the older names of the bounds.",
    ),
    QueryClause(
        "regexp",
        tree.Regexp,
        field_body(term_level.read_regexp, "value", "regexp"),
        "Lucene's syntax without the complement ``~`` and the intersection ``&``.",
    ),
    QueryClause(
        "simple_query_string",
        tree.SimpleQueryString,
        object_body(full_text.read_simple_query_string),
        "``fields``, ``default_operator``, ``flags``.",
        expand_simple_query_string,
    ),
    QueryClause(
        "term",
        tree.Term,
        field_body(term_level.read_term, "value", "term"),
        "``case_insensitive``.",
    ),
    QueryClause("terms", tree.Terms, object_body(term_level.read_terms), "A list of values."),
    QueryClause(
        "wildcard",
        tree.Wildcard,
        field_body(term_level.read_wildcard, "value", "wildcard"),
        "``*`` and ``?``, ``case_insensitive``.",
    ),
)

_BY_NAME = {clause.name: clause for clause in QUERY_CLAUSES}
_EXPANSIONS = {clause.node: clause.expand for clause in QUERY_CLAUSES if clause.expand}
