"""Queries over several fields, as queries on one field each."""

from dataclasses import replace

from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.name_patterns import is_like
from kinto_buildhub.search.language.queries.revisions import in_both_lengths
from kinto_buildhub.search.language.tree import Query
from kinto_buildhub.search.mapping import Mapping

Weighted = tuple[tuple[str, float], ...]


def matching_fields(fields: Weighted, mapping: Mapping) -> Weighted:
    """Return the fields that match the patterns, with their boosts; no pattern means all fields."""
    found: dict[str, float] = {}
    for pattern, boost in fields or (("*", 1.0),):
        if "*" in pattern:
            names = [name for name in mapping.fields if is_like(name, pattern)]
            # Computed fields hold encoded texts, which nobody types.
            names = [name for name in names if not mapping.fields[name].is_computed]
        else:
            names = [pattern]
        for name in names:
            found[name] = boost
    return tuple(found.items())


def is_pattern(fields: Weighted) -> bool:
    """Return whether the fields are not named one by one."""
    return not fields or any("*" in name for name, _ in fields)


def best_of(queries: list[Query], tie_breaker: float | None) -> Query:
    """Return a query for what any of *queries* matches, with the best score."""
    if len(queries) == 1:
        return queries[0]
    return tree.DisMax(queries=tuple(queries), tie_breaker=tie_breaker or 0.0)


def expand_multi_match(query: tree.MultiMatch, mapping: Mapping) -> Query:
    """Return a ``match`` or ``match_phrase`` on each field, joined as the query's type demands."""
    fields = matching_fields(query.fields, mapping)
    lenient = query.lenient or is_pattern(query.fields)
    queries = [
        replace(_single_match(query, name, lenient=lenient, mapping=mapping), boost=boost)
        for name, boost in fields
    ]
    if not queries:
        return tree.MatchNone()
    if query.type == "cross_fields":
        return _across_fields(query, fields, queries, mapping)
    if query.type in ("most_fields", "bool_prefix"):
        return tree.Bool(should=tuple(queries), minimum_should_match=1)
    return best_of(queries, query.tie_breaker)


def _across_fields(
    query: tree.MultiMatch, fields: Weighted, queries: list[Query], mapping: Mapping
) -> Query:
    """Return a query for each word in any of the analyzed fields, beside those on other fields."""
    analyzed = [name for name, field in mapping.fields.items() if field.type == "text"]
    texts = tuple((name, boost) for name, boost in fields if name in analyzed)
    across = tree.CrossFields(
        query=query.query,
        fields=texts,
        operator=query.operator,
        minimum_should_match=query.minimum_should_match,
        zero_terms_query=query.zero_terms_query,
        path=query.path,
    )
    others = [each for (name, _), each in zip(fields, queries, strict=True) if name not in analyzed]
    return best_of([across, *others] if texts else others, query.tie_breaker)


def _single_match(query: tree.MultiMatch, name: str, *, lenient: bool, mapping: Mapping) -> Query:
    field = mapping.get(name)
    if query.type in ("phrase", "phrase_prefix"):
        prefix = query.type == "phrase_prefix"
        if field is not None and not (field.is_keyword or field.type == "text"):
            return tree.Match(field=name, query=query.query, lenient=lenient, path=query.path)
        return tree.MatchPhrase(
            field=name,
            query=query.query,
            slop=query.slop,
            prefix=prefix,
            zero_terms_query=query.zero_terms_query,
            path=query.path,
        )
    match = tree.Match(
        field=name,
        query=query.query,
        operator=query.operator,
        minimum_should_match=query.minimum_should_match,
        fuzziness=query.fuzziness,
        lenient=lenient,
        zero_terms_query=query.zero_terms_query,
        prefix=query.type == "bool_prefix",
        prefix_length=query.prefix_length,
        transpositions=query.transpositions,
        path=query.path,
    )
    return in_both_lengths(match)
