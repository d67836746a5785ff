"""Queries of the tree as Tantivy's."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import tantivy
from buildhub_schema.versions import version_order

from kinto_buildhub.search.embedded.schema import ID, Fields
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates import parse_date
from kinto_buildhub.search.language.lucene.patterns import (
    ANY_TEXT,
    at_least,
    at_most,
    between,
    literal,
    wildcard_pattern,
)
from kinto_buildhub.search.language.lucene.regexp import parse_regexp
from kinto_buildhub.search.language.queries.minimum_should_match import minimum_should_match
from kinto_buildhub.search.language.query_clauses import expand
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field
from kinto_buildhub.search.values import as_text, query_number

MUST, SHOULD, MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot

# What Tantivy's syntax for queries takes as a bound, word for word. It has no way to escape.
_PLAIN_BOUND = re.compile(r"(?!-)[\w!#$%&'+,./:;<=>?@^|~-]+")

# Another bound becomes patterns, one for each of its characters, whose automaton has a dozen states
# each. Tantivy allows a thousand to an automaton, so they are asked for in groups.
_MAX_BOUND = 200
_MAX_CHOICES = 30
_MIN_LONG, _MAX_LONG = -(2**63), 2**63 - 1


def all_of(queries: Iterable[Any]) -> Any:
    """Return a query for what all of *queries* match."""
    found = list(queries)
    if len(found) == 1:
        return found[0]
    return tantivy.Query.boolean_query([(MUST, query) for query in found])


def any_of(queries: Iterable[Any]) -> Any:
    """Return a query for what any of *queries* matches."""
    found = list(queries)
    if len(found) == 1:
        return found[0]
    return tantivy.Query.boolean_query([(SHOULD, query) for query in found])


def without(query: Any) -> Any:
    """Return a query for what *query* does not match."""
    every = tantivy.Query.all_query()
    return tantivy.Query.boolean_query([(MUST, every), (MUST_NOT, query)])


def unscored(query: Any) -> Any:
    """Return the query with the score 0, as filters have."""
    return tantivy.Query.const_score_query(query, 0.0)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles queries for one index, at one moment.

    Attributes:
        fields: the index's.
        now_ms: what ``now`` means in dates.
        scored: whether anybody looks at scores. Without, matching all costs nothing.
    """

    fields: Fields
    now_ms: int
    scored: bool = True
    # By the identity of the query, which is kept beside, so that it stays that of one query.
    _expanded: dict[int, tuple[tree.Query, tree.Query]] = field(default_factory=dict)

    def expanded(self, query: tree.Query) -> tree.Query:
        """Return a query on single fields for one on several; the same one each time."""
        known = self._expanded.get(id(query))
        if known is None:
            known = self._expanded[id(query)] = query, expand(query, self.fields.mapping)
        return known[1]

    def query(self, query: tree.Query) -> Any:
        """Return the query that matches the same records, and scores them much the same.

        Raises:
            BadQuery: a value does not fit its field, a pattern is too expensive.
        """
        handler = _HANDLERS.get(type(query))
        if handler is None:
            return self.query(self.expanded(query))
        compiled = handler(self, query)
        return compiled if query.boost == 1.0 else tantivy.Query.boost_query(compiled, query.boost)

    def field(self, name: str) -> tuple[Field, str] | None:
        """Return a field and Tantivy's name for it; None if the mapping does not know it."""
        field = self.fields.mapping.get(name)
        return None if field is None else (field, self.fields.names[name])

    def exists(self, inner: str) -> Any:
        """Return a query for records with a value in the field."""
        return tantivy.Query.exists_query(inner)

    def pattern(self, inner: str, pattern: str, path: str) -> Any:
        """Return a query for records with a value of this form."""
        try:
            found = tantivy.Query.regex_query(self.fields.schema, inner, pattern)
        except ValueError as exc:
            raise BadQuery(
                f"the pattern is too expensive; narrow it ({_first_line(exc)})",
                path,
                "illegal_argument_exception",
            ) from exc
        return tantivy.Query.const_score_query(found, 1.0)

    def patterns(self, inner: str, patterns: list[str], path: str) -> Any:
        """Return a query for records with a value of one of these forms, however many."""
        open_ended = [each.removesuffix(ANY_TEXT) for each in patterns if each.endswith(ANY_TEXT)]
        groups = [
            # Said once, what follows costs its states once.
            f"(?:{'|'.join(open_ended[start : start + _MAX_CHOICES])}){ANY_TEXT}"
            for start in range(0, len(open_ended), _MAX_CHOICES)
        ]
        if closed := [each for each in patterns if not each.endswith(ANY_TEXT)]:
            groups.append("|".join(closed))
        if not groups:
            return tantivy.Query.empty_query()
        found = any_of(self.pattern(inner, group, path) for group in groups)
        return tantivy.Query.const_score_query(found, 1.0)

    def term(self, inner: str, value: str | float) -> Any:
        """Return a query for records with this very value."""
        return tantivy.Query.term_query(self.fields.schema, inner, value)

    def any_term(self, inner: str, values: list[Any]) -> Any:
        """Return a query for records with one of these values; all score 1."""
        if not values:
            return tantivy.Query.empty_query()
        found = tantivy.Query.term_set_query(self.fields.schema, inner, values)
        return tantivy.Query.const_score_query(found, 1.0)

    def texts(
        self,
        field: Field,
        inner: str,
        lower: str | None,
        upper: str | None,
        include: tuple[bool, bool],
        path: str,
    ) -> Any:
        """Return a query for records with a text between two, by code points; None is no bound.

        Raises:
            BadQuery: a bound is too long.
        """
        bounds = [bound for bound in (lower, upper) if bound is not None]
        if field.is_keyword and all(map(_PLAIN_BOUND.fullmatch, bounds)):
            found = self.fields.parser.parse_query(
                f"{inner}:{'[' if include[0] or lower is None else '{'}{lower or '*'} TO "
                f"{upper or '*'}{']' if include[1] or upper is None else '}'}"
            )
            return tantivy.Query.const_score_query(found, 1.0)
        return self.patterns(inner, _bounds_patterns(lower, upper, include, path), path)

    def numbers(self, inner: str, kind: Any, low: Any, high: Any, bounds: tuple[bool, bool]) -> Any:
        """Return a query for records with a number between two."""
        found = tantivy.Query.range_query(self.fields.schema, inner, kind, low, high, *bounds)
        return tantivy.Query.const_score_query(found, 1.0)


