"""Term-level queries: on exact values, on the start or the form of a text, on having a value."""

from typing import Any

import tantivy
from buildhub_schema.versions import version_order

from kinto_buildhub.search.embedded.queries.combine import (
    all_of,
    any_of,
    constant_score,
    unscored,
)
from kinto_buildhub.search.embedded.queries.compiler import Compiler
from kinto_buildhub.search.embedded.queries.ranges import range_query
from kinto_buildhub.search.embedded.schema import ID, MAX_LONG, MIN_LONG
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.lucene.patterns import ANY_TEXT, literal, wildcard_pattern
from kinto_buildhub.search.language.lucene.regexp import parse_regexp
from kinto_buildhub.search.language.queries.multi_field import matching_fields
from kinto_buildhub.search.mapping import FLOAT_TYPES, Field
from kinto_buildhub.search.values import as_text, query_number

# Elasticsearch's own fields.
_OF_EVERY_RECORD = ("_id", "_index", "_seq_no", "_version")
_NOT_SEARCHABLE = ("_doc_count", "_field_names", "_source")


def term_query(compiler: Compiler, query: tree.Term) -> Any:
    """Compile a ``term``; on a date it matches all that the date's text rounds to."""
    if query.field == "_id":
        return compiler.any_term(ID, [as_text(query.value)])
    indexed = compiler.field(query.field)
    if indexed is None:
        return tantivy.Query.empty_query()
    field, name = indexed
    if field.type == "date":
        return range_query(compiler, _same_date(query, query.value))
    if query.case_insensitive and (field.is_keyword or field.type == "text"):
        return compiler.pattern(name, "(?i)" + literal(as_text(query.value)), query.path)
    values = _exact_values(field, query.value, query.path)
    if not values:
        return tantivy.Query.empty_query()
    found = compiler.term(name, values[0])
    return found if field.is_keyword or field.type == "text" else constant_score(found)


def terms_query(compiler: Compiler, query: tree.Terms) -> Any:
    """Compile a ``terms``."""
    if query.field == "_id":
        return compiler.any_term(ID, [as_text(value) for value in query.values])
    indexed = compiler.field(query.field)
    if indexed is None or not query.values:
        return tantivy.Query.empty_query()
    field, name = indexed
    if field.type == "date":
        dates = (range_query(compiler, _same_date(query, value)) for value in query.values)
        return constant_score(any_of(dates))
    values = [each for value in query.values for each in _exact_values(field, value, query.path)]
    if field.type in FLOAT_TYPES:
        return any_of(compiler.term(name, value) for value in values)
    return compiler.any_term(name, values)


def _same_date(query: tree.Term | tree.Terms, value: Any) -> tree.Range:
    return tree.Range(field=query.field, gte=value, lte=value, path=query.path)


def _exact_values(field: Field, value: Any, path: str) -> list[str | int | float]:
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
    if number != int(number) or not MIN_LONG <= number <= MAX_LONG:
        return []
    return [int(number)]


def ids_query(compiler: Compiler, query: tree.Ids) -> Any:
    """Compile an ``ids``."""
    return compiler.any_term(ID, [as_text(value) for value in query.values])


def exists_query(compiler: Compiler, query: tree.Exists) -> Any:
    """Compile an ``exists``; an object exists where any of its fields does."""
    if query.field in _OF_EVERY_RECORD:
        return tantivy.Query.all_query()
    if query.field in _NOT_SEARCHABLE:
        raise BadQuery(
            f"the {query.field} field is not searchable", query.path, "query_shard_exception"
        )
    names = _existing_names(compiler, query.field)
    if not names:
        return tantivy.Query.empty_query()
    return constant_score(any_of(compiler.exists(compiler.fields.names[name]) for name in names))


def _existing_names(compiler: Compiler, name: str) -> list[str]:
    """Return the fields that a name means: one, those of an object, or those of a pattern."""
    mapping = compiler.fields.mapping
    if "*" in name:
        return [each for each, _ in matching_fields(((name, 1.0),), mapping)]
    found = [name] if mapping.get(name) else []
    return found + [field.name for field in mapping.below(name)]


def prefix_query(compiler: Compiler, query: tree.Prefix) -> Any:
    """Compile a ``prefix``."""
    name = _text_field(compiler, query, "prefix")
    if name is None:
        return tantivy.Query.empty_query()
    start = "(?i)" if query.case_insensitive else ""
    return compiler.pattern(name, start + literal(query.value) + ANY_TEXT, query.path)


def wildcard_query(compiler: Compiler, query: tree.Wildcard) -> Any:
    """Compile a ``wildcard``."""
    name = _text_field(compiler, query, "wildcard")
    if name is None or query.value == "":  # In Elasticsearch it matches not even an empty text.
        return tantivy.Query.empty_query()
    pattern = wildcard_pattern(query.value, case_insensitive=query.case_insensitive)
    return compiler.pattern(name, pattern.text, query.path)


def regexp_query(compiler: Compiler, query: tree.Regexp) -> Any:
    """Compile a ``regexp``."""
    name = _text_field(compiler, query, "regexp")
    if name is None:
        return tantivy.Query.empty_query()
    pattern = parse_regexp(
        query.value, query.flags, query.path, case_insensitive=query.case_insensitive
    )
    return compiler.pattern(name, pattern.text, query.path)


def fuzzy_query(compiler: Compiler, query: tree.Fuzzy) -> Any:
    """Compile a ``fuzzy``."""
    name = _text_field(compiler, query, "fuzzy")
    if name is None:
        return tantivy.Query.empty_query()
    distance = _edit_distance(query.fuzziness, query.value)
    compiler.costs.add_fuzzy(query.path, compiler.costs.count_terms(name))
    found = tantivy.Query.fuzzy_term_query(
        compiler.fields.schema, name, query.value, distance, query.transpositions
    )
    if not query.prefix_length:
        return found
    start = literal(query.value[: query.prefix_length]) + ANY_TEXT
    return all_of([found, unscored(compiler.pattern(name, start, query.path))])


def _edit_distance(fuzziness: str, text: str) -> int:
    if fuzziness.isdecimal():
        return int(fuzziness)
    _, _, lengths = fuzziness.partition(":")
    low, high = map(int, lengths.split(",")) if lengths else (3, 6)
    return 0 if len(text) < low else 1 if len(text) < high else 2


def _text_field(compiler: Compiler, query: Any, kind: str) -> str | None:
    """Return Tantivy's name of a text field; None if the mapping does not have it.

    Raises:
        BadQuery: the field holds no text.
    """
    indexed = compiler.field(query.field)
    if indexed is None:
        return None
    if not (indexed.field.is_keyword or indexed.field.type == "text"):
        raise BadQuery(
            f"a {kind} query works on keyword and text fields, and {query.field!r} is of type "
            f"{indexed.field.type}; use a range",
            query.path,
            "query_shard_exception",
        )
    return indexed.tantivy_name
