r"""``query_string``: Lucene's query syntax. It becomes queries of the tree, for any engine::

    any       := all (OR all)*                      elsewhere the default operator applies
    clause    := [+ - ! NOT] (field ":")? atom (^boost)?
    atom      := ( any ) | "phrase"~slop | [a TO b} | >=a | /regexp/ | word~fuzzy | wi*ld?card

AND, OR and NOT are those of Lucene's classic parser, which have no precedence: each makes the
clauses beside it required, optional or forbidden.
"""

import re
from dataclasses import replace

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.lucene.atoms import (
    MAX_CLAUSES,
    MAX_NESTING,
    Atom,
    Leaf,
    has_wildcard,
    parse_fuzziness,
    unescape,
    word_atom,
)
from kinto_buildhub.search.language.lucene.query_string_tokens import Token, tokenize
from kinto_buildhub.search.language.tree import Query


def parse_query_string(text: str, *, default_and: bool, leaf: Leaf, path: str) -> Query:
    """Return the query for a text in Lucene's syntax.

    Args:
        text: what somebody typed.
        default_and: whether clauses without an operator between them are all required.
        leaf: makes the query for each atom.
        path: for messages.

    Raises:
        BadQuery: a syntax error; the message contains its position.
    """
    parser = _Parser(text, tokenize(text, path), default_and, leaf, path)
    query = parser.clauses("", 0)
    if parser.place < len(parser.tokens):
        raise parser.error("unexpected ')'")
    return query


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(
        self, text: str, tokens: list[Token], default_and: bool, leaf: Leaf, path: str
    ) -> None:
        self.text, self.tokens, self.leaf, self.path = text, tokens, leaf, path
        self.default_and = default_and
        self.place = 0
        self.count = 0

    def error(self, reason: str) -> BadQuery:
        at = self.tokens[self.place].place if self.place < len(self.tokens) else len(self.text)
        return BadQuery(
            f"Failed to parse query [{self.text[:100]}]: {reason} at character {at + 1}",
            self.path,
            "query_shard_exception",
        )

    def peek(self, *, space: bool = False) -> Token | None:
        while not space and self.place < len(self.tokens):
            if self.tokens[self.place].kind != "space":
                break
            self.place += 1
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def clauses(self, field: str, depth: int) -> Query:
        if depth > MAX_NESTING:
            raise self.error(f"nested deeper than {MAX_NESTING}")
        found: list[list[object]] = []  # [occurrence, query]
        while (token := self.peek()) is not None and token.kind != "close":
            conjunction = self.conjunction(first=not found)
            sign = self.sign()
            query = self.clause(field, depth)
            if conjunction == "and" and found and found[-1][0] == "should":
                found[-1][0] = "must"
            if conjunction == "or" and found and self.default_and and found[-1][0] == "must":
                found[-1][0] = "should"
            found.append([sign or self.occurrence(conjunction), query])
            self.count += 1
            if self.count > MAX_CLAUSES:
                raise self.error(f"more than {MAX_CLAUSES} clauses")
        return _combined(found)

    def occurrence(self, conjunction: str) -> str:
        if self.default_and:
            return "should" if conjunction == "or" else "must"
        return "must" if conjunction == "and" else "should"

    def conjunction(self, *, first: bool) -> str:
        token = self.peek()
        if token is None or token.kind != "op" or token.text in ("NOT", "!"):
            return ""
        if first:
            raise self.error(f"nothing before {token.text!r}")
        self.place += 1
        following = self.peek()
        if following is None or following.kind == "close":
            raise self.error(f"nothing after {token.text!r}")
        return "and" if token.text in ("AND", "&&") else "or"

    def sign(self) -> str:
        token = self.peek()
        if token is None:
            return ""
        if token.kind == "sign" or (token.kind == "op" and token.text in ("NOT", "!")):
            self.place += 1
            return "must" if token.text == "+" else "must_not"
        return ""

    def clause(self, field: str, depth: int) -> Query:
        token = self.peek()
        if token is None:
            raise self.error("unexpected end")
        if token.kind == "open":
            self.place += 1
            query = self.clauses(field, depth + 1)
            closing = self.peek()
            if closing is None or closing.kind != "close":
                raise self.error("expected ')'")
            self.place += 1
            return self.boosted(query)
        if token.kind == "word" and not field and self.followed_by_colon():
            self.place += 2
            return self.clause(unescape(token.text), depth)
        self.place += 1
        if token.kind == "word":
            token = self.with_following_words(token)
        return self.boosted(self.leaf(self.atom(token, field)))

    def with_following_words(self, token: Token) -> Token:
        """Join adjacent words: the field's type decides whether they are split."""
        if has_wildcard(token.text):
            return token
        words = [token.text]
        while (following := self.following_word()) is not None:
            words.append(following)
        return replace(token, text=" ".join(words))

    def following_word(self) -> str | None:
        place = self.place
        if place + 1 >= len(self.tokens) or self.tokens[place].kind != "space":
            return None
        word = self.tokens[place + 1]
        after = self.tokens[place + 2].kind if place + 2 < len(self.tokens) else "space"
        if word.kind != "word" or has_wildcard(word.text) or after not in ("space", "close"):
            return None
        self.place += 2
        return word.text

    def followed_by_colon(self) -> bool:
        following = self.tokens[self.place + 1 : self.place + 2]
        return bool(following) and following[0].kind == "colon"

    def boosted(self, query: Query) -> Query:
        token = self.peek(space=True)
        if token is None or token.kind != "boost":
            return query
        self.place += 1
        return replace(query, boost=query.boost * float(token.text[1:]))

    def atom(self, token: Token, field: str) -> Atom:
        match token.kind:
            case "phrase":
                slop = self.tilde()
                text = unescape(token.text[1:-1])
                return Atom("phrase", text, field, slop=int(float(slop or -1)))
            case "regexp":
                return Atom("regexp", token.text[1:-1].replace("\\/", "/"), field)
            case "range":
                return Atom("range", "", field, bounds=_bounds(token.text))
            case "compare":
                return Atom("range", "", field, bounds=self.comparison(token.text))
            case "word":
                return self.word(token.text, field)
        self.place -= 1
        raise self.error(f"unexpected {token.text!r}")

    def comparison(self, sign: str) -> tuple[tuple[str, str], ...]:
        token = self.peek(space=True)
        if token is None or token.kind not in ("word", "phrase"):
            raise self.error(f"nothing after {sign!r}")
        self.place += 1
        text = token.text[1:-1] if token.kind == "phrase" else token.text
        name = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}[sign]
        return ((name, unescape(text)),)

    def tilde(self) -> str | None:
        token = self.peek(space=True)
        if token is None or token.kind != "fuzzy":
            return None
        self.place += 1
        return token.text[1:]

    def word(self, text: str, field: str) -> Atom:
        fuzzy = self.tilde()
        if fuzzy is not None:
            return Atom("fuzzy", unescape(text), field, fuzziness=parse_fuzziness(fuzzy))
        return word_atom(text, field)


def _bounds(text: str) -> tuple[tuple[str, str], ...]:
    found = re.fullmatch(r"[\[{]\s*(.*?)\s+TO\s+(.*?)\s*[\]}]", text, re.DOTALL)
    assert found is not None  # noqa: S101 - the token matched the same expression.
    bounds = []
    for name, bound in (
        ("gte" if text[0] == "[" else "gt", found[1]),
        ("lte" if text[-1] == "]" else "lt", found[2]),
    ):
        if bound != "*":
            quoted = len(bound) > 1 and bound.startswith('"')
            bounds.append((name, unescape(bound[1:-1] if quoted else bound)))
    return tuple(bounds)


def _combined(found: list[list[object]]) -> Query:
    if not found:
        return tree.MatchNone()
    if len(found) == 1 and found[0][0] != "must_not":
        return found[0][1]  # type: ignore[return-value]
    groups: dict[str, list[Query]] = {"must": [], "should": [], "must_not": []}
    for occurrence, query in found:
        groups[occurrence].append(query)  # type: ignore[index,arg-type]
    return tree.Bool(**{name: tuple(queries) for name, queries in groups.items()})  # type: ignore[arg-type]
