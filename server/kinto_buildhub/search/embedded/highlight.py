"""Highlights: the values that made a record match, with tags around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kinto_buildhub.search import budget
from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.highlighted_words import matching_spans
from kinto_buildhub.search.embedded.schema import ID
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.name_patterns import is_like
from kinto_buildhub.search.mapping import IGNORE_ABOVE, Field, iter_values
from kinto_buildhub.search.values import as_text

_LEAVES = (
    tree.Term,
    tree.Terms,
    tree.Prefix,
    tree.Wildcard,
    tree.Regexp,
    tree.Fuzzy,
    tree.Match,
    tree.MatchPhrase,
    tree.Range,
)
_HTML = str.maketrans(
    {'"': "&quot;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#x27;", "/": "&#x2F;"}
)
_WORD_OR_GAP = re.compile(r"\w+(?:['.,]\w+)*|\s+|.", re.DOTALL)
_EXPANDED = (tree.MultiMatch, tree.QueryString, tree.SimpleQueryString)


@dataclass(frozen=True, slots=True)
class _HighlightedField:
    """One field to highlight.

    Attributes:
        options: how.
        clauses: the clauses whose matches are highlighted.
        exact_texts: the only keywords that match the clauses; None if others may.
    """

    field: Field
    options: tree.HighlightField
    clauses: list[tree.Query]
    exact_texts: frozenset[str] | None


class Highlighter:
    """Highlights matches in records.

    A keyword is highlighted whole if one of the query's clauses on its field matches the record.
    Unless the clause asks for one text, the engine decides that, in one search per clause for all
    hits, so that highlights and matches cannot disagree. In analyzed text the words of the clauses
    are highlighted, in fragments.

    Args:
        execution: of the request.
        requested: the fields to highlight.
        query: the query that the records match.
        record_ids: of the hits.
    """

    def __init__(
        self,
        execution: Execution,
        requested: tuple[tree.HighlightField, ...],
        query: tree.Query,
        record_ids: list[str],
    ) -> None:
        self._execution, self._record_ids = execution, record_ids
        # By the identity of a field to highlight, which lives as long.
        self._known_words: dict[int, dict[str, bool]] = {}
        self._matching: dict[tuple[str, int], frozenset[str]] = {}
        self._mapping = execution.fields.mapping
        self._fields = list(self._iter_fields(requested, query))

    def highlights(self, record_id: str, record: dict[str, Any]) -> dict[str, list[str]]:
        """Return a record's highlighted values by field; fields without a match are left out."""
        found: dict[str, list[str]] = {}
        for each in self._fields:
            budget.check_time()
            field, options = each.field, each.options
            values = [as_text(value) for value in iter_values(field, record)]
            if field.type == "text":
                highlighted = self._words(values, each)
            elif field.type != "keyword":
                highlighted = []
            elif each.exact_texts is not None:  # Nearly always; this needs no search.
                is_match = not each.exact_texts.isdisjoint(values)
                highlighted = _tagged(values, options) if is_match else []
            else:
                highlighted = self._whole(values, each, record_id)
            if not highlighted and options.no_match_size and values:
                highlighted = [_start(values[0], options)]
            if highlighted:
                limit = options.number_of_fragments or len(highlighted)
                found[field.name] = highlighted[:limit]
        return found

    def _iter_fields(
        self, requested: tuple[tree.HighlightField, ...], query: tree.Query
    ) -> Iterator[_HighlightedField]:
        query_leaves = list(self._leaves(query)) if requested else []
        for options in requested:
            budget.check_time()
            leaves = query_leaves if options.query is None else list(self._leaves(options.query))
            for field in self._matching_fields(options):
                clauses = [
                    leaf
                    for leaf in leaves
                    if _field_name(leaf) == field.name or not options.require_field_match
                ]
                if clauses or options.no_match_size:
                    yield _HighlightedField(field, options, clauses, _exact_texts(clauses))

    def _matching_fields(self, options: tree.HighlightField) -> Iterator[Field]:
        pattern = options.field
        for name, field in self._mapping.fields.items():
            if field.type in ("keyword", "text"):
                if is_like(name, pattern):
                    yield field
            elif name == pattern and options.no_match_size:
                yield field  # Nothing is highlighted in numbers, but the start is shown.

    def _leaves(self, query: tree.Query) -> Iterator[tree.Query]:
        """Yield the clauses on single fields that can make a record match."""
        match query:
            case tree.Bool():
                for inner in (*query.must, *query.filter, *query.should):
                    yield from self._leaves(inner)
            case tree.DisMax():
                for inner in query.queries:
                    yield from self._leaves(inner)
            case tree.ConstantScore():
                yield from self._leaves(query.filter)
            case tree.CrossFields():
                for name, _ in query.fields:
                    yield tree.Match(field=name, query=query.query)
            case tree.Boosting():
                yield from self._leaves(query.positive)
            case _ if isinstance(query, _EXPANDED):
                yield from self._leaves(self._execution.compiler.expanded(query))
            case _ if isinstance(query, _LEAVES):
                yield query

    def _whole(
        self, values: list[str], highlighted: _HighlightedField, record_id: str
    ) -> list[str]:
        field, clauses = highlighted.field, highlighted.clauses
        if not any(self._is_match(each, values, field, record_id) for each in clauses if values):
            return []
        return _tagged(values, highlighted.options)

    def _is_match(
        self, clause: tree.Query, values: list[str], field: Field, record_id: str
    ) -> bool:
        text = _exact_text(clause)
        if text is not None:
            return text in values and len(text) <= IGNORE_ABOVE
        return record_id in self._matching_ids(clause, field)

    def _matching_ids(self, clause: tree.Query, field: Field) -> frozenset[str]:
        """Return the IDs of the hits that a clause matches by a field."""
        key = (field.name, id(clause))
        if key not in self._matching:
            self._matching[key] = self._search_ids(clause, field)
        return self._matching[key]

    def _search_ids(self, clause: tree.Query, field: Field) -> frozenset[str]:
        execution = self._execution
        try:
            compiled = execution.compiler.compile(_on_field(clause, field.name))
        except BadQuery:  # A clause of another field's type cannot match this one.
            return frozenset()
        hits = execution.filtered(compiled, execution.compiler.any_term(ID, self._record_ids))
        found = execution.top(hits, len(self._record_ids), by=ID)
        return frozenset(record_id for record_id, _ in found)

    def _words(self, values: list[str], highlighted: _HighlightedField) -> list[str]:
        execution, options = self._execution, highlighted.options
        known = self._known_words.setdefault(id(highlighted), {})
        found: list[str] = []
        for value in values:
            spans = matching_spans(execution, highlighted.field, highlighted.clauses, value, known)
            found += _fragments(value, spans, options)
        return found


