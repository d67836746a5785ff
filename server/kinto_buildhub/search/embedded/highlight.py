"""Highlights: which of a record's values made it match, with tags around them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import ID
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
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
_SPREAD = (tree.MultiMatch, tree.QueryString, tree.SimpleQueryString)


class Highlighter:
    """Marks matches in records.

    A keyword is marked whole, if one of the query's clauses on that field matches the record.
    Unless the clause asks for one text, the engine itself is asked, once a clause for all hits, so
    that highlights and matches cannot disagree. In texts the words of the clauses are marked, in
    fragments.

    Args:
        record_ids: of the hits.
    """

    def __init__(
        self,
        execution: Execution,
        wanted: tuple[tree.HighlightField, ...],
        asked: tree.Query,
        record_ids: Sequence[str],
    ) -> None:
        self._execution, self._record_ids = execution, record_ids
        self._matching: dict[tuple[str, int], frozenset[str]] = {}
        self._mapping = execution.fields.mapping
        self._wanted: list[
            tuple[Field, tree.HighlightField, list[tree.Query], frozenset[str] | None]
        ] = []
        asked_leaves = list(self._leaves(asked)) if wanted else []
        for options in wanted:
            leaves = asked_leaves if options.query is None else list(self._leaves(options.query))
            for field in self._fields(options.field):
                clauses = [
                    leaf
                    for leaf in leaves
                    if _on(leaf) == field.name or not options.require_field_match
                ]
                if clauses:
                    self._wanted.append((field, options, clauses, _exact_texts(clauses)))

    def of(self, record_id: str, record: dict[str, Any]) -> dict[str, list[str]]:
        """Return the marked values of a record, by field; fields without a match are left out."""
        found: dict[str, list[str]] = {}
        for field, options, clauses, texts in self._wanted:
            values = [as_text(value) for value in iter_values(field, record)]
            if field.type == "text":
                marked = self._words(values, options, clauses)
            elif texts is not None:  # As nearly all are; this needs no engine.
                marked = [] if texts.isdisjoint(values) else _tagged(values, options)
            else:
                marked = self._whole(values, field, options, clauses, record_id)
            if marked:
                limit = options.number_of_fragments or len(marked)
                found[field.name] = marked[:limit]
        return found

    def _fields(self, pattern: str) -> Iterator[Field]:
        for name, field in self._mapping.fields.items():
            textual = field.type in ("keyword", "text")
            if textual and (name == pattern or ("*" in pattern and fnmatchcase(name, pattern))):
                yield field

    def _leaves(self, query: tree.Query) -> Iterator[tree.Query]:
        """Yield the clauses on single fields that a match may rest on."""
        match query:
            case tree.Bool():
                for inner in (*query.must, *query.filter, *query.should):
                    yield from self._leaves(inner)
            case tree.DisMax():
                for inner in query.queries:
                    yield from self._leaves(inner)
            case tree.ConstantScore():
                yield from self._leaves(query.filter)
            case tree.Boosting():
                yield from self._leaves(query.positive)
            case _ if isinstance(query, _SPREAD):
                yield from self._leaves(self._execution.compiler.expanded(query))
            case _ if isinstance(query, _LEAVES):
                yield query

    def _whole(
        self,
        values: list[str],
        field: Field,
        options: tree.HighlightField,
        clauses: list[tree.Query],
        record_id: str,
    ) -> list[str]:
        if not any(self._marks(each, values, field, record_id) for each in clauses if values):
            return []
        return _tagged(values, options)

    def _marks(self, clause: tree.Query, values: list[str], field: Field, record_id: str) -> bool:
        text = _exact_text(clause)
        if text is not None:
            return text in values and len(text) <= IGNORE_ABOVE
        return record_id in self._matched(clause, field)

    def _matched(self, clause: tree.Query, field: Field) -> frozenset[str]:
        """Return the IDs of the hits that a clause matches by a field."""
        key = (field.name, id(clause))
        if key not in self._matching:
            self._matching[key] = self._match(clause, field)
        return self._matching[key]

    def _match(self, clause: tree.Query, field: Field) -> frozenset[str]:
        execution = self._execution
        try:
            compiled = execution.compiler.query(_moved(clause, field.name))
        except BadQuery:  # A clause of another field's type cannot match this one.
            return frozenset()
        among = execution.narrowed(compiled, execution.has_any_id(self._record_ids))
        found = execution.top(among, len(self._record_ids), by=ID)
        return frozenset(record_id for record_id, _ in found)

    def _words(
        self, values: list[str], options: tree.HighlightField, clauses: list[tree.Query]
    ) -> list[str]:
        analyzer = self._execution.fields.analyzer
        words: set[str] = set()
        starts: list[str] = []
        for clause in clauses:
            text = str(getattr(clause, "value", getattr(clause, "query", "")))
            if isinstance(clause, tree.Prefix) or getattr(clause, "prefix", False):
                starts.append(text.lower())
            words.update(analyzer.analyze(text))
        found: list[str] = []
        for value in values:
            found += _fragments(value, analyzer, words, tuple(starts), options)
        return found


def _on(query: tree.Query) -> str:
    return str(getattr(query, "field", ""))


def _exact_text(clause: tree.Query) -> str | None:
    """Return what a keyword has to be to match the clause; None if that is no single text."""
    match clause:
        case tree.Term(case_insensitive=False):
            return as_text(clause.value)
        case tree.Match(fuzziness=None) | tree.MatchPhrase(prefix=False):
            return as_text(clause.query)
    return None


def _exact_texts(clauses: Sequence[tree.Query]) -> frozenset[str] | None:
    """Return the texts of which a keyword has to be one; None if a clause wants another form."""
    texts = [_exact_text(clause) for clause in clauses]
    if None in texts:
        return None
    return frozenset(text for text in texts if text is not None and len(text) <= IGNORE_ABOVE)


def _tagged(values: list[str], options: tree.HighlightField) -> list[str]:
    before, after = options.pre_tags[0], options.post_tags[0]
    return [f"{before}{value}{after}" for value in values]


def _moved(query: tree.Query, field: str) -> tree.Query:
    return replace(query, field=field)  # type: ignore[call-arg]


def _fragments(
    value: str,
    analyzer: Any,
    words: set[str],
    starts: tuple[str, ...],
    options: tree.HighlightField,
) -> list[str]:
    encoded = value.encode()  # The analyzer counts bytes.
    spans = [
        (token.char_offset_from, token.char_offset_to)
        for token in analyzer.pre_tokenize(value).tokens
        if token.text in words or (starts and token.text.startswith(starts))
    ]
    size = options.fragment_size if options.number_of_fragments else 0
    fragments: list[list[tuple[int, int]]] = []
    for span in spans:
        if fragments and (not size or span[1] - fragments[-1][0][0] <= size):
            fragments[-1].append(span)
        else:
            fragments.append([span])
    return [_marked(encoded, group, options, size) for group in fragments]


def _marked(
    encoded: bytes, spans: list[tuple[int, int]], options: tree.HighlightField, size: int
) -> str:
    start, end = 0, len(encoded)
    if size and end > size:
        start = max(0, spans[0][0] - size // 4)
        end = min(end, max(start + size, spans[-1][1]))
    parts: list[str] = []
    place = start
    for first, last in spans:
        parts.append(encoded[place:first].decode(errors="ignore"))
        parts.append(options.pre_tags[0] + encoded[first:last].decode(errors="ignore"))
        parts.append(options.post_tags[0])
        place = last
    parts.append(encoded[place:end].decode(errors="ignore"))
    return "".join(parts)