def _bounds_patterns(
    lower: str | None, upper: str | None, include: tuple[bool, bool], path: str
) -> list[str]:
    for bound in (lower, upper):
        if bound is not None and len(bound) > _MAX_BOUND:
            raise BadQuery(
                f"a bound with spaces, brackets or quotes has at most {_MAX_BOUND} characters, "
                f"got {len(bound)}",
                path,
            )
    if lower is None:
        return at_most(upper or "", inclusive=include[1])
    if upper is None:
        return at_least(lower, inclusive=include[0])
    return between(lower, upper, include_lower=include[0], include_upper=include[1])


def _first_line(exc: Exception) -> str:
    return str(exc).splitlines()[0].removeprefix("An invalid argument was passed: ").strip("'")


def _nothing(compiler: Compiler, query: tree.Query) -> Any:
    return tantivy.Query.empty_query()


def _everything(compiler: Compiler, query: tree.Query) -> Any:
    every = tantivy.Query.all_query()
    # Beside others, Tantivy drops a query for everything, and its score of 1 with it.
    return tantivy.Query.const_score_query(every, 1.0) if compiler.scored else every


def exact_values(field: Field, value: Any, path: str) -> list[str | int | float]:
    """Return what a field holds where it equals *value*; nothing if it cannot.

    Raises:
        BadQuery: the value cannot be of the field's type.
    """
    if field.is_computed:
        return [version_order(as_text(value))]
    if field.is_keyword or field.type == "text":
        return [as_text(value)]
    number = query_number(field, value, path)
    if field.type in FLOAT_TYPES:
        return [float(number)]
    if number != int(number) or not _MIN_LONG <= number <= _MAX_LONG:
        return []
    return [int(number)]


