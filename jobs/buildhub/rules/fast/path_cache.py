"""Paths of neighbours: what files of releases and candidates share is read once.

The archive has a release in a hundred languages, each in a folder of its own with files of the
same names. There the locale's folder decides the locale and nothing else, so what
:func:`buildhub.rules.paths.parse_path` says of one language's file holds for the others.
"""

from functools import lru_cache
from typing import NamedTuple

from buildhub.rules.build import Build
from buildhub.rules.locales import canonical_locale
from buildhub.rules.paths import (
    LONGEST_KEY_BYTES,
    PLACED_LAYOUTS,
    VAGUE,
    explain_skip,
    read_path,
)
from buildhub.rules.skip_reasons import NotABuild, SkipReason

# In the order of keys neighbours follow each other; this is the files of some hundred platforms'
# folders, in a few megabytes.
_REMEMBERED = 4096


class _Shared(NamedTuple):
    """What builds of neighbours have in common: the start of their IDs, and the rest."""

    id_start: str
    facts: tuple[str | int | None, ...]


class PathReader:
    """Reads paths as :func:`parse_path` does."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Shared | SkipReason] = {}

    def read(self, path: str) -> Build | SkipReason:
        """Return the build at *path*, or why it is none."""
        above, _, name = path.rpartition("/")
        start, _, locale_folder = above.rpartition("/")
        locale = _find_locale(locale_folder)
        if locale is None or len(path) > LONGEST_KEY_BYTES:
            found = _read(path)
            return found if isinstance(found, Build) else explain_skip(path, found)
        key = (start, name)
        known = self._known.get(key)
        if known is None:
            return self._learn(key, path)
        if isinstance(known, SkipReason):
            return known
        return Build(path, known.id_start + locale.lower(), locale, *known.facts)  # type: ignore[arg-type]

    def _learn(self, key: tuple[str, str], path: str) -> Build | SkipReason:
        found = _read(path)
        if not isinstance(found, Build) and found in VAGUE:
            # The explanation is in the whole folder's name, the locale's included.
            return explain_skip(path, found)
        parts = path.split("/")
        if len(parts) > 2 and (parts[2], len(parts)) in PLACED_LAYOUTS:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = found if isinstance(found, SkipReason) else _shared(found)
        return found


def _read(path: str) -> Build | SkipReason:
    try:
        return read_path(path)
    except NotABuild as found:
        return found.reason


def _shared(build: Build) -> _Shared:
    return _Shared(build.record_id.removesuffix(build.locale.lower()), build.shared)


@lru_cache(maxsize=1024)
def _find_locale(folder: str) -> str | None:
    try:
        return canonical_locale(folder)
    except NotABuild:
        return None
