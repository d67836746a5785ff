"""File names from values of records, whatever these contain.

A name consists of what neither file systems nor addresses treat specially, so that it is the same
in both: letters, digits, and ``.``, ``_`` and ``-``. Another byte is ``~`` and two hexadecimal
digits. Two values never have the same name.
"""

import hashlib
import re
from collections.abc import Collection

_ESCAPED = re.compile(rb"[^A-Za-z0-9._-]")
# File systems take 255 bytes, and a name may have three parts.
_LONGEST = 72
_DIGEST_DIGITS = 32


def file_name(value: str, *, reserved: Collection[str] = ()) -> str:
    """Return the name for a value.

    Args:
        reserved: names that other files have.
    """
    name = _ESCAPED.sub(lambda found: _escape(found[0]), value.encode("utf-8", "surrogatepass"))
    text = name.decode()
    if not text:
        return "~"
    if text.startswith(".") or text in reserved:
        text = _escape(text[:1].encode()).decode() + text[1:]
    return text if len(text) <= _LONGEST else _shorten(text)


def joined_name(parts: Collection[str], taken: Collection[str]) -> str:
    """Return the names of some values, joined with ``-``.

    Args:
        taken: names of others: as values may contain a hyphen as well, two may come to the same.
            Then those in this one are escaped, so that it tells its parts.
    """
    name = "-".join(map(file_name, parts))
    if name not in taken:
        return name
    return "-".join(file_name(each).replace("-", "~2D") for each in parts)


def _escape(byte: bytes) -> bytes:
    return b"~%02X" % byte[0]


def _shorten(text: str) -> str:
    """Return the beginning of a long name, and a digest of all; two ``~`` are in no other name."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]
    return f"{text[: _LONGEST - _DIGEST_DIGITS - 2]}~~{digest}"
