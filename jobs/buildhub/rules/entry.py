"""An entry: one file as the archive lists it."""

from datetime import datetime
from typing import NamedTuple

LARGEST_SIZE = 2**53 - 1
"""In bytes. Larger integers are not exact in all JSON parsers; no file is nearly as large."""


class Entry(NamedTuple):
    """One file of the archive.

    Attributes:
        path: the decoded object key, as ``pub/firefox/releases/1.0/…``, spaces as spaces.
        size: exact size in bytes, None if the source only has a rounded one.
        modified: when the archive's copy was written, in UTC. Files from before October 2015 have
            the date of a move of the archive, not that of their release.
        rounded: the rounded size as the source spells it, ``53M``, else None.
        md5: of the file, in hexadecimal digits; None if the source does not tell it.
        expires: when the archive deletes the file, in UTC; None if the source does not tell it.
    """

    path: str
    size: int | None
    modified: datetime
    rounded: str | None = None
    md5: str | None = None
    expires: datetime | None = None
