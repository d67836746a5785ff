"""Revisions have two lengths, and each of them stands for the other.

Mercurial's and Git's names have 40 hexadecimal digits, and the first 12 stand for them. The
archive's files hold one or the other, and so does whatever somebody looks a build up by.
"""

import re

from buildhub_schema.fields import FIELDS

REVISION_FIELDS = frozenset(field.name for field in FIELDS if field.leaf.endswith("revision"))
"""The fields that hold a revision."""

SHORT, LONG = 12, 40

# As tools abbreviate them, and of lengths that no record has.
_OF_ANOTHER_LENGTH = re.compile(r"[0-9a-f]{4,}")
_REVISION = re.compile(rf"[0-9a-f]{{{SHORT}}}(?:[0-9a-f]{{{LONG - SHORT}}})?")
# Greater than any digit.
_AFTER_DIGITS = "g"


def is_short(text: str) -> bool:
    """Return whether a text is a revision of 12 digits."""
    return len(text) == SHORT and _REVISION.fullmatch(text) is not None


def is_long(text: str) -> bool:
    """Return whether a text is a revision of 40 digits."""
    return len(text) == LONG and _REVISION.fullmatch(text) is not None


def has_another_length(text: str) -> bool:
    """Return whether a text is hexadecimal digits, in lower case, that are too few or too many.

    Fewer than four are no abbreviation, but a word or a number.
    """
    return _OF_ANOTHER_LENGTH.fullmatch(text) is not None and len(text) not in (SHORT, LONG)


def shorten(revision: str) -> str:
    """Return the 12 digits that stand for a revision."""
    return revision[:SHORT]


def after_all(revision: str) -> str:
    """Return a text after all revisions that begin with this one."""
    return revision + _AFTER_DIGITS
