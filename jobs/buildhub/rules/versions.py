"""Versions: which texts are one. How they follow each other is in `buildhub_schema.versions`."""

import re
from functools import lru_cache

from buildhub.rules.skip_reasons import NotABuild, SkipReason

# Digits, dots, dashes and the words that occur in versions. Written so that each character can be
# read in one way only, or a long text would take for ever to refuse.
PATTERN = (
    r"[1-9][0-9]{0,3}\.[0-9]"
    r"(?:[.-]?(?:[0-9]|esr|pre|real|plugin|funnelcake|(?:rc|a|b)(?=[0-9])))*"
)

_VERSION = re.compile(PATTERN)


@lru_cache(maxsize=8192)
def check_version(text: str) -> str:
    """Return *text*, a folder's name, if it is a version from 1.0 on.

    Raises:
        NotABuild: it is not.
    """
    if not _VERSION.fullmatch(text):
        raise NotABuild(SkipReason.UNKNOWN_VERSION)
    return text
