"""Atoms of the languages that people type: a word, a phrase, a range, each with its field."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from kinto_buildhub.search.language.tree import Query

MAX_NESTING = 50
MAX_CLAUSES = 1024


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest part of a query string that is a query.

    Attributes:
        kind: ``word``, ``phrase``, ``wildcard``, ``prefix``, ``regexp``, ``fuzzy``, ``range`` or
            ``exists``.
        text: the text without escapes; wildcards keep theirs.
        field: the field before the colon; "" if there is none; may contain ``*``.
        slop: of a phrase; -1 if none is given.
        fuzziness: of a fuzzy word.
        bounds: of a range: pairs of gt, gte, lt, lte and a text.
    """

    kind: str
    text: str
    field: str = ""
    slop: int = -1
    fuzziness: str = "AUTO"
    bounds: tuple[tuple[str, str], ...] = ()


# Makes the query for one atom.
Leaf = Callable[[Atom], Query]


def word_atom(text: str, field: str) -> Atom:
    """Return the atom of a word, which may contain wildcards."""
    if text == "*":
        return Atom("exists", "*", field)
    if has_wildcard(text):
        return Atom("wildcard", text, field)
    return Atom("word", unescape(text), field)


def has_wildcard(text: str) -> bool:
    """Return whether ``*`` or ``?`` occurs without a backslash before it."""
    bare = re.sub(r"\\.", "", text, flags=re.DOTALL)
    return "*" in bare or "?" in bare


def parse_fuzziness(text: str) -> str:
    """Return the fuzziness that the number after ``~`` means."""
    if not text:
        return "AUTO"
    number = float(text)
    return str(min(2, int(number))) if number >= 1 else ("AUTO" if number else "0")


def unescape(text: str) -> str:
    """Return the text without the backslashes that escape."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
