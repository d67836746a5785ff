"""An entry: one file as the archive tells of it."""

from datetime import datetime
from typing import NamedTuple

LARGEST_SIZE = 2**53 - 1
"""In bytes. Beyond it, JSON's readers no longer agree on a number; no file is nearly as large."""


class Entry(NamedTuple):
    """One file of the archive.

    Attributes:
        path: the decoded object key, as ``pub/firefox/releases/1.0/…``, spaces as spaces.
        size: exact size in bytes, or None where the source only tells a rounded one.
        modified: when the archive's copy was written, in UTC. This is not the day of release
            for files from before October 2015: they carry the date of a move.
        rounded: the size in the words of a source that rounds it, ``53M``; else None.
    """

    path: str
    size: int | None
    modified: datetime
    rounded: str | None = None
