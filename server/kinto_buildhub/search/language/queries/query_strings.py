"""Query strings, as queries on one field each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.lucene.atoms import Atom
from kinto_buildhub.search.language.lucene.query_string import parse_query_string
from kinto_buildhub.search.language.lucene.regexp import parse_regexp
from kinto_buildhub.search.language.lucene.simple_query_string import parse_simple
from kinto_buildhub.search.language.queries.multi_field import (
    best_of,
    is_pattern,
    matching_fields,
)
from kinto_buildhub.search.language.queries.revisions import in_both_lengths
from kinto_buildhub.search.language.tree import Query
from kinto_buildhub.search.mapping import Field, Mapping


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
        every = is_pattern(query.fields)
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
        return best_of(queries, self.tie_breaker) if queries else tree.MatchNone()

    def anything(self) -> Query:
        """Return what ``*`` means without a field: all records, or a value in a listed field."""
        if not self.query.fields or any(name == "*" for name, _ in self.query.fields):
            return tree.MatchAll()
        chosen = [tree.Exists(field=name, boost=boost) for name, boost in self.default_fields]
        return best_of([*chosen], self.tie_breaker) if chosen else tree.MatchNone()

    def on_field(self, name: str, atom: Atom) -> Query | None:
        """Return the atom's query on one field; None if it is impossible there and that is fine."""
        field = self.mapping.get(name)
        if (on_any_field := _ON_ANY_FIELD.get(atom.kind)) is not None:
            return on_any_field(self, name, field, atom)
        if field is not None and _is_text(field):
            return _ON_TEXT_FIELD[atom.kind](self, name, field, atom)
        if field is None or self.lenient:
            return None
        raise BadQuery(
            f"a {atom.kind} is not possible on field {name!r} of type {field.type}",
            self.query.path,
            "query_shard_exception",
        )

    def _range(self, name: str, field: Field | None, atom: Atom) -> Query:
        bounds: dict[str, Any] = dict(atom.bounds)
        zone = getattr(self.query, "time_zone", None)
        if field is None or field.type != "date":
            zone = None
        return tree.Range(field=name, time_zone=zone, path=self.query.path, **bounds)

    def _word(self, name: str, field: Field | None, atom: Atom) -> Query:
        match = tree.Match(
            field=name,
            query=atom.text,
            operator=self.query.default_operator,
            lenient=self.lenient,
            path=self.query.path,
        )
        return in_both_lengths(match)

    def _phrase(self, name: str, field: Field | None, atom: Atom) -> Query:
        path = self.query.path
        if field is None or not _is_text(field):
            return tree.Match(field=name, query=atom.text, lenient=self.lenient, path=path)
        slop = atom.slop if atom.slop >= 0 else self.slop
        phrase = tree.MatchPhrase(field=name, query=atom.text, slop=slop, path=path)
        return in_both_lengths(phrase)

    def _fuzzy(self, name: str, field: Field, atom: Atom) -> Query:
        return tree.Fuzzy(
            field=name,
            value=_normalized(field, atom.text),
            fuzziness=atom.fuzziness,
            path=self.query.path,
        )

    def _prefix(self, name: str, field: Field, atom: Atom) -> Query:
        return tree.Prefix(field=name, value=_normalized(field, atom.text), path=self.query.path)

    def _wildcard(self, name: str, field: Field, atom: Atom) -> Query:
        if not self.leading and atom.text[0] in "*?":
            raise BadQuery(
                f"word {atom.text!r} starts with '*' or '?', and allow_leading_wildcard is false",
                self.query.path,
            )
        return tree.Wildcard(field=name, value=_normalized(field, atom.text), path=self.query.path)

    def _regexp(self, name: str, field: Field, atom: Atom) -> Query:
        parse_regexp(atom.text, path=self.query.path)
        return tree.Regexp(field=name, value=atom.text, path=self.query.path)


_ON_ANY_FIELD: dict[str, Callable[[_Leaves, str, Field | None, Atom], Query]] = {
    "phrase": _Leaves._phrase,
    "range": _Leaves._range,
    "word": _Leaves._word,
}
_ON_TEXT_FIELD: dict[str, Callable[[_Leaves, str, Field, Atom], Query]] = {
    "fuzzy": _Leaves._fuzzy,
    "prefix": _Leaves._prefix,
    "regexp": _Leaves._regexp,
    "wildcard": _Leaves._wildcard,
}


def _is_text(field: Field) -> bool:
    return field.is_keyword or field.type == "text"


def _normalized(field: Field, text: str) -> str:
    """Return the text as the field's analyzer would, which is not applied to patterns."""
    return text.lower() if field.type == "text" else text
