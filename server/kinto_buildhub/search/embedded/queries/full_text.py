"""Full-text queries. On a field that is not analyzed they are term-level queries."""

from typing import Any

import tantivy

from kinto_buildhub.search.embedded.queries.compiler import Compiler
from kinto_buildhub.search.embedded.queries.term_level import fuzzy_query, prefix_query, term_query
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.queries.minimum_should_match import minimum_should_match
from kinto_buildhub.search.language.queries.multi_field import best_of
from kinto_buildhub.search.values import as_text


def match_query(compiler: Compiler, query: tree.Match) -> Any:
    """Compile a ``match``."""
    indexed = compiler.field(query.field)
    if indexed is None:
        return tantivy.Query.empty_query()
    if indexed.field.type == "text":
        return _match_words(compiler, query)
    if query.prefix and indexed.field.is_keyword:
        return prefix_query(compiler, tree.Prefix(field=query.field, value=as_text(query.query)))
    if query.fuzziness and indexed.field.is_keyword:
        text = as_text(query.query)
        return fuzzy_query(compiler, _fuzzy(query, text, query.fuzziness))
    return _lenient_term(compiler, query)


def _match_words(compiler: Compiler, query: tree.Match) -> Any:
    words = compiler.fields.analyzer.analyze(as_text(query.query))
    if not words:
        return _without_words(compiler, query)
    clauses: list[tree.Query] = [
        _fuzzy(query, word, query.fuzziness)
        if query.fuzziness
        else tree.Term(field=query.field, value=word)
        for word in words
    ]
    if query.prefix:
        clauses[-1] = tree.Prefix(field=query.field, value=words[-1])
    return _joined(compiler, query, clauses)


def _fuzzy(query: tree.Match, text: str, fuzziness: str) -> tree.Fuzzy:
    return tree.Fuzzy(
        field=query.field,
        value=text,
        fuzziness=fuzziness,
        prefix_length=query.prefix_length,
        transpositions=query.transpositions,
    )


def cross_fields_query(compiler: Compiler, query: tree.CrossFields) -> Any:
    """Compile a text whose words may each be in any of the fields."""
    words = compiler.fields.analyzer.analyze(as_text(query.query))
    if not words:
        return _without_words(compiler, query)
    clauses = [
        best_of([tree.Term(field=name, value=word, boost=boost) for name, boost in query.fields], 0)
        for word in words
    ]
    return _joined(compiler, query, clauses)


def _joined(
    compiler: Compiler, query: tree.Match | tree.CrossFields, clauses: list[tree.Query]
) -> Any:
    """Compile the clauses for the words of a text."""
    if len(clauses) == 1:
        return compiler.compile(clauses[0])
    minimum = query.minimum_should_match
    if query.operator == "and":
        if minimum is not None and minimum_should_match(minimum, 0, query.path):
            return tantivy.Query.empty_query()  # There is no optional clause to count.
        return compiler.compile(tree.Bool(must=tuple(clauses)))
    return compiler.compile(
        tree.Bool(should=tuple(clauses), minimum_should_match=1 if minimum is None else minimum)
    )


def _without_words(
    compiler: Compiler, query: tree.Match | tree.MatchPhrase | tree.CrossFields
) -> Any:
    is_all = query.zero_terms_query == "all"
    return compiler.compile(tree.MatchAll() if is_all else tree.MatchNone())


def _lenient_term(compiler: Compiler, query: tree.Match) -> Any:
    term = tree.Term(field=query.field, value=query.query, path=query.path)
    try:
        return term_query(compiler, term)
    except BadQuery:
        if query.lenient:
            return tantivy.Query.empty_query()
        raise


def match_phrase_query(compiler: Compiler, query: tree.MatchPhrase) -> Any:
    """Compile a ``match_phrase`` or a ``match_phrase_prefix``."""
    indexed = compiler.field(query.field)
    if indexed is None:
        return tantivy.Query.empty_query()
    field, name = indexed
    if field.type != "text":
        if query.prefix and field.is_keyword:
            prefix = tree.Prefix(field=query.field, value=as_text(query.query))
            return prefix_query(compiler, prefix)
        term = tree.Term(field=query.field, value=query.query, path=query.path)
        return term_query(compiler, term)
    words = compiler.fields.analyzer.analyze(as_text(query.query))
    if not words:
        return _without_words(compiler, query)
    if len(words) == 1:
        kind = tree.Prefix if query.prefix else tree.Term
        return compiler.compile(kind(field=query.field, value=words[0]))
    if query.prefix:
        return tantivy.Query.phrase_prefix_query(compiler.fields.schema, name, words)
    return tantivy.Query.phrase_query(compiler.fields.schema, name, words, min(query.slop, 1000))
