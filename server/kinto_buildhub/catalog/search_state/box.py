"""What the text in the box means, word by word. No word is dropped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.catalog.columns import FACETS

Vocabulary = Mapping[str, frozenset[str]]
"""The values that occur in the catalogue, by the name of the facet."""


@dataclass(frozen=True, slots=True)
class Term:
    """A part of the text, as it was understood.

    Attributes:
        text: as typed.
        label: what it was taken for, as people read it: ``build ID``; "" if it was not placed.
        clause: of a search, that matches the records it is about.
        is_excluded: records that match are left out.
    """

    text: str
    label: str
    clause: Mapping[str, Any]
    is_excluded: bool = False


def understand(text: str, vocabulary: Vocabulary) -> tuple[Term, ...]:
    """Return the terms of a text, in its order."""
    return tuple(_understand_word(word, vocabulary) for word in text.split())


def _understand_word(text: str, vocabulary: Vocabulary) -> Term:
    is_excluded = text.startswith("-") and len(text) > 1
    word = text[1:] if is_excluded else text
    for facet in FACETS:
        if word in vocabulary.get(facet.name, ()):
            return Term(text, facet.label, {"term": {facet.field: word}}, is_excluded)
    if word.isdecimal() and len(word) in (10, 14):
        return Term(text, "Build ID", {"term": {"build.id": word}}, is_excluded)
    return Term(text, "", {"prefix": {"id": word.lower()}}, is_excluded)
