"""Which texts are versions. How they are ordered is in `buildhub_schema.versions`."""

import re
from functools import lru_cache

from buildhub.rules.skip_reasons import NotABuild, SkipReason

# Digits, dots, dashes and the words that occur in versions. Each character can match in one way
# only, otherwise rejecting a long text would take exponential time.
PATTERN = (
    r"[1-9][0-9]{0,3}\.[0-9]"
    r"(?:[.-]?(?:[0-9]|esr|pre|real|plugin|funnelcake|(?:rc|a|b)(?=[0-9])))*"
)

_VERSION = re.compile(PATTERN)


@lru_cache(maxsize=8192)
def check_version(text: str) -> str:
    """Return *text*, the name of a folder, if it is a version of at least 1.0.

    Raises:
        NotABuild: it is not.
    """
    if not _VERSION.fullmatch(text):
        raise NotABuild(SkipReason.UNKNOWN_VERSION)
    return text
