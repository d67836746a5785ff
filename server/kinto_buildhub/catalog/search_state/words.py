"""Parts the text in the box into words: the one place that knows about spaces, quotes and ``-``."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# A quote that nobody closes is a character like others.
_WORD = re.compile(r'(?:"[^"]*"|\S)+')

_ADDRESS = re.compile(r"(?:[a-z]+://|/?pub/|[\w.-]+\.[a-z]+/)", re.IGNORECASE)
_FILE = re.compile(r"\.(?:exe|dmg)>?$", re.IGNORECASE)
# Of "Firefox Setup 3.6 Beta 1.exe", after its first one.
_MAX_WORDS_OF_FILE = 5
# From 1 June 2017 to 15 June 2017.
_MAX_WORDS_OF_PHRASE = 8


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or several that belong together.

    Attributes:
        text: as typed.
        value: without the ``-`` and the quotes.
        start, end: where the text is.
        is_excluded: whether it starts with a ``-`` before something.
    """

    text: str
    value: str
    start: int
    end: int
    is_excluded: bool


def iter_words(text: str, is_phrase: Callable[[str], bool]) -> Iterator[Word]:
    """Yield the words of a text, in its order. Each character but spaces is in exactly one.

    Args:
        is_phrase: whether words that follow each other, in lower case and with one space between,
            mean something together.
    """
    spans = [found.span() for found in _WORD.finditer(text)]
    first = 0
    while first < len(spans):
        count = _count_words(text, spans[first : first + _MAX_WORDS_OF_PHRASE], is_phrase)
        start, end = spans[first][0], spans[first + count - 1][1]
        yield _read_word(text[start:end], start, end)
        first += count


def _read_word(text: str, start: int, end: int) -> Word:
    is_excluded = text.startswith("-") and any(each.isalnum() for each in text)
    value = " ".join(re.sub(r'"([^"]*)"', r"\1", text[is_excluded:]).split())
    return Word(text, value or text, start, end, is_excluded)


def _count_words(text: str, spans: list[tuple[int, int]], is_phrase: Callable[[str], bool]) -> int:
    """Return how many of the words belong together."""
    words = [text[start:end] for start, end in spans]
    words[0] = words[0].removeprefix("-")
    if _ADDRESS.match(words[0].lstrip("<")) and not words[0].endswith("/"):
        return _count_words_of_file(words)
    for count in range(min(_MAX_WORDS_OF_PHRASE, len(words)), 1, -1):
        if is_phrase(" ".join(words[:count]).casefold()):
            return count
    return 1


def _count_words_of_file(words: list[str]) -> int:
    for count, word in enumerate(words[: _MAX_WORDS_OF_FILE + 1], start=1):
        if count > 1 and "/" in word:
            break
        if _FILE.search(word):
            return count
    return 1
