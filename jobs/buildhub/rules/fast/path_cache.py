"""Parses paths of releases and candidates once for all locales.

The archive holds a release in a hundred locales, each in a folder of its own with files of the same
names. The locale's folder decides the locale and nothing else, so what
:func:`buildhub.rules.paths.parse_path` returns for one locale's file holds for the others too.
"""

from functools import lru_cache
from typing import NamedTuple

from buildhub_schema.products import LAYOUT_PATHS

from buildhub.rules.build import Build
from buildhub.rules.locales import canonical_locale
from buildhub.rules.paths import (
    LOCALE_FOLDER_LAYOUTS,
    LONGEST_KEY_BYTES,
    VAGUE,
    explain_skip,
    parse_or_raise,
)
from buildhub.rules.skip_reasons import NotABuild, SkipReason

# Keys come in order, so the locales of a file follow each other, a few platforms at a time. This
# is enough for the files of some hundred platform folders, and takes a few megabytes.
_MAX_ENTRIES = 4096


class _SharedFacts(NamedTuple):
    """What a build has in common with its other locales: the start of the record ID, and the rest.

    Attributes:
        id_prefix: the record ID without the locale at its end.
        facts: as :attr:`Build.shared_facts`.
    """

    id_prefix: str
    facts: tuple[str | int | None, ...]


class PathCache:
    """Parses paths as :func:`parse_path` does, and remembers what locales share."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _SharedFacts | SkipReason] = {}

    def parse(self, path: str) -> Build | SkipReason:
        """Return the build at *path*, or why it is none."""
        locale_path, _, name = path.rpartition("/")
        platform_path, _, locale_folder = locale_path.rpartition("/")
        locale = _find_locale(locale_folder)
        if locale is None or len(path) > LONGEST_KEY_BYTES:
            found = _read(path)
            return found if isinstance(found, Build) else explain_skip(path, found)
        key = (platform_path, name)
        known = self._known.get(key)
        if known is None:
            return self._add(key, path)
        if isinstance(known, SkipReason):
            return known
        return Build(path, known.id_prefix + locale.lower(), locale, *known.facts)  # type: ignore[arg-type]

    def _add(self, key: tuple[str, str], path: str) -> Build | SkipReason:
        found = _read(path)
        if not isinstance(found, Build) and found in VAGUE:
            # The whole path explains it, and that includes the locale's folder.
            return explain_skip(path, found)
        parts = path.split("/")
        has_layout = path.startswith(LAYOUT_PATHS)
        if has_layout and (parts[2], len(parts)) in LOCALE_FOLDER_LAYOUTS:
            if len(self._known) >= _MAX_ENTRIES:
                self._known.clear()
            self._known[key] = found if isinstance(found, SkipReason) else _shared(found)
        return found


def _read(path: str) -> Build | SkipReason:
    try:
        return parse_or_raise(path)
    except NotABuild as found:
        return found.reason


def _shared(build: Build) -> _SharedFacts:
    return _SharedFacts(build.record_id.removesuffix(build.locale.lower()), build.shared_facts)


@lru_cache(maxsize=1024)
def _find_locale(folder: str) -> str | None:
    try:
        return canonical_locale(folder)
    except NotABuild:
        return None
