r"""Lucene's regular expressions: parsed, their cost measured, translated for the embedded engine.

They match a whole value. ``.`` is any character, ``"…"`` literal text, ``@`` any text, ``#``
nothing, ``<1-12>`` a number in that interval, ``\d \w \s`` the usual ASCII classes. ``^`` and ``$``
are ordinary characters, and ``x+?`` is an optional ``x+``: there is no lazy matching. Complement
``~`` and intersection ``&`` need automata of exponential size, so they are refused; ``flags: NONE``
makes them ordinary characters.

The result is a pattern in the syntax of Rust's ``regex`` crate. Its cost is the number of places in
it after repetitions are written out, which is what an engine has to build.
"""

from functools import lru_cache

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.lucene.patterns import (
    ANY_CHARACTER,
    ANY_TEXT,
    NOTHING,
    Pattern,
    literal,
    number_range,
)
from kinto_buildhub.search.settings import Limits

MAX_NESTING = 50
MAX_REPEAT = 1000

_FLAGS = frozenset(
    {"ALL", "NONE", "ANYSTRING", "COMPLEMENT", "EMPTY", "INTERSECTION", "INTERVAL", "AUTOMATON"}
)
_CLASSES = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[a-zA-Z0-9_]",
    "W": "[^a-zA-Z0-9_]",
    "s": r"[ \t\n\r]",
    "S": r"[^ \t\n\r]",
}


def check_regexp(text: str, flags: str, path: str, limits: Limits) -> None:
    """Check a Lucene expression and its cost.

    Raises:
        BadQuery: a syntax error, with its position; or a limit, with its setting.
    """
    if len(text) > limits.regexp_length:
        raise BadQuery(
            f"a regular expression has at most {limits.regexp_length} characters "
            f"(kinto.search.max_regexp_length), got {len(text)}",
            path,
        )
    cost = parse_regexp(text, flags, path).cost
    if cost > limits.regexp_states:
        raise BadQuery(
            f"the regular expression is too expensive: {cost} places when its repetitions are "
            f"written out, at most {limits.regexp_states} (kinto.search.max_regexp_states)",
            path,
        )


def parse_regexp(
    text: str, flags: str = "ALL", path: str = "", *, case_insensitive: bool = False
) -> Pattern:
    """Return the pattern for a Lucene expression.

    Args:
        text: the expression.
        flags: the operators that have an effect, separated by ``|``.
        path: for messages.
        case_insensitive: whether case is ignored.

    Raises:
        BadQuery: a syntax error, with its position.
    """
    pattern = _parsed(text, flags, path)
    return Pattern(f"(?i){pattern.text}", pattern.cost) if case_insensitive else pattern


# A request parses each twice: for its cost, and to compile it.
@lru_cache(maxsize=8)
def _parsed(text: str, flags: str, path: str) -> Pattern:
    wanted = {flag.strip().upper() for flag in flags.split("|") if flag.strip()}
    if not wanted <= _FLAGS:
        unknown = ", ".join(sorted(wanted - _FLAGS))
        raise BadQuery(
            f"unknown flag {unknown}; expected {', '.join(sorted(_FLAGS))}, joined by '|'", path
        )
    if "ALL" in wanted:
        wanted = set(_FLAGS)
    parser = _Parser(text, wanted, path)
    pattern = parser.alternatives(0)
    if parser.place < len(text):
        raise parser.error("unexpected ')'")
    return pattern