def _term(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Term)  # noqa: S101 - tells the type checker.
    if query.field == "_id":
        return compiler.any_term(ID, [as_text(query.value)])
    found = compiler.field(query.field)
    if found is None:
        return tantivy.Query.empty_query()
    field, inner = found
    if field.type == "date":
        day = tree.Range(field=query.field, gte=query.value, lte=query.value, path=query.path)
        return _range(compiler, day)
    if query.case_insensitive and (field.is_keyword or field.type == "text"):
        return compiler.pattern(inner, "(?i)" + literal(as_text(query.value)), query.path)
    values = exact_values(field, query.value, query.path)
    if not values:
        return tantivy.Query.empty_query()
    found_query = compiler.term(inner, values[0])
    if field.is_keyword or field.type == "text":
        return found_query
    return tantivy.Query.const_score_query(found_query, 1.0)


def _terms(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Terms)  # noqa: S101
    if query.field == "_id":
        return compiler.any_term(ID, [as_text(value) for value in query.values])
    found = compiler.field(query.field)
    if found is None or not query.values:
        return tantivy.Query.empty_query()
    field, inner = found
    if field.type == "date":
        days = [
            tree.Range(field=query.field, gte=value, lte=value, path=query.path)
            for value in query.values
        ]
        return tantivy.Query.const_score_query(any_of(_range(compiler, day) for day in days), 1.0)
    values = [each for value in query.values for each in exact_values(field, value, query.path)]
    if field.type in FLOAT_TYPES:
        return any_of(compiler.term(inner, value) for value in values)
    return compiler.any_term(inner, values)


def _ids(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Ids)  # noqa: S101
    return compiler.any_term(ID, [as_text(value) for value in query.values])


def _range(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Range)  # noqa: S101
    found = compiler.field(query.field)
    if found is None:
        return tantivy.Query.empty_query()
    field, inner = found
    if query.gt is query.gte is query.lt is query.lte is None:
        return tantivy.Query.const_score_query(compiler.exists(inner), 1.0)
    if field.is_keyword or field.type == "text":
        return _text_range(compiler, field, inner, query)
    if field.type == "date":
        return _whole_range(compiler, inner, *date_bounds(query, compiler.now_ms))
    if field.type in FLOAT_TYPES:
        return _float_range(compiler, field, inner, query)
    return _whole_range(compiler, inner, *_whole_bounds(field, query))


def _text_range(compiler: Compiler, field: Field, inner: str, query: tree.Range) -> Any:
    def text(bound: Any) -> str | None:
        if bound is None:
            return None
        return version_order(as_text(bound)) if field.is_computed else as_text(bound)

    lower = text(query.gte if query.gte is not None else query.gt)
    upper = text(query.lte if query.lte is not None else query.lt)
    return compiler.texts(
        field, inner, lower, upper, (query.gte is not None, query.lte is not None), query.path
    )


def date_bounds(query: tree.Range, now_ms: int) -> tuple[int | None, int | None]:
    """Return first and last millisecond, both inclusive, of a range of dates."""

    def parse(bound: Any, *, round_up: bool) -> int:
        return parse_date(
            bound,
            query.path,
            format_=query.format,
            time_zone=query.time_zone,
            round_up=round_up,
            now_ms=now_ms,
        )

    lower = upper = None
    if query.gte is not None:
        lower = parse(query.gte, round_up=False)
    if query.gt is not None:
        after = parse(query.gt, round_up=True) + 1
        lower = after if lower is None else max(lower, after)
    if query.lte is not None:
        upper = parse(query.lte, round_up=True)
    if query.lt is not None:
        before = parse(query.lt, round_up=False) - 1
        upper = before if upper is None else min(upper, before)
    return lower, upper


def _whole_bounds(field: Field, query: tree.Range) -> tuple[int | None, int | None]:
    lower = upper = None
    if query.gte is not None:
        lower = math.ceil(query_number(field, query.gte, query.path))
    if query.gt is not None:
        lower = math.floor(query_number(field, query.gt, query.path)) + 1
    if query.lte is not None:
        upper = math.floor(query_number(field, query.lte, query.path))
    if query.lt is not None:
        upper = math.ceil(query_number(field, query.lt, query.path)) - 1
    return lower, upper


def _whole_range(compiler: Compiler, inner: str, lower: int | None, upper: int | None) -> Any:
    low = _MIN_LONG if lower is None else lower
    high = _MAX_LONG if upper is None else upper
    if low > high or low > _MAX_LONG or high < _MIN_LONG:
        return tantivy.Query.empty_query()
    low, high = max(low, _MIN_LONG), min(high, _MAX_LONG)
    return compiler.numbers(inner, tantivy.FieldType.Integer, low, high, (True, True))


