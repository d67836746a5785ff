"""Platforms in the names of folders and files."""

import re
from dataclasses import dataclass
from functools import lru_cache

from buildhub.rules.skip_reasons import NotABuild, SkipReason

PATTERN = r"[A-Za-z0-9_-]+"

_PLATFORM = re.compile(r"(?:linux|win|mac|android|maemo|eabi)[A-Za-z0-9_-]*")

# Words in a platform's name that mean it is not a shipped build.
_REFUSED = (
    (SkipReason.WINDOWS_MOBILE, re.compile(r"win(?:ce|mo)")),
    (SkipReason.SANITIZER, re.compile(r"asan|tsan")),
    (SkipReason.DEBUG, re.compile(r"debug")),
    (SkipReason.STUB, re.compile(r"stub")),
    (SkipReason.TEST_FOLDER, re.compile(r"test")),
)

# The first of these words in a platform's name decides its family.
_FAMILIES = (
    ("eabi", "android"),
    ("linux", "linux"),
    ("win", "win"),
    ("mac", "mac"),
    ("android", "android"),
    ("maemo", "maemo"),
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform as in records, and its family."""

    name: str
    os: str


@lru_cache(maxsize=1024)
def parse_platform(text: str) -> Platform:
    """Parse the name of a folder, or a part of a file name.

    Raises:
        NotABuild: no known family, or a kind of build that is not shipped.
    """
    for reason, refused in _REFUSED:
        if refused.search(text.lower()):
            raise NotABuild(reason)
    if not _PLATFORM.fullmatch(text):
        raise NotABuild(SkipReason.UNKNOWN_PLATFORM)
    name = re.sub(r"^mac(?!osx)", "macosx", text.lower())
    return Platform(name, next(os for word, os in _FAMILIES if word in name))


def archive_spelling(name: str) -> str:
    """Return a record's platform as the archive spells it: ``mac`` for ``macosx``."""
    return "mac" + name.removeprefix("macosx") if name.startswith("macosx") else name
