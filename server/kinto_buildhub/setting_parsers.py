"""Parsers of settings: text in, value out, or a ValueError that says what is expected."""

import re
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many

Network = IPv4Network | IPv6Network

LONGEST_WINDOW_SECONDS = 24 * 3600
"""Of a rate."""

_COLLECTION = re.compile(r"([a-zA-Z0-9][\w-]*)/([a-zA-Z0-9][\w-]*)", re.ASCII)
_INDEX_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]*")
_CONTACT = re.compile(r"mailto:[!-~]+@[!-~]+|https://[!-~]+|tel:\+?[0-9-]+")
_PRINCIPAL = re.compile(r"[a-z][\w-]*:[!-~]+|/buckets/[\w-]+/groups/[\w-]+", re.ASCII)
_CODINGS = ("zstd", "gzip")
_DIRECTIVE_SECONDS = r"=[0-9]+"
_FIELD_NAMES = r'(="[\w, -]+")?'
# RFC 9111, section 5.2.2, with RFC 5861 and RFC 8246: what may follow the name.
_DIRECTIVES = {
    **dict.fromkeys(("max-age", "s-maxage"), _DIRECTIVE_SECONDS),
    **dict.fromkeys(("stale-while-revalidate", "stale-if-error"), _DIRECTIVE_SECONDS),
    **dict.fromkeys(("no-cache", "private"), _FIELD_NAMES),
    **dict.fromkeys(("no-store", "no-transform", "public", "immutable"), ""),
    **dict.fromkeys(("must-revalidate", "must-understand", "proxy-revalidate"), ""),
}
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_DIRECTIVE = re.compile(rf"({_WORD})((?:=(?:{_WORD}|{_QUOTED}))?)[ \t]*(?:,[ \t]*|$)")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def text(value: str) -> str:
    """Any text."""
    return value.strip()


def master_secret(value: str) -> str:
    """A secret that cannot be guessed, or nothing."""
    if 0 < len(value.strip()) < 32:
        raise ValueError("expected 32 characters or more")
    return value.strip()


def words(value: str) -> tuple[str, ...]:
    """Words with spaces or commas between them."""
    return tuple(value.replace(",", " ").split())


def positive_int(value: str) -> int:
    """A whole number from 1."""
    if not value.strip().isdecimal() or int(value) < 1:
        raise ValueError("expected a whole number from 1")
    return int(value)


def count(value: str) -> int:
    """A whole number from 0."""
    if not value.strip().isdecimal():
        raise ValueError("expected a whole number from 0")
    return int(value)


def seconds(value: str) -> float:
    """A number of seconds above 0."""
    return _positive_float(value, "seconds")


def optional_hours(value: str) -> float | None:
    """A number of hours above 0; None where it is empty."""
    return _positive_float(value, "hours") if value.strip() else None


def flag(value: str) -> bool:
    """Yes or no."""
    if value.strip().lower() not in _FLAGS:
        raise ValueError("expected true or false")
    return _FLAGS[value.strip().lower()]


def codings(value: str) -> tuple[str, ...]:
    """Content codings, the best first."""
    found = words(value)
    unknown = [name for name in found if name not in _CODINGS]
    if unknown:
        raise ValueError(f"expected {' and '.join(_CODINGS)}, or one of them, got {unknown[0]!r}")
    return found


def cache_directives(value: str) -> str:
    """A value of the header ``Cache-Control``."""
    text, position = value.strip(), 0
    while found := _DIRECTIVE.match(text, position):
        _check_directive(found[1], found[2])
        position = found.end()
    if not text or position < len(text):
        raise ValueError("expected directives of Cache-Control, as 'public, max-age=60'")
    return text


def collections(value: str) -> tuple[tuple[str, str], ...]:
    """Collections as ``bucket/collection``, with spaces or commas between them."""
    found = []
    for name in words(value):
        match = _COLLECTION.fullmatch(name)
        if match is None:
            raise ValueError(f"expected bucket/collection, got {name!r}")
        found.append((match[1], match[2]))
    return tuple(found)


def collection(value: str) -> tuple[str, str]:
    """One collection, as ``bucket/collection``."""
    found = collections(value)
    if len(found) != 1:
        raise ValueError("expected one bucket/collection")
    return found[0]


def base_url(value: str) -> str:
    """A URL of a server, without a slash at the end; or nothing."""
    given = value.strip().rstrip("/")
    if not given:
        return ""
    parsed = urlsplit(given)
    is_plain = not (parsed.query or parsed.fragment or parsed.username or ";" in given)
    if parsed.scheme not in ("http", "https") or not parsed.hostname or not is_plain:
        raise ValueError("expected a URL, such as https://buildhub.example")
    _ = parsed.port  # Raises ValueError where it is not a number.
    return given


def index_prefix(value: str) -> str:
    """The first part of index names, as Elasticsearch allows it."""
    if not _INDEX_PREFIX.fullmatch(value):
        raise ValueError(
            "expected lower-case letters, digits, '-' and '_', starting with a letter or a digit"
        )
    return value


def contacts(value: str) -> tuple[str, ...]:
    """Addresses that one can write to or call, as RFC 9116 has them."""
    found = words(value)
    for each in found:
        if not _CONTACT.fullmatch(each):
            raise ValueError(f"expected mailto:…, https://… or tel:…, got {each!r}")
    return found


def principals(value: str) -> tuple[str, ...]:
    """Those whom a policy knows, as ``account:ann``, and groups, with spaces between them."""
    found = words(value)
    for each in found:
        if not _PRINCIPAL.fullmatch(each):
            raise ValueError(f"expected account:NAME or /buckets/NAME/groups/NAME, got {each!r}")
    return found


def rate(value: str) -> RateLimitItem | None:
    """A rate, as ``600/minute``; None where it is empty."""
    if not value.strip():
        return None
    try:
        (found,) = parse_many(value)
    except ValueError:
        found = None
    if found is None or not 0 < found.get_expiry() <= LONGEST_WINDOW_SECONDS or not found.amount:
        raise ValueError("expected a rate as 600/minute or 10000/hour, over a day at most")
    return found


def networks(value: str) -> tuple[Network, ...]:
    """IP addresses and networks, as ``192.0.2.0/24``, with spaces or commas between them."""
    try:
        return tuple(ip_network(name, strict=False) for name in words(value))
    except ValueError as exc:
        raise ValueError(f"expected addresses or networks: {exc}") from exc


def _positive_float(value: str, unit: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"expected a number of {unit} above 0")
    return number


def _check_directive(name: str, argument: str) -> None:
    """Refuse a slip, which caches would ignore in silence.

    Extensions have a value, as ``community="UCI"``, and no known name is near.
    """
    expected = _DIRECTIVES.get(name.lower())
    if expected is not None:
        if not re.fullmatch(expected, argument, re.ASCII):
            needed = f"{name}=60" if expected == _DIRECTIVE_SECONDS else name
            raise ValueError(f"expected {needed}, got {name}{argument}")
        return
    near = get_close_matches(name.lower(), _DIRECTIVES, n=1, cutoff=0.8 if argument else 0.5)
    if near or not argument:
        known = f"is {near[0]} meant?" if near else f"known are {', '.join(sorted(_DIRECTIVES))}"
        raise ValueError(f"{name} is no directive of Cache-Control; {known}")
