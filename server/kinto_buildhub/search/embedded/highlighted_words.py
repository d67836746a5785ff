"""Which words of an analyzed text match a query's clauses, for highlights.

Clauses on whole words are compared here. What patterns, fuzzy words and ranges match is asked of an
index of the text's words in memory, so that highlights and matches cannot disagree.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import orjson
import tantivy

from kinto_buildhub.search.embedded.execution import Execution
from kinto_buildhub.search.embedded.schema import ID
from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.mapping import Field
from kinto_buildhub.search.values import as_text

# The least that Tantivy takes.
_HEAP_BYTES = 15_000_000

Span = tuple[int, int]


class _Word(NamedTuple):
    """A word of a text, and where it is, in bytes."""

    text: str
    start: int
    end: int


def matching_spans(
    execution: Execution,
    field: Field,
    clauses: list[tree.Query],
    value: str,
    known: dict[str, bool],
) -> list[Span]:
    """Return the parts of a text that match, as offsets in bytes: in order, without overlaps.

    Args:
        execution: of the request.
        field: of the text.
        clauses: of the query, on single fields.
        value: the text.
        known: words that earlier calls with the same clauses have asked the index about.
    """
    analyzer = execution.fields.analyzer
    words = [
        _Word(token.text, token.char_offset_from, token.char_offset_to)
        for token in analyzer.pre_tokenize(value).tokens
    ]
    wanted: set[str] = set()
    starts: list[str] = []
    asked: list[tree.Query] = []
    phrases: list[tree.MatchPhrase] = []
    for clause in clauses:
        match clause:
            case tree.Term(case_insensitive=False):
                wanted.add(as_text(clause.value))
            case tree.Terms():
                wanted.update(map(as_text, clause.values))
            case tree.Prefix(case_insensitive=False):
                starts.append(clause.value)
            case tree.Match(fuzziness=None):
                analyzed = analyzer.analyze(as_text(clause.query))
                if clause.prefix and analyzed:
                    starts.append(analyzed.pop())
                wanted.update(analyzed)
            case tree.MatchPhrase():
                phrases.append(clause)
            case _:
                asked.append(clause)
    if asked:
        unknown = {word.text for word in words} - known.keys()
        found = _asked_words(execution, field, asked, unknown)
        known.update((word, word in found) for word in unknown)
        wanted |= {word.text for word in words if known[word.text]}
    prefixes = tuple(starts)
    spans = [
        (word.start, word.end)
        for word in words
        if word.text in wanted or (prefixes and word.text.startswith(prefixes))
    ]
    for phrase in phrases:
        spans += _phrase_spans(analyzer.analyze(as_text(phrase.query)), phrase, words)
    return list(_without_overlaps(sorted(spans)))


def _asked_words(
    execution: Execution, field: Field, clauses: list[tree.Query], words: set[str]
) -> set[str]:
    """Return the words that one of the clauses matches."""
    if not words:
        return set()
    execution.check_time()
    fields, name = execution.fields, execution.fields.names[field.name]
    index = tantivy.Index(fields.schema)
    fields.register(index)
    writer = index.writer(_HEAP_BYTES, 1)
    for word in words:
        writer.add_json(orjson.dumps({ID: word, name: word}).decode())
    writer.commit()
    index.reload()
    searcher = index.searcher()
    found: set[str] = set()
    for clause in clauses:
        try:
            compiled = execution.compiler.compile(replace(clause, field=field.name))  # type: ignore[call-arg]
        except BadQuery:  # A clause of another field's type cannot match this one.
            continue
        hits = searcher.search(compiled, len(words), order_by_field=ID).hits
        found.update(word for word, _ in hits)
    return found


def _phrase_spans(
    phrase: list[str], clause: tree.MatchPhrase, words: list[_Word]
) -> Iterator[Span]:
    """Yield where the words of a phrase follow each other, with up to ``slop`` others between."""
    for first in range(len(words) if phrase else 0):
        at = first - 1
        for number, text in enumerate(phrase):
            is_prefix = clause.prefix and number == len(phrase) - 1
            # The words between are what is left of the slop.
            last = first + number + clause.slop + 1 if number else first + 1
            at = _next_word(words, text, at + 1, last, is_prefix=is_prefix)
            if at < 0:
                break
        else:
            yield words[first].start, words[at].end


def _next_word(words: list[_Word], text: str, start: int, end: int, *, is_prefix: bool) -> int:
    for number in range(start, min(end, len(words))):
        found = words[number].text
        if found == text or (is_prefix and found.startswith(text)):
            return number
    return -1


def _without_overlaps(spans: list[Span]) -> Iterator[Span]:
    end = -1
    for span in sorted(spans, key=lambda each: (each[0], -each[1])):
        if span[0] >= end:
            yield span
            end = span[1]
