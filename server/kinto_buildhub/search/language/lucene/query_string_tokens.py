"""The tokens of ``query_string``: words, operators, phrases, ranges, signs."""

import re
from dataclasses import dataclass

from kinto_buildhub.search.errors import BadQuery

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


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (a group of the expression), its text, where it starts."""

    kind: str
    text: str
    place: int


def tokenize(text: str, path: str) -> list[Token]:
    """Return the tokens of a query string.

    Raises:
        BadQuery: a character that starts no token; the message contains its position.
    """
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise BadQuery(
                f"Failed to parse query [{text[:100]}]: unexpected {text[place]!r} at character "
                f"{place + 1}; escape it with \\ if it is meant literally",
                path,
                "query_shard_exception",
            )
        tokens.append(Token(found.lastgroup, found[0], place))
        place = found.end()
    return tokens
