"""Patterns in the syntax of Rust's ``regex`` crate, which the embedded engine reads.

They are built from wildcards, from bounds of texts, and from ranges of numbers.
"""

from dataclasses import dataclass

ANY_TEXT = r"(?s:.)*"
ANY_CHARACTER = "(?s:.)"
# Tantivy has no expression for nothing. No text matches this: its first character does not exist.
NOTHING = "\\x{10FFFF}\\x{0}\\x{10FFFF}"

_LAST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern in Rust's syntax; the engine anchors it at both ends.

    Attributes:
        text: the pattern.
        cost: the number of places in it after repetitions are written out.
    """

    text: str
    cost: int


def wildcard_pattern(text: str, *, case_insensitive: bool = False) -> Pattern:
    r"""Return the pattern of a wildcard text: ``*``, ``?``, and ``\`` before a literal one."""
    parts: list[str] = []
    place = 0
    while place < len(text):
        character = text[place]
        if character == "\\" and place + 1 < len(text):
            place += 1
            parts.append(literal(text[place]))
        elif character == "*":
            if not parts or parts[-1] != ANY_TEXT:
                parts.append(ANY_TEXT)
        elif character == "?":
            parts.append(ANY_CHARACTER)
        else:
            parts.append(literal(character))
        place += 1
    return Pattern(("(?i)" if case_insensitive else "") + "".join(parts), len(parts))


def literal(text: str) -> str:
    """Return a pattern that matches exactly *text*."""
    return "".join(c if c.isascii() and c.isalnum() else f"\\x{{{ord(c):x}}}" for c in text)


def at_least(bound: str, *, inclusive: bool) -> list[str]:
    """Return patterns of the texts that sort, by code point, at or after *bound*.

    A text matches at most one of them. Together they may be too large for one automaton.
    """
    choices = [literal(bound) + (ANY_TEXT if inclusive else ANY_CHARACTER + "+")]
    for place, character in enumerate(bound):
        if ord(character) < _LAST:
            start = literal(bound[:place])
            choices.append(start + _between(ord(character) + 1, _LAST) + ANY_TEXT)
    return choices


def at_most(bound: str, *, inclusive: bool) -> list[str]:
    """Return patterns of the texts that sort, by code point, at or before *bound*."""
    choices = [literal(bound)] if inclusive else []
    for place, character in enumerate(bound):
        choices.append(literal(bound[:place]))  # A prefix sorts before the whole.
        if ord(character) > 0:
            choices.append(literal(bound[:place]) + _between(0, ord(character) - 1) + ANY_TEXT)
    return choices


def between(lower: str, upper: str, *, include_lower: bool, include_upper: bool) -> list[str]:
    """Return patterns of the texts that sort, by code point, between two."""
    if lower > upper or (lower == upper and not (include_lower and include_upper)):
        return []
    shared = 0
    while shared < len(lower) and lower[shared] == upper[shared]:
        shared += 1
    start, low, high = literal(lower[:shared]), lower[shared:], upper[shared:]
    if not low:
        choices = at_most(high, inclusive=include_upper)
        # Only the empty text equals the lower bound here.
        return [start + choice for choice in choices if choice or include_lower]
    above = at_least(low[1:], inclusive=include_lower)
    below = at_most(high[1:], inclusive=include_upper)
    middle = []
    if ord(high[0]) - ord(low[0]) > 1:
        middle = [start + _between(ord(low[0]) + 1, ord(high[0]) - 1) + ANY_TEXT]
    return [
        *(start + literal(low[0]) + choice for choice in above),
        *middle,
        *(start + literal(high[0]) + choice for choice in below),
    ]


def _between(first: int, last: int) -> str:
    return f"[\\x{{{first:x}}}-\\x{{{last:x}}}]"


def number_range(low: int, high: int, width: int) -> list[str]:
    """Return patterns of the whole numbers from *low* to *high*.

    Args:
        low: the least number, not negative.
        high: the greatest.
        width: the number of digits, padded with zeros; 0 allows any number of leading zeros.
    """
    return [_digits(first, last, width) for first, last in _decimal_ranges(low, high)]


def _decimal_ranges(low: int, high: int) -> list[tuple[int, int]]:
    """Split an interval into parts that one pattern of digit classes covers each, as 20 to 79."""
    parts: list[tuple[int, int]] = []
    while low <= high:
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high and low:
            step *= 10
        last = low + step - 1
        while (
            last + step <= high
            and (last + 1) % (step * 10)
            and len(str(last + step)) == len(str(low))
        ):
            last += step
        parts.append((low, last))
        low = last + 1
    return parts


def _digits(low: int, high: int, width: int) -> str:
    first, last = str(low).zfill(width), str(high).zfill(width)
    padding = "" if width else "0*"
    return padding + "".join(
        a if a == b else f"[{a}-{b}]" for a, b in zip(first, last, strict=True)
    )