def _float_range(compiler: Compiler, field: Field, inner: str, query: tree.Range) -> Any:
    lower = query.gte if query.gte is not None else query.gt
    upper = query.lte if query.lte is not None else query.lt
    low = -math.inf if lower is None else float(query_number(field, lower, query.path))
    high = math.inf if upper is None else float(query_number(field, upper, query.path))
    bounds = (query.gt is None, query.lt is None)
    if low > high or (low == high and not all(bounds)):
        return tantivy.Query.empty_query()
    return compiler.numbers(inner, tantivy.FieldType.Float, low, high, bounds)


def _exists(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Exists)  # noqa: S101
    if query.field in ("_id", "_source", "_index"):
        return tantivy.Query.all_query()
    names = [query.field] if compiler.fields.mapping.get(query.field) else []
    names += [field.name for field in compiler.fields.mapping.below(query.field)]
    if not names:
        return tantivy.Query.empty_query()
    found = any_of(compiler.exists(compiler.fields.names[name]) for name in names)
    return tantivy.Query.const_score_query(found, 1.0)


def _text_field(compiler: Compiler, query: Any, what: str) -> str | None:
    """Return Tantivy's name of a field of text; None if there is no such field."""
    found = compiler.field(query.field)
    if found is None:
        return None
    field, inner = found
    if not (field.is_keyword or field.type == "text"):
        raise BadQuery(
            f"a {what} query works on keyword and text fields, and {query.field!r} is of type "
            f"{field.type}; use a range",
            query.path,
            "query_shard_exception",
        )
    return inner


def _prefix(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Prefix)  # noqa: S101
    inner = _text_field(compiler, query, "prefix")
    if inner is None:
        return tantivy.Query.empty_query()
    start = "(?i)" if query.case_insensitive else ""
    return compiler.pattern(inner, start + literal(query.value) + ANY_TEXT, query.path)


def _wildcard(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Wildcard)  # noqa: S101
    inner = _text_field(compiler, query, "wildcard")
    if inner is None or query.value == "":  # Not even an empty text, in Elasticsearch.
        return tantivy.Query.empty_query()
    pattern = wildcard_pattern(query.value, case_insensitive=query.case_insensitive)
    return compiler.pattern(inner, pattern.text, query.path)


def _regexp(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Regexp)  # noqa: S101
    inner = _text_field(compiler, query, "regexp")
    if inner is None:
        return tantivy.Query.empty_query()
    pattern = parse_regexp(
        query.value, query.flags, query.path, case_insensitive=query.case_insensitive
    )
    return compiler.pattern(inner, pattern.text, query.path)


def _fuzzy(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Fuzzy)  # noqa: S101
    inner = _text_field(compiler, query, "fuzzy")
    if inner is None:
        return tantivy.Query.empty_query()
    distance = _distance(query.fuzziness, query.value)
    found = tantivy.Query.fuzzy_term_query(
        compiler.fields.schema, inner, query.value, distance, query.transpositions
    )
    if not query.prefix_length:
        return found
    start = literal(query.value[: query.prefix_length]) + ANY_TEXT
    return all_of([found, unscored(compiler.pattern(inner, start, query.path))])


def _distance(fuzziness: str, text: str) -> int:
    if fuzziness.isdecimal():
        return int(fuzziness)
    return 0 if len(text) < 3 else 1 if len(text) < 6 else 2


def _bool(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Bool)  # noqa: S101
    clauses = [(MUST, compiler.query(each)) for each in query.must]
    clauses += [(MUST, unscored(compiler.query(each))) for each in query.filter]
    needed = _needed(query) if clauses or query.should else 0
    if needed > len(query.should):
        return tantivy.Query.empty_query()
    should = [(SHOULD, compiler.query(each)) for each in query.should]
    excluded = [(MUST_NOT, compiler.query(each)) for each in query.must_not]
    if not clauses and not should:
        every = tantivy.Query.all_query()
        if not excluded:
            return every
        clauses = [(MUST, unscored(every))]
    return tantivy.Query.boolean_query(clauses + should + excluded, needed or None)


def _needed(query: tree.Bool) -> int:
    if query.minimum_should_match is None:
        return 1 if query.should and not query.must and not query.filter else 0
    return minimum_should_match(query.minimum_should_match, len(query.should), query.path)


