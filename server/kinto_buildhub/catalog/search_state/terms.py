"""A part of the text in the box, and what it was taken for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Clause = Mapping[str, Any]
"""A clause of a search: an object of one key, the type of the query."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word was taken for.

    Attributes:
        label: as people read it: ``Build ID``; "" if the word was not placed, but searched as text.
        value: as understood: ``macosx`` of ``MacOSX``, ``54.*`` of ``54``.
        clause: of a search, that matches the records it is about.
        group: words of one group mean any of them; what is in no group, "", stands alone.
        hint: what may be wrong with the word; "" if nothing.
    """

    label: str
    value: str
    clause: Clause
    group: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A part of the text, as it was understood.

    Attributes:
        text: as typed.
        label, value, clause, group, hint: as in `Meaning`.
        is_excluded: records that match are left out.
        without: the text of the box without this part.
    """

    text: str
    label: str
    value: str
    clause: Clause
    group: str = ""
    hint: str = ""
    is_excluded: bool = False
    without: str = ""