class _Parser:
    """Recursive descent over Lucene's grammar; one method a level of precedence."""

    def __init__(self, text: str, flags: set[str], path: str) -> None:
        self.text, self.flags, self.path = text, flags, path
        self.place = 0

    def error(self, reason: str) -> BadQuery:
        return BadQuery(
            f"not a regular expression: {reason} at character {self.place + 1} of {self.text!r}",
            self.path,
            "query_shard_exception",
        )

    def peek(self) -> str:
        return self.text[self.place] if self.place < len(self.text) else ""

    def take(self) -> str:
        if self.place >= len(self.text):
            raise self.error("unexpected end")
        self.place += 1
        return self.text[self.place - 1]

    def alternatives(self, depth: int) -> Pattern:
        if depth > MAX_NESTING:
            raise self.error(f"nested deeper than {MAX_NESTING}")
        choices = [self.sequence(depth)]
        while self.peek() == "|":
            self.place += 1
            choices.append(self.sequence(depth))
        if len(choices) == 1:
            return choices[0]
        text = "|".join(choice.text for choice in choices)
        return Pattern(f"(?:{text})", sum(choice.cost for choice in choices) + 1)

    def sequence(self, depth: int) -> Pattern:
        parts: list[Pattern] = []
        while (next_one := self.peek()) and next_one not in "|)":
            if next_one == "&" and "INTERSECTION" in self.flags:
                raise self.error("the intersection '&' is not supported; write '\\&' for itself")
            parts.append(self.repeated(depth))
        return Pattern("".join(p.text for p in parts), sum(p.cost for p in parts))

    def repeated(self, depth: int) -> Pattern:
        pattern = self.atom(depth)
        while (sign := self.peek()) and sign in "?*+{":
            self.place += 1
            if sign == "{":
                pattern = self.counted(pattern)
            else:
                pattern = Pattern(f"(?:{pattern.text}){sign}", pattern.cost + 1)
            if pattern.cost > 10_000_000:
                raise self.error("far too many repetitions")
        return pattern

    def counted(self, pattern: Pattern) -> Pattern:
        least = self.number()
        most: int | None = least
        if self.peek() == ",":
            self.place += 1
            most = self.number() if self.peek().isdecimal() else None
        if self.take() != "}":
            self.place -= 1
            raise self.error("expected '}'")
        if most is not None and most < least:
            raise self.error("a repetition's second number is smaller than its first")
        if max(least, most or 0) > MAX_REPEAT:
            raise self.error(f"a repetition counts at most to {MAX_REPEAT}")
        upper = "" if most is None else str(most)
        cost = (pattern.cost + 1) * max(least + (most is None), most or 0, 1)
        return Pattern(f"(?:{pattern.text}){{{least},{upper}}}", cost)

    def number(self) -> int:
        start = self.place
        while self.peek() and self.peek() in "0123456789":
            self.place += 1
        if start == self.place or self.place - start > 9:
            raise self.error("expected a number of at most nine digits")
        return int(self.text[start : self.place])

    def atom(self, depth: int) -> Pattern:
        character = self.take()
        special = {
            "(": self.group,
            "[": self.character_class,
            '"': self.quoted,
            "\\": self.escaped,
        }.get(character)
        if special is not None:
            return special(depth)
        if character == ".":
            return Pattern(ANY_CHARACTER, 1)
        if character == "@" and "ANYSTRING" in self.flags:
            return Pattern(ANY_TEXT, 1)
        if character == "#" and "EMPTY" in self.flags:
            return Pattern(NOTHING, 1)
        if character == "<" and self.flags & {"INTERVAL", "AUTOMATON"}:
            return self.interval()
        if character == "~" and "COMPLEMENT" in self.flags:
            raise self.error("the complement '~' is not supported; write '\\~' for itself")
        if character in "?*+{":
            self.place -= 1
            raise self.error(f"nothing to repeat before {character!r}")
        return Pattern(literal(character), 1)

    def group(self, depth: int) -> Pattern:
        inner = self.alternatives(depth + 1)
        if self.peek() != ")":
            raise self.error("expected ')'")
        self.place += 1
        return Pattern(f"(?:{inner.text})", inner.cost)

    def quoted(self, depth: int) -> Pattern:
        end = self.text.find('"', self.place)
        if end < 0:
            raise self.error("expected '\"'")
        text = self.text[self.place : end]
        self.place = end + 1
        return Pattern(f"(?:{literal(text)})", len(text))

    def escaped(self, depth: int) -> Pattern:
        character = self.take()
        return Pattern(_CLASSES.get(character) or literal(character), 1)

    def character_class(self, depth: int) -> Pattern:
        negated = self.peek() == "^"
        if negated:
            self.place += 1
        parts: list[str] = []
        while not parts or self.peek() != "]":
            parts.append(self.class_item())
        self.place += 1
        inner = "".join(parts)
        return Pattern(f"[{'^' if negated else ''}{inner}]", 1)

    def class_item(self) -> str:
        first = self.class_character()
        if len(first) > 1:
            return first
        if self.peek() != "-" or self.text[self.place + 1 : self.place + 2] in ("]", ""):
            return f"\\x{{{ord(first):x}}}"
        self.place += 1
        last = self.class_character()
        if len(last) > 1 or ord(last) < ord(first):
            raise self.error("a range of characters runs from a lower to a higher one")
        return f"\\x{{{ord(first):x}}}-\\x{{{ord(last):x}}}"

    def class_character(self) -> str:
        character = self.take()
        if character != "\\":
            return character
        character = self.take()
        return _CLASSES.get(character, character)

    def interval(self) -> Pattern:
        end = self.text.find(">", self.place)
        body = self.text[self.place : end] if end >= 0 else ""
        first, dash, last = body.partition("-")
        if not (dash and _is_number(first) and _is_number(last)):
            raise self.error("expected an interval such as <1-12>, or '\\<' for itself")
        self.place = end + 1
        low, high = sorted((int(first), int(last)))
        # Bounds of the same length mean numbers padded with zeros to that length.
        width = len(first) if len(first) == len(last) else 0
        parts = number_range(low, high, width)
        return Pattern(f"(?:{'|'.join(parts)})", sum(map(len, parts)))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
