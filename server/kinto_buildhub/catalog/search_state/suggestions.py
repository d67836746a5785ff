"""What may go on with the word that is being typed: the last one of the text in the box."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from buildhub_schema.versions import version_order

from kinto_buildhub.catalog.columns import FACETS, Facet
from kinto_buildhub.catalog.search_state.meanings.fields import NAMES
from kinto_buildhub.catalog.search_state.meanings.identifiers import BUILD_ID
from kinto_buildhub.catalog.search_state.meanings.synonyms import OF_LANGUAGES, OF_VALUES
from kinto_buildhub.catalog.search_state.vocabulary import fold

MOST = 10

Counts = Mapping[str, Mapping[str, int | None]]
"""Values with their number of builds, most first, by the name of their facet; None: unknown."""

_FIRST_DIGITS = re.compile(r"(?:199|20)[0-9]{2,11}")

# One letter begins the names of too many languages.
_SHORTEST_OTHER_NAME = 2

# Fields that are no facets, in the order in which they are suggested.
_FIELDS = ("build", "revision", "tree", "published", "size", "candidate")


class LastWord(NamedTuple):
    """The word that is being typed.

    Attributes:
        before: the text before it.
        sign: ``-`` if it is to be left out.
        name: of a field, before a colon; "" without.
        start: the beginning of a value.
    """

    before: str
    sign: str
    name: str
    start: str

    @property
    def field(self) -> str:
        """The field that is named; "" without."""
        return NAMES[self.name.casefold()] if self.name else ""

    def completed(self, value: str) -> str:
        """Return the text of the box with a value in the word's place."""
        colon = ":" if self.name else ""
        quote = '"' if any(each.isspace() for each in value) else ""
        return f"{self.before}{self.sign}{self.name}{colon}{quote}{value}{quote}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that may be meant.

    Attributes:
        text: the whole text of the box, if this is taken.
        value: what the word becomes.
        label: what the value is, as people read it.
        count: builds that have it, and all that is asked for besides; None if it is not known.
    """

    text: str
    value: str
    label: str
    count: int | None


def last_word(text: str) -> LastWord | None:
    """Return the word that is being typed; None after a space, and within quotes."""
    words = text.split()
    if not words or text[-1].isspace() or text.count('"') % 2:
        return None
    before, word = text[: -len(words[-1])], words[-1]
    sign = "-" if word.startswith("-") else ""
    word = word.removeprefix("-")
    name, _, start = word.partition(":")
    if name.casefold() in NAMES and ":" in word:
        return LastWord(before, sign, name, start)
    return LastWord(before, sign, "", word) if word else None


def build_id_start(word: LastWord) -> str:
    """Return the digits that a build ID may begin with; "" if the word cannot be one."""
    is_build = not word.name or word.field == BUILD_ID
    return word.start if is_build and _FIRST_DIGITS.fullmatch(word.start) else ""


def suggest(word: LastWord, counts: Counts, build_ids: Mapping[str, int]) -> list[Suggestion]:
    """Return at most `MOST` suggestions: those that begin with the word first.

    Of the facets, each has its best one before any has its second.

    Args:
        counts: the values of the facets.
        build_ids: some that begin with `build_id_start`, newest first.
    """
    lists = [list(_of_facet(word, facet, counts.get(facet.name, {}))) for facet in FACETS]
    lists.append([_Ranked(0, value, "Build ID", count) for value, count in build_ids.items()])
    lists.append([_Ranked(2, f"{name}:", "Field", None) for name in _field_names(word)])
    ordered = sorted(
        (each.rank, place, number, each)
        for number, ranked in enumerate(lists)
        for place, each in enumerate(sorted(ranked, key=lambda each: each.rank))
    )
    return [
        Suggestion(word.completed(each.value), each.value, each.label, each.count)
        for *_, each in ordered[:MOST]
    ]


@dataclass(frozen=True, slots=True)
class _Ranked:
    rank: int
    value: str
    label: str
    count: int | None


def _of_facet(word: LastWord, facet: Facet, counts: Mapping[str, int | None]) -> Iterator[_Ranked]:
    """Yield the values of a facet that fit the word, newest or most first."""
    if word.name and word.field != facet.field:
        return
    others = _other_names(word.start, facet.name)
    languages = _languages(word.start) if facet.name == "locale" else {}
    values: Sequence[str] = list(counts)
    if facet.in_version_order:
        values = sorted(values, key=version_order, reverse=True)
    for value in values:
        rank = _rank(word.start, value)
        if rank is not None:
            yield _Ranked(rank, value, facet.label, counts[value])
        elif name := others.get(value) or languages.get(value.partition("-")[0]):
            yield _Ranked(1, value, f"{facet.label}: {name}", counts[value])


def _rank(start: str, value: str) -> int | None:
    """Return 0 if the value begins so, 1 if one of its later words does, None if neither."""
    folded, start = fold(value), fold(start)
    if folded.startswith(start):
        return 0
    return 1 if f"-{start}" in folded else None


def _other_names(start: str, facet_name: str) -> dict[str, str]:
    """Return other names of a facet's values that begin so, by value."""
    return {
        value: name
        for name, (facet, value) in reversed(list(OF_VALUES.items()))
        if facet == facet_name and _begins(name, start)
    }


def _languages(start: str) -> dict[str, str]:
    """Return the names of languages that begin so, by their code."""
    return {code: name for name, code in OF_LANGUAGES.items() if _begins(name, start)}


def _begins(name: str, start: str) -> bool:
    return len(start) >= _SHORTEST_OTHER_NAME and name.startswith(start.casefold())


def _field_names(word: LastWord) -> Iterator[str]:
    if word.name or not word.start:
        return
    for name in (*(facet.name for facet in FACETS), *_FIELDS):
        if name.startswith(word.start.casefold()):
            yield name
