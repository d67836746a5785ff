"""What the text in the box means. No word is dropped."""

from kinto_buildhub.catalog.search_state.meanings.all_meanings import find_meaning, is_phrase
from kinto_buildhub.catalog.search_state.state import BadAddress
from kinto_buildhub.catalog.search_state.terms import Term
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary
from kinto_buildhub.catalog.search_state.words import Word, iter_words

MAX_WORDS = 64


def understand(text: str, vocabulary: Vocabulary) -> tuple[Term, ...]:
    """Return the terms of a text, in its order.

    Raises:
        BadAddress: it has more than `MAX_WORDS` words.
    """
    words = list(iter_words(text, is_phrase))
    if len(words) > MAX_WORDS:
        raise BadAddress(f"'q' has {len(words):,} words; expected at most {MAX_WORDS}.")
    return tuple(_term(text, word, vocabulary) for word in words)


def _term(text: str, word: Word, vocabulary: Vocabulary) -> Term:
    meaning = find_meaning(word.value, vocabulary)
    return Term(
        text=word.text,
        label=meaning.label,
        value=meaning.value,
        clause=meaning.clause,
        group=meaning.group,
        hint=meaning.hint,
        is_excluded=word.is_excluded,
        without=f"{text[: word.start].rstrip()} {text[word.end :].lstrip()}".strip(),
    )
