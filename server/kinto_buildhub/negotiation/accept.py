"""The header ``Accept``, as far as Kinto does not know what it says."""

import re
from functools import lru_cache
from typing import Any

from webob.acceptparse import create_accept_header

API_VERSIONS = (1,)
"""The versions of the API that this server has."""

JSON = "application/json"
PROBLEM = "application/problem+json"

# A type for each version, as `application/v1` or `application/v1+json`.
_VERSION = re.compile(r"application/v([0-9]+)(?:\+json)?", re.IGNORECASE)
_ANY_VERSION = re.compile(r"application/v[0-9]", re.IGNORECASE)
# What is worth a closer look.
_UNKNOWN_TO_KINTO = re.compile(r"application/(?:v[0-9]|problem\+)", re.IGNORECASE)

# Less than anything that a client would write: it names the shape of errors only, and needs JSON
# for all else.
_LEAST = 0.001


class UnknownVersion(Exception):
    """A client accepts only versions of the API that do not exist; the message says so."""


def names_version(accept: str) -> bool:
    """Return whether a header may name a version of the API."""
    return _ANY_VERSION.search(accept) is not None


@lru_cache(maxsize=256)
def translate_accept(accept: str) -> str:
    """Return the header with types that Kinto knows: a version is JSON, and so is a problem.

    A type with parameters, or a header that breaks the rules, is left as it is.

    Raises:
        UnknownVersion: it asks for nothing but versions that this server does not have.
    """
    ranges = _parse(accept) if _UNKNOWN_TO_KINTO.search(accept) else None
    if ranges is None:
        return accept
    found = [(name, q) for name, q in ranges if not _is_unknown_version(name)]
    if not any(q for _, q in found) and len(found) < len(ranges):
        versions = ", ".join(f"application/v{number}" for number in API_VERSIONS)
        asked = ", ".join(name for name, _ in ranges if _is_unknown_version(name))
        raise UnknownVersion(f"Accept: this server has {versions}; got {asked}")
    found = [(JSON if _VERSION.fullmatch(name) else name, q) for name, q in found]
    if any(_is_problem(name) and q for name, q in found):
        found.append((JSON, _LEAST))
    return ", ".join(name if q == 1 else f"{name};q={q:g}" for name, q in found)


@lru_cache(maxsize=256)
def prefers_problem(accept: str) -> bool:
    """Return whether errors are to be answered as RFC 9457 has them.

    They are if the type is named, and JSON is not preferred to it.
    """
    ranges = _parse(accept) if PROBLEM in accept.lower() else None
    if ranges is None:
        return False
    wanted = max((q for name, q in ranges if _is_problem(name)), default=0.0)
    accepted = dict(create_accept_header(accept).acceptable_offers([JSON]))
    return wanted > 0 and wanted >= accepted.get(JSON, 0.0)


def _parse(accept: str) -> list[tuple[str, float]] | None:
    """Return the media ranges, with their parameters, and their weights."""
    parsed: Any = create_accept_header(accept).parsed
    return None if parsed is None else [(each[0], each[1]) for each in parsed]


def _is_unknown_version(name: str) -> bool:
    found = _VERSION.fullmatch(name)
    return found is not None and found[1] not in map(str, API_VERSIONS)


def _is_problem(name: str) -> bool:
    return name.partition(";")[0].strip().lower() == PROBLEM
