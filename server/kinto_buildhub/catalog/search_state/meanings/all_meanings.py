"""All that a word may mean, in the order in which it is tried."""

from kinto_buildhub.catalog.search_state.meanings.addresses import address_meaning
from kinto_buildhub.catalog.search_state.meanings.dates import date_meaning, is_spelled_date
from kinto_buildhub.catalog.search_state.meanings.facet_values import (
    product_version_meaning,
    value_meaning,
)
from kinto_buildhub.catalog.search_state.meanings.fields import field_hint, field_meaning
from kinto_buildhub.catalog.search_state.meanings.identifiers import (
    attempt_meaning,
    build_id_meaning,
    record_id_meaning,
    revision_meaning,
)
from kinto_buildhub.catalog.search_state.meanings.requests import request_meaning
from kinto_buildhub.catalog.search_state.meanings.synonyms import is_other_name
from kinto_buildhub.catalog.search_state.meanings.text import text_meaning
from kinto_buildhub.catalog.search_state.meanings.versions import (
    is_spelled_version,
    version_meaning,
)
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

# Values that the catalogue has come before all that a word could be by its form alone: of digits
# only, a word is rather a date or a build ID than a revision.
_MEANINGS = (
    field_meaning,
    address_meaning,
    value_meaning,
    record_id_meaning,
    build_id_meaning,
    date_meaning,
    version_meaning,
    revision_meaning,
    product_version_meaning,
    attempt_meaning,
    request_meaning,
)


def is_phrase(text: str) -> bool:
    """Return whether words that follow each other mean something together, in lower case."""
    return is_other_name(text) or is_spelled_version(text) or is_spelled_date(text)


def find_meaning(word: str, vocabulary: Vocabulary) -> Meaning:
    """Return what a word means; if nothing else, it is a text to search for."""
    plain = word.rstrip(",;") or word
    for understand in _MEANINGS:
        meaning = understand(plain, vocabulary)
        if meaning is not None:
            return meaning
    return text_meaning(plain, vocabulary, field_hint(plain))
