"""Locales in the names of folders and files."""

import re
from functools import lru_cache

from buildhub.rules.skip_reasons import NotABuild, SkipReason

# A language, then a region or a variant, then one more part: de, pt-BR, ca-valencia, ja-JP-mac.
# No more parts: no locale of the archive has more, and `common.tests` must not match.
PATTERN = r"(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}|multi)"

_LOCALE = re.compile(PATTERN)

# Folders next to those of locales whose names look like one.
_OTHER_FOLDERS = {
    "xpi": SkipReason.LANGUAGE_PACK,
    "deb-l10n": SkipReason.LANGUAGE_PACK,
    "rpm": SkipReason.SECOND_PACKAGE,
}

# A second part of up to this length is a region (BR), in upper case; a longer one is a variant.
_REGION_LENGTH = 3


@lru_cache(maxsize=1024)
def canonical_locale(text: str) -> str:
    """Return the locale in its canonical case.

    Raises:
        NotABuild: not a locale.
    """
    if text in _OTHER_FOLDERS:
        raise NotABuild(_OTHER_FOLDERS[text])
    if not _LOCALE.fullmatch(text):
        raise NotABuild(SkipReason.UNKNOWN_LOCALE)
    language, *rest = text.split("-")
    if rest and len(rest[0]) <= _REGION_LENGTH:
        rest[0] = rest[0].upper()
    return "-".join([language.lower(), *rest])
