"""What nothing else understands: it is searched as text, and said so."""

import difflib
from itertools import islice

from kinto_buildhub.catalog.columns import FACETS, Facet
from kinto_buildhub.catalog.search_state.clauses import (
    any_of,
    contains,
    everything,
    starts_with,
)
from kinto_buildhub.catalog.search_state.meanings.identifiers import (
    BUILD_ID,
    RECORD_ID,
    REVISION,
)
from kinto_buildhub.catalog.search_state.meanings.synonyms import OF_LANGUAGES, OF_VALUES
from kinto_buildhub.catalog.search_state.terms import Clause, Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

_TREE = "source.tree"

# No value that a facet should have is longer. The cost of a pattern grows with the square of its
# length: sixty words of a hundred letters took seconds.
_MAX_CONTAINED = 40

# Shorter words are close to too many others.
_SHORTEST_MISSPELT = 4
_CLOSENESS = 0.8
# Of each facet, those that most builds have: comparing takes long, and no language is left out.
_MAX_COMPARED = 200


def text_meaning(word: str, vocabulary: Vocabulary, hint: str = "") -> Meaning:
    """Search a word in all values of the facets, and as the beginning of what is unique.

    The values of facets and the branches are few. Of IDs and revisions there are millions, so
    only their beginnings are compared.
    """
    if not any(each.isalnum() for each in word):
        return Meaning("", word, everything(), hint="Without letters and digits, it matches all.")
    clauses: list[Clause] = []
    if len(word) <= _MAX_CONTAINED:
        having = [facet for facet in FACETS if _has(facet, word, vocabulary)]
        clauses += [contains(facet.field, word) for facet in having]
        clauses.append(contains(_TREE, word))
        hint = hint or ("" if having else _spelling_hint(word, vocabulary))
    clauses += [starts_with(field, word.lower()) for field in (RECORD_ID, BUILD_ID, REVISION)]
    return Meaning("", word, any_of(clauses), hint=hint)


def _has(facet: Facet, word: str, vocabulary: Vocabulary) -> bool:
    text = word.casefold()
    return any(text in value.casefold() for value in vocabulary.values(facet.name))


def _spelling_hint(word: str, vocabulary: Vocabulary) -> str:
    if len(word) < _SHORTEST_MISSPELT:
        return ""
    facets = [facet.name for facet in FACETS if not facet.in_version_order]
    known = [value for name in facets for value in islice(vocabulary.values(name), _MAX_COMPARED)]
    names = [*known, *OF_VALUES, *OF_LANGUAGES]
    close = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=_CLOSENESS)
    return f"Is {close[0]} meant?" if close else ""
