r"""The two query languages that people type: ``query_string`` and ``simple_query_string``.

Both become queries of the tree, so that any engine can answer them. The grammar of the first::

    any       := all (OR all)*                      the default operator stands between the others
    clause    := [+ - ! NOT] (field ":")? atom (^boost)?
    atom      := ( any ) | "phrase"~slop | [a TO b} | >=a | /regexp/ | word~fuzzy | wi*ld?card

AND, OR and NOT are the classic ones, which have no precedence: each makes the clauses beside it
required, optional or forbidden.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.tree import Query

MAX_NESTING = 50
MAX_CLAUSES = 1024

_ESCAPED = r"\\."
_PHRASE = rf'"(?:{_ESCAPED}|[^"\\])*"'
_BOUND = rf'(?:{_PHRASE}|(?:{_ESCAPED}|[^\s\]}}"])+)'
_IN_WORD = r'[^\s\u3000!():^\[\]{}"~/\\]'
_STARTS_WORD = r'[^\s\u3000+\-!():^\[\]{}"~/\\<>=&|]|[&|](?![&|])'
_TOKEN = re.compile(
    rf"""
    (?P<space>[\s\u3000]+)
  | (?P<op>AND(?=[\s()]|$)|OR(?=[\s()]|$)|NOT(?=[\s()]|$)|&&|\|\||!)
  | (?P<sign>[+-])
  | (?P<open>\() | (?P<close>\))
  | (?P<phrase>{_PHRASE})
  | (?P<regexp>/(?:{_ESCAPED}|[^/\\])*/)
  | (?P<range>[\[{{]\s*{_BOUND}\s+TO\s+{_BOUND}\s*[\]}}])
  | (?P<compare>[<>]=?)
  | (?P<boost>\^\d+(?:\.\d+)?)
  | (?P<fuzzy>~\d*(?:\.\d+)?)
  | (?P<colon>:)
  | (?P<word>(?:{_ESCAPED}|{_STARTS_WORD})(?:{_ESCAPED}|{_IN_WORD})*)
  | (?P<equals>=)
    """,
    re.VERBOSE | re.DOTALL,
)

Leaf = Callable[["Atom"], Query]


@dataclass(frozen=True, slots=True)
class Atom:
    """What stands behind a field name, or alone.

    Attributes:
        kind: ``word``, ``phrase``, ``wildcard``, ``prefix``, ``regexp``, ``fuzzy``, ``range`` or
            ``exists``.
        text: the text, escapes undone (kept for wildcards).
        field: as it was given, "" if it was not; may hold ``*``.
        slop: of a phrase; -1 is none given.
        fuzziness: of a fuzzy word.
        bounds: of a range: gt, gte, lt, lte.
    """

    kind: str
    text: str
    field: str = ""
    slop: int = -1
    fuzziness: str = "AUTO"
    bounds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


def parse_query_string(text: str, *, default_and: bool, leaf: Leaf, path: str) -> Query:
    """Read Lucene's syntax; *leaf* makes the query for each atom.

    Raises:
        BadQuery: it is not in that syntax; tells the place.
    """
    parser = _Parser(text, _tokens(text, path), default_and, leaf, path)
    query = parser.clauses("", 0)
    if parser.place < len(parser.tokens):
        raise parser.error("unexpected ')'")
    return query


def _tokens(text: str, path: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise BadQuery(
                f"Failed to parse query [{text[:100]}]: unexpected {text[place]!r} at character "
                f"{place + 1}; put \\ before it if it means itself",
                path,
                "query_shard_exception",
            )
        tokens.append(_Token(found.lastgroup, found[0], place))
        place = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(
        self, text: str, tokens: list[_Token], default_and: bool, leaf: Leaf, path: str
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

    def peek(self, *, space: bool = False) -> _Token | None:
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
            raise self.error("it ends too early")
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
            return self.clause(_unescaped(token.text), depth)
        self.place += 1
        if token.kind == "word":
            token = self.with_following_words(token)
        return self.boosted(self.leaf(self.atom(token, field)))

    def with_following_words(self, token: _Token) -> _Token:
        """Join words that stand beside each other: a field decides whether it splits them."""
        if not _is_plain(token.text):
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
        if word.kind != "word" or not _is_plain(word.text) or after not in ("space", "close"):
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

    def atom(self, token: _Token, field: str) -> Atom:
        match token.kind:
            case "phrase":
                slop = self.tilde()
                text = _unescaped(token.text[1:-1])
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
        return ((name, _unescaped(text)),)

    def tilde(self) -> str | None:
        token = self.peek(space=True)
        if token is None or token.kind != "fuzzy":
            return None
        self.place += 1
        return token.text[1:]

    def word(self, text: str, field: str) -> Atom:
        fuzzy = self.tilde()
        if fuzzy is not None:
            return Atom("fuzzy", _unescaped(text), field, fuzziness=_fuzziness(fuzzy))
        return word_atom(text, field)


def word_atom(text: str, field: str) -> Atom:
    """Return the atom of a word, which may hold wildcards."""
    if text == "*":
        return Atom("exists", "*", field)
    if not _is_plain(text):
        return Atom("wildcard", text, field)
    return Atom("word", _unescaped(text), field)


def _is_plain(text: str) -> bool:
    bare = re.sub(r"\\.", "", text, flags=re.DOTALL)
    return "*" not in bare and "?" not in bare


def _fuzziness(text: str) -> str:
    if not text:
        return "AUTO"
    number = float(text)
    return str(min(2, int(number))) if number >= 1 else ("AUTO" if number else "0")


def _bounds(text: str) -> tuple[tuple[str, str], ...]:
    found = re.fullmatch(r"[\[{]\s*(.*?)\s+TO\s+(.*?)\s*[\]}]", text, re.DOTALL)
    assert found is not None  # noqa: S101 - the token was made by a like expression.
    bounds = []
    for name, bound in (
        ("gte" if text[0] == "[" else "gt", found[1]),
        ("lte" if text[-1] == "]" else "lt", found[2]),
    ):
        if bound != "*":
            quoted = len(bound) > 1 and bound.startswith('"')
            bounds.append((name, _unescaped(bound[1:-1] if quoted else bound)))
    return tuple(bounds)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _combined(found: list[list[object]]) -> Query:
    if not found:
        return tree.MatchNone()
    if len(found) == 1 and found[0][0] != "must_not":
        return found[0][1]  # type: ignore[return-value]
    groups: dict[str, list[Query]] = {"must": [], "should": [], "must_not": []}
    for occurrence, query in found:
        groups[occurrence].append(query)  # type: ignore[index,arg-type]
    return tree.Bool(**{name: tuple(queries) for name, queries in groups.items()})  # type: ignore[arg-type]


_SIMPLE = re.compile(
    r'(?P<phrase>"(?:\\.|[^"\\])*")(?:~(?P<slop>\d{1,4}))?'
    r"|(?P<sign>[+|\-()])"
    r"|(?P<word>(?:\\.|[^\s+|()\"~\\])(?:\\.|[^\s+|()\"~\\])*)(?:~(?P<fuzzy>\d{0,4}))?"
    r"|(?P<other>.)",
    re.DOTALL,
)


def parse_simple(text: str, *, default_and: bool, flags: str, leaf: Leaf) -> Query:
    """Read the forgiving syntax: ``+`` and, ``|`` or, ``-`` not, ``"phrase"~2``, ``pre*``, ``w~1``.

    Whatever makes no sense is left out, so nothing is an error. *flags* switches signs off.
    """
    parser = _Simple(text, default_and, flags, leaf)
    return parser.group(0) or tree.MatchNone()


class _Simple:
    """The forgiving parser."""

    def __init__(self, text: str, default_and: bool, flags: str, leaf: Leaf) -> None:
        wanted = {flag.strip().upper() for flag in flags.split("|")}
        self.on: Callable[[str], bool] = lambda name: "ALL" in wanted or name in wanted
        self.tokens = [found for found in _SIMPLE.finditer(text) if found[0].strip()][:MAX_CLAUSES]
        self.default_and, self.leaf = default_and, leaf
        self.place = 0

    def group(self, depth: int) -> Query | None:
        query: Query | None = None
        operator = ""
        negated = False
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            sign = token["sign"]
            if sign == ")":
                if depth:
                    break
                continue
            if sign == "(":
                found = self.group(depth + 1) if depth < MAX_NESTING else None
            elif sign:
                if sign == "-":
                    negated = not negated
                else:
                    operator = sign
                continue
            else:
                found = self.atom(token)
            if found is None:
                continue
            if negated:
                found = tree.Bool(must_not=(found,), boost=1.0)
            query = found if query is None else self.joined(query, found, operator)
            operator, negated = "", False
        return query

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
            text = _unescaped(token["phrase"][1:-1])
            return self.leaf(Atom("phrase", text, slop=int(token["slop"] or -1)))
        if token["word"] is None:
            return None
        word = token["word"]
        if word.startswith("-") and len(word) > 1 and self.on("NOT"):
            inner = self.plain(word[1:], token["fuzzy"])
            return tree.Bool(must_not=(inner,))
        return self.plain(word, token["fuzzy"])

    def plain(self, word: str, fuzzy: str | None) -> Query:
        if fuzzy is not None and self.on("FUZZY"):
            return self.leaf(Atom("fuzzy", _unescaped(word), fuzziness=_fuzziness(fuzzy)))
        if word.endswith("*") and not word.endswith("\\*") and self.on("PREFIX") and len(word) > 1:
            return self.leaf(Atom("prefix", _unescaped(word[:-1])))
        return self.leaf(Atom("word", _unescaped(word)))
