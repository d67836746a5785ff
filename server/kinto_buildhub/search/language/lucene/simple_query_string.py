"""``simple_query_string``: a query syntax without syntax errors."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.lucene.atoms import (
    MAX_CLAUSES,
    MAX_NESTING,
    Atom,
    Leaf,
    parse_fuzziness,
    unescape,
)
from kinto_buildhub.search.language.tree import Query

_TOKEN = re.compile(
    r'(?P<phrase>"(?:\\.|[^"\\])*")(?:~(?P<slop>\d{1,4}))?'
    r"|(?P<sign>[+|\-()])"
    r"|(?P<word>(?:\\.|[^\s+|()\"~\\])(?:\\.|[^\s+|()\"~\\])*)(?:~(?P<fuzzy>\d{0,4}))?"
    r"|(?P<other>.)",
    re.DOTALL,
)


def parse_simple(text: str, *, default_and: bool, flags: str, leaf: Leaf) -> Query:
    """Return the query for a text. What is not valid in it is ignored.

    The syntax: ``+`` and, ``|`` or, ``-`` not, ``"phrase"~2``, ``prefix*``, ``fuzzy~1``.

    Args:
        text: what somebody typed.
        default_and: whether clauses without a sign between them are all required.
        flags: the signs that have an effect, separated by ``|``; ``ALL`` is all of them.
        leaf: makes the query for each atom.
    """
    parser = _Parser(text, default_and, flags, leaf)
    return parser.group(0) or tree.MatchNone()


class _Parser:
    """Recursive descent over the tokens; it skips what it cannot use."""

    def __init__(self, text: str, default_and: bool, flags: str, leaf: Leaf) -> None:
        wanted = {flag.strip().upper() for flag in flags.split("|")}
        self.on: Callable[[str], bool] = lambda name: "ALL" in wanted or name in wanted
        self.tokens = [found for found in _TOKEN.finditer(text) if found[0].strip()][:MAX_CLAUSES]
        self.default_and, self.leaf = default_and, leaf
        self.place = 0

    def group(self, depth: int) -> Query | None:
        query: Query | None = None
        operator, negated = "", False
        while (token := self.take()) is not None:
            sign = token["sign"]
            if sign == ")" and depth:
                break
            if sign in ("+", "|"):
                operator = sign
            elif sign == "-":
                negated = not negated
            elif (found := self.operand(token, depth)) is not None:
                found = tree.Bool(must_not=(found,)) if negated else found
                query = found if query is None else self.joined(query, found, operator)
                operator, negated = "", False
        return query

    def take(self) -> re.Match[str] | None:
        if self.place >= len(self.tokens):
            return None
        self.place += 1
        return self.tokens[self.place - 1]

    def operand(self, token: re.Match[str], depth: int) -> Query | None:
        if token["sign"] == "(":
            return self.group(depth + 1) if depth < MAX_NESTING else None
        return None if token["sign"] else self.atom(token)

    def joined(self, left: Query, right: Query, operator: str) -> Query:
        together = operator == "+" or (not operator and self.default_and)
        name = "must" if together else "should"
        if isinstance(left, tree.Bool) and not left.must_not:
            same = getattr(left, name)
            if same and not getattr(left, "should" if together else "must"):
                changes: dict[str, Any] = {name: (*same, right)}
                return replace(left, **changes)
        return tree.Bool(**{name: (left, right)})  # type: ignore[arg-type]

    def atom(self, token: re.Match[str]) -> Query | None:
        if token["phrase"] is not None:
            text = unescape(token["phrase"][1:-1])
            return self.leaf(Atom("phrase", text, slop=int(token["slop"] or -1)))
        if token["word"] is None:
            return None
        word = token["word"]
        if word.startswith("-") and len(word) > 1 and self.on("NOT"):
            inner = self.word(word[1:], token["fuzzy"])
            return tree.Bool(must_not=(inner,))
        return self.word(word, token["fuzzy"])

    def word(self, word: str, fuzzy: str | None) -> Query:
        if fuzzy is not None and self.on("FUZZY"):
            return self.leaf(Atom("fuzzy", unescape(word), fuzziness=parse_fuzziness(fuzzy)))
        if word.endswith("*") and not word.endswith("\\*") and self.on("PREFIX") and len(word) > 1:
            return self.leaf(Atom("prefix", unescape(word[:-1])))
        return self.leaf(Atom("word", unescape(word)))
