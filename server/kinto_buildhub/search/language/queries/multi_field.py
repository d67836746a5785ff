"""Queries over several fields, and query strings, as queries on one field each."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.lucene.atoms import Atom
from kinto_buildhub.search.language.lucene.query_string import parse_query_string
from kinto_buildhub.search.language.lucene.regexp import parse_regexp
from kinto_buildhub.search.language.lucene.simple_query_string import parse_simple
from kinto_buildhub.search.language.tree import Query
from kinto_buildhub.search.mapping import Mapping

Weighted = tuple[tuple[str, float], ...]


def matching_fields(fields: Weighted, mapping: Mapping) -> Weighted:
    """Return the fields that match the patterns, with their boosts; no pattern means all fields."""
    found: dict[str, float] = {}
    for pattern, boost in fields or (("*", 1.0),):
        if "*" in pattern:
            names = [
                name for name in mapping.fields if fnmatchcase(name, pattern.replace("[", "[[]"))
            ]
            # Nobody types what computed fields hold.
            names = [name for name in names if not mapping.fields[name].is_computed]
        else:
            names = [pattern]
        for name in names:
            found[name] = boost
    return tuple(found.items())


def _is_pattern(fields: Weighted) -> bool:
    return not fields or any("*" in name for name, _ in fields)


def _best(queries: list[Query], tie_breaker: float | None) -> Query:
    if len(queries) == 1:
        return queries[0]
    return tree.DisMax(queries=tuple(queries), tie_breaker=tie_breaker or 0.0)


def expand_multi_match(query: tree.MultiMatch, mapping: Mapping) -> Query:
    """Return a ``match`` or ``match_phrase`` on each field, joined as the query's type demands."""
    fields = matching_fields(query.fields, mapping)
    lenient = query.lenient or _is_pattern(query.fields)
    queries = [
        replace(_single_match(query, name, lenient=lenient, mapping=mapping), boost=boost)
        for name, boost in fields
    ]
    if not queries:
        return tree.MatchNone()
    if query.type in ("most_fields", "bool_prefix"):
        return tree.Bool(should=tuple(queries), minimum_should_match=1)
    return _best(queries, query.tie_breaker)


def _single_match(query: tree.MultiMatch, name: str, *, lenient: bool, mapping: Mapping) -> Query:
    field = mapping.get(name)
    if query.type in ("phrase", "phrase_prefix", "bool_prefix"):
        prefix = query.type != "phrase"
        if field is not None and not (field.is_keyword or field.type == "text"):
            return tree.Match(field=name, query=query.query, lenient=lenient, path=query.path)
        return tree.MatchPhrase(
            field=name, query=query.query, slop=query.slop, prefix=prefix, path=query.path
        )
    return tree.Match(
        field=name,
        query=query.query,
        operator=query.operator,
        minimum_should_match=query.minimum_should_match,
        fuzziness=query.fuzziness,
        lenient=lenient,
        path=query.path,
    )


def expand_query_string(query: tree.QueryString, mapping: Mapping) -> Query:
    """Return the queries that the text means.

    Raises:
        BadQuery: a syntax error, or an operator that the field's type does not have.
    """
    leaves = _Leaves(query, mapping)
    found = parse_query_string(
        query.query, default_and=query.default_operator == "and", leaf=leaves.leaf, path=query.path
    )
    return _with_minimum(found, query.minimum_should_match)


def expand_simple_query_string(query: tree.SimpleQueryString, mapping: Mapping) -> Query:
    """Return the queries that the text means."""
    if query.query.strip() == "*":
        return tree.MatchAll()
    leaves = _Leaves(query, mapping)
    found = parse_simple(
        query.query,
        default_and=query.default_operator == "and",
        flags=query.flags,
        leaf=leaves.leaf,
    )
    return _with_minimum(found, query.minimum_should_match)


def _with_minimum(query: Query, minimum: str | int | None) -> Query:
    if minimum is not None and isinstance(query, tree.Bool) and query.should:
        return replace(query, minimum_should_match=minimum)
    return query


class _Leaves:
    """Makes the query for each atom of a query string."""

    def __init__(self, query: tree.QueryString | tree.SimpleQueryString, mapping: Mapping) -> None:
        self.query, self.mapping = query, mapping
        every = _is_pattern(query.fields)
        self.lenient = query.lenient if query.lenient is not None else every
        if isinstance(query, tree.QueryString):
            self.slop, self.tie_breaker = query.phrase_slop, query.tie_breaker
            self.leading = query.allow_leading_wildcard
        else:
            self.slop, self.tie_breaker, self.leading = 0, None, True
        self.default_fields = matching_fields(query.fields, mapping)

    def leaf(self, atom: Atom) -> Query:
        if atom.field == "_exists_":
            return tree.Exists(field=atom.text)
        if atom.field == "*" and atom.kind == "exists":
            return tree.MatchAll()
        if atom.kind == "exists":
            return tree.Exists(field=atom.field) if atom.field else self.anything()
        fields = self.default_fields
        if atom.field:
            fields = matching_fields(((atom.field, 1.0),), self.mapping)
        queries = []
        for name, boost in fields:
            found = self.on_field(name, atom)
            if found is not None:
                queries.append(replace(found, boost=boost))
        return _best(queries, self.tie_breaker) if queries else tree.MatchNone()

    def anything(self) -> Query:
        """Return what ``*`` means without a field: all records, or a value in a listed field."""
        if not self.query.fields or any(name == "*" for name, _ in self.query.fields):
            return tree.MatchAll()
        chosen = [tree.Exists(field=name, boost=boost) for name, boost in self.default_fields]
        return _best([*chosen], self.tie_breaker) if chosen else tree.MatchNone()

    def on_field(self, name: str, atom: Atom) -> Query | None:
        field = self.mapping.get(name)
        common: dict[str, Any] = {"field": name, "path": self.query.path}
        textual = field is not None and (field.is_keyword or field.type == "text")
        analyzed = field is not None and field.type == "text"
        match atom.kind:
            case "range":
                return tree.Range(**dict(atom.bounds), **common)  # type: ignore[arg-type]
            case "word":
                operator = self.query.default_operator
                return tree.Match(
                    query=atom.text, operator=operator, lenient=self.lenient, **common
                )
            case "phrase" if textual:
                slop = atom.slop if atom.slop >= 0 else self.slop
                return tree.MatchPhrase(query=atom.text, slop=slop, **common)
            case "phrase":
                return tree.Match(query=atom.text, lenient=self.lenient, **common)
            case "fuzzy" if textual:
                text = atom.text.lower() if analyzed else atom.text
                return tree.Fuzzy(value=text, fuzziness=atom.fuzziness, **common)
            case "prefix" if textual:
                text = atom.text.lower() if analyzed else atom.text
                return tree.Prefix(value=text, **common)
            case "wildcard" if textual:
                if not self.leading and atom.text[0] in "*?":
                    raise BadQuery(
                        f"word {atom.text!r} starts with '*' or '?', and allow_leading_wildcard "
                        "is false",
                        self.query.path,
                    )
                text = atom.text.lower() if analyzed else atom.text
                return tree.Wildcard(value=text, **common)
            case "regexp" if textual:
                parse_regexp(atom.text, path=self.query.path)
                return tree.Regexp(value=atom.text, **common)
        if field is None or self.lenient:
            return None
        raise BadQuery(
            f"a {atom.kind} is not possible on field {name!r} of type {field.type}",
            self.query.path,
            "query_shard_exception",
        )