def _field_name(query: tree.Query) -> str:
    return str(getattr(query, "field", ""))


def _exact_text(clause: tree.Query) -> str | None:
    """Return the only keyword that matches the clause; None if others may."""
    match clause:
        case tree.Term(case_insensitive=False):
            return as_text(clause.value)
        case tree.Match(fuzziness=None) | tree.MatchPhrase(prefix=False):
            return as_text(clause.query)
    return None


def _exact_texts(clauses: Sequence[tree.Query]) -> frozenset[str] | None:
    """Return the only keywords that match one of the clauses; None if others may."""
    texts = [_exact_text(clause) for clause in clauses]
    if None in texts:
        return None
    return frozenset(text for text in texts if text is not None and len(text) <= IGNORE_ABOVE)


def _tagged(values: list[str], options: tree.HighlightField) -> list[str]:
    before, after = options.pre_tags[0], options.post_tags[0]
    return [f"{before}{_encoded(value, options)}{after}" for value in values]


def _start(value: str, options: tree.HighlightField) -> str:
    """Return the first ``no_match_size`` characters of a text, up to the end of the word there."""
    size = options.no_match_size
    if size < len(value):
        ends = (piece.end() for piece in _WORD_OR_GAP.finditer(value))
        value = value[: next((end for end in ends if end > size), len(value))].strip()
    return _encoded(value, options)


def _encoded(text: str, options: tree.HighlightField) -> str:
    return text.translate(_HTML) if options.is_html else text


def _on_field(query: tree.Query, field: str) -> tree.Query:
    return replace(query, field=field)  # type: ignore[call-arg]


def _fragments(value: str, spans: list[tuple[int, int]], options: tree.HighlightField) -> list[str]:
    encoded = value.encode()  # The analyzer's offsets are in bytes.
    size = options.fragment_size if options.number_of_fragments else 0
    fragments: list[list[tuple[int, int]]] = []
    for span in spans:
        if fragments and (not size or span[1] - fragments[-1][0][0] <= size):
            fragments[-1].append(span)
        else:
            fragments.append([span])
    return [_highlighted_fragment(encoded, group, options, size) for group in fragments]


def _highlighted_fragment(
    encoded: bytes, spans: list[tuple[int, int]], options: tree.HighlightField, size: int
) -> str:
    start, end = 0, len(encoded)
    if size and end > size:
        start = max(0, spans[0][0] - size // 4)
        end = min(end, max(start + size, spans[-1][1]))
    pieces: list[str] = []
    position = start
    for first, last in spans:
        pieces.append(_encoded(encoded[position:first].decode(errors="ignore"), options))
        word = _encoded(encoded[first:last].decode(errors="ignore"), options)
        pieces.append(options.pre_tags[0] + word + options.post_tags[0])
        position = last
    pieces.append(_encoded(encoded[position:end].decode(errors="ignore"), options))
    return "".join(pieces)
