"""The values of a file as inventories and events write them: key, size, modified time."""

import math
import re
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from buildhub.rules.entry import LARGEST_SIZE

_SHOWN_CHARACTERS = 40

_EXPONENT_FORM = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]+")


def decode_key(key: str) -> str:
    """Decode a key once, as a form's value: ``+`` is a space, then ``%XX``.

    Some inventories have keys as they are. Those with a space cannot be encoded, and are left.
    """
    if " " in key:
        return key
    return unquote_plus(key) if "%" in key else key.replace("+", " ")


def parse_size(text: str) -> int:
    """Read a size in bytes, also one that a spreadsheet wrote as ``2E+10``.

    Raises:
        ValueError: it is not such a number.
    """
    # The exact way is for all that are not larger than any file; float() reads any digits.
    is_number = text.isdecimal() or _EXPONENT_FORM.fullmatch(text)
    size = float(text) if is_number else math.inf
    if size > LARGEST_SIZE:
        raise ValueError(f"size {text[:_SHOWN_CHARACTERS]!r}: expected a number of bytes")
    return int(text) if text.isdecimal() else int(size)


def parse_modified(text: str) -> datetime:
    """Read a moment in UTC, as ``2018-08-08T09:31:05.000Z``.

    Raises:
        ValueError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"{text[:_SHOWN_CHARACTERS]!r}: expected a moment") from exc