def _dis_max(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.DisMax)  # noqa: S101
    if not query.queries:
        return tantivy.Query.empty_query()
    return tantivy.Query.disjunction_max_query(
        [compiler.query(each) for each in query.queries], query.tie_breaker
    )


def _constant_score(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.ConstantScore)  # noqa: S101
    return tantivy.Query.const_score_query(compiler.query(query.filter), 1.0)


def _boosting(compiler: Compiler, query: tree.Query) -> Any:
    """Split what matches in two: what is unwanted, with its score lowered, and the rest."""
    assert isinstance(query, tree.Boosting)  # noqa: S101
    positive, negative = compiler.query(query.positive), compiler.query(query.negative)
    wanted = tantivy.Query.boolean_query([(MUST, positive), (MUST_NOT, negative)])
    lowered = tantivy.Query.boost_query(
        all_of([positive, unscored(negative)]), query.negative_boost
    )
    return any_of([wanted, lowered])


def _match(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.Match)  # noqa: S101
    found = compiler.field(query.field)
    if found is None:
        return tantivy.Query.empty_query()
    field, _ = found
    if field.type != "text":
        if query.fuzziness and field.is_keyword:
            return _fuzzy(
                compiler,
                tree.Fuzzy(
                    field=query.field, value=as_text(query.query), fuzziness=query.fuzziness
                ),
            )
        return _lenient_term(compiler, query)
    words = compiler.fields.analyzer.analyze(as_text(query.query))
    if not words:
        none = query.zero_terms_query == "none"
        return tantivy.Query.empty_query() if none else tantivy.Query.all_query()
    clauses: list[tree.Query] = [
        tree.Fuzzy(field=query.field, value=word, fuzziness=query.fuzziness)
        if query.fuzziness
        else tree.Term(field=query.field, value=word)
        for word in words
    ]
    if len(clauses) == 1:
        return compiler.query(clauses[0])
    minimum = query.minimum_should_match
    if query.operator == "and":
        if minimum is not None and minimum_should_match(minimum, 0, query.path):
            return tantivy.Query.empty_query()  # There is no clause that it could count.
        return compiler.query(tree.Bool(must=tuple(clauses)))
    return compiler.query(
        tree.Bool(should=tuple(clauses), minimum_should_match=1 if minimum is None else minimum)
    )


def _lenient_term(compiler: Compiler, query: tree.Match) -> Any:
    term = tree.Term(field=query.field, value=query.query, path=query.path)
    try:
        return _term(compiler, term)
    except BadQuery:
        if query.lenient:
            return tantivy.Query.empty_query()
        raise


def _match_phrase(compiler: Compiler, query: tree.Query) -> Any:
    assert isinstance(query, tree.MatchPhrase)  # noqa: S101
    found = compiler.field(query.field)
    if found is None:
        return tantivy.Query.empty_query()
    field, inner = found
    if field.type != "text":
        if query.prefix and field.is_keyword:
            return _prefix(compiler, tree.Prefix(field=query.field, value=as_text(query.query)))
        return _term(compiler, tree.Term(field=query.field, value=query.query, path=query.path))
    words = compiler.fields.analyzer.analyze(as_text(query.query))
    if not words:
        return tantivy.Query.empty_query()
    if len(words) == 1:
        kind = tree.Prefix if query.prefix else tree.Term
        return compiler.query(kind(field=query.field, value=words[0]))
    if query.prefix:
        return tantivy.Query.phrase_prefix_query(compiler.fields.schema, inner, words)
    return tantivy.Query.phrase_query(compiler.fields.schema, inner, words, min(query.slop, 1000))


_HANDLERS: dict[type[tree.Query], Callable[[Compiler, tree.Query], Any]] = {
    tree.Bool: _bool,
    tree.Boosting: _boosting,
    tree.ConstantScore: _constant_score,
    tree.DisMax: _dis_max,
    tree.Exists: _exists,
    tree.Fuzzy: _fuzzy,
    tree.Ids: _ids,
    tree.Match: _match,
    tree.MatchAll: _everything,
    tree.MatchNone: _nothing,
    tree.MatchPhrase: _match_phrase,
    tree.Prefix: _prefix,
    tree.Range: _range,
    tree.Regexp: _regexp,
    tree.Term: _term,
    tree.Terms: _terms,
    tree.Wildcard: _wildcard,
}
