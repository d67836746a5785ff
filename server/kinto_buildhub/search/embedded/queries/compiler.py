"""The compiler: which handler compiles a query, and the Tantivy queries that handlers use."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tantivy

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.queries.combine import any_of, constant_score
from kinto_buildhub.search.embedded.queries.costs import Costs
from kinto_buildhub.search.embedded.schema import Fields, IndexedField
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.lucene.patterns import ANY_TEXT, at_least, at_most, between
from kinto_buildhub.search.language.query_clauses import expand

Handler = Callable[["Compiler", Any], Any]
"""Compiles a query of one type."""

# What Tantivy's query syntax takes as a bound unchanged. The syntax cannot escape anything.
_UNESCAPED_BOUND = re.compile(r"(?!-)[\w!#$%&'+,./:;<=>?@^|~-]+")

# A pattern that begins so looks at the terms that begin so, and at no others.
_LITERAL_START = re.compile(r"[\w/:-]{3}")

# Other bounds become patterns, one for each character, whose automatons have a dozen states each.
# Tantivy allows a thousand states per automaton, so the patterns are sent in groups.
_MAX_BOUND_LENGTH = 200
_MAX_PATTERNS = 30


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles queries for one index, at one moment.

    Attributes:
        fields: the index's.
        now_ms: what ``now`` means in dates.
        scored: whether anything depends on scores. Matching everything is free if nothing does.
        handlers: by type of query. Other types are expanded to these.
        costs: of the search so far.
    """

    fields: Fields
    now_ms: int
    scored: bool
    handlers: Mapping[type[tree.Query], Handler]
    costs: Costs
    # By the query's identity; the query is kept beside, so its identity is not reused.
    _expanded: dict[int, tuple[tree.Query, tree.Query]] = field(default_factory=dict)

    def compile(self, query: tree.Query) -> Any:
        """Return the query that matches the same records, with much the same scores.

        Raises:
            BadQuery: a value does not fit its field, or a pattern is too expensive.
            TimedOut: the time of the request is over.
        """
        budget.check_time()
        handler = self.handlers.get(type(query))
        if handler is None:
            return self.compile(self.expanded(query))
        compiled = handler(self, query)
        return compiled if query.boost == 1.0 else tantivy.Query.boost_query(compiled, query.boost)

    def expanded(self, query: tree.Query) -> tree.Query:
        """Return a query on several fields as queries on one field each; memoized."""
        known = self._expanded.get(id(query))
        if known is None:
            known = self._expanded[id(query)] = query, expand(query, self.fields.mapping)
        return known[1]

    def field(self, name: str) -> IndexedField | None:
        """Return a field of the index; None if the mapping does not have it."""
        return self.fields.indexed.get(name)

    def exists(self, tantivy_name: str) -> Any:
        """Return a query for records with a value in the field."""
        return tantivy.Query.exists_query(tantivy_name)

    def term(self, tantivy_name: str, value: str | float) -> Any:
        """Return a query for records with exactly this value."""
        return tantivy.Query.term_query(self.fields.schema, tantivy_name, value)

    def any_term(self, tantivy_name: str, values: list[Any]) -> Any:
        """Return a query for records with one of these values; all score 1."""
        if not values:
            return tantivy.Query.empty_query()
        found = tantivy.Query.term_set_query(self.fields.schema, tantivy_name, values)
        return constant_score(found)

    def pattern(self, tantivy_name: str, pattern: str, path: str) -> Any:
        """Return a query for records with a value that matches *pattern*.

        Raises:
            BadQuery: the pattern needs too many states, or there are too many patterns.
        """
        terms = 0 if _LITERAL_START.match(pattern) else self.costs.count_terms(tantivy_name)
        self.costs.add_pattern(pattern, path, terms)
        try:
            found = tantivy.Query.regex_query(self.fields.schema, tantivy_name, pattern)
        except ValueError as exc:
            raise BadQuery(
                f"the pattern is too expensive; narrow it ({_first_line(exc)})",
                path,
                "illegal_argument_exception",
            ) from exc
        return constant_score(found)

    def any_pattern(self, tantivy_name: str, patterns: list[str], path: str) -> Any:
        """Return a query for records with a value that matches any of *patterns*."""
        groups = _grouped(patterns)
        if not groups:
            return tantivy.Query.empty_query()
        return constant_score(any_of(self.pattern(tantivy_name, each, path) for each in groups))

    def text_range(
        self,
        indexed: IndexedField,
        lower: str | None,
        upper: str | None,
        include: tuple[bool, bool],
        path: str,
    ) -> Any:
        """Return a query for records with a text between two, by code points; None is unbounded.

        Raises:
            BadQuery: a bound is too long.
        """
        bounds = [bound for bound in (lower, upper) if bound is not None]
        name = indexed.tantivy_name
        if indexed.field.is_keyword and all(map(_UNESCAPED_BOUND.fullmatch, bounds)):
            found = self.fields.parser.parse_query(
                f"{name}:{'[' if include[0] or lower is None else '{'}{lower or '*'} TO "
                f"{upper or '*'}{']' if include[1] or upper is None else '}'}"
            )
            return constant_score(found)
        return self.any_pattern(name, _range_patterns(lower, upper, include, path), path)

    def number_range(
        self, tantivy_name: str, kind: Any, low: Any, high: Any, include: tuple[bool, bool]
    ) -> Any:
        """Return a query for records with a number between two; *kind* is Tantivy's type."""
        self.costs.add_range("")
        schema = self.fields.schema
        return constant_score(
            tantivy.Query.range_query(schema, tantivy_name, kind, low, high, *include)
        )


def _grouped(patterns: list[str]) -> list[str]:
    """Return patterns that together match what *patterns* do, few enough to be cheap."""
    open_ended = [each.removesuffix(ANY_TEXT) for each in patterns if each.endswith(ANY_TEXT)]
    groups = [
        # Written once for the group, the open end costs its states once.
        f"(?:{'|'.join(open_ended[start : start + _MAX_PATTERNS])}){ANY_TEXT}"
        for start in range(0, len(open_ended), _MAX_PATTERNS)
    ]
    if closed := [each for each in patterns if not each.endswith(ANY_TEXT)]:
        groups.append("|".join(closed))
    return groups


def _range_patterns(
    lower: str | None, upper: str | None, include: tuple[bool, bool], path: str
) -> list[str]:
    for bound in (lower, upper):
        if bound is not None and len(bound) > _MAX_BOUND_LENGTH:
            raise BadQuery(
                f"a bound with spaces, brackets or quotes has at most {_MAX_BOUND_LENGTH} "
                f"characters, got {len(bound)}",
                path,
            )
    if lower is None:
        return at_most(upper or "", inclusive=include[1])
    if upper is None:
        return at_least(lower, inclusive=include[0])
    return between(lower, upper, include_lower=include[0], include_upper=include[1])


def _first_line(exc: Exception) -> str:
    return str(exc).splitlines()[0].removeprefix("An invalid argument was passed: ").strip("'")
