"""Drops the files that are no builds by their file extension alone: most of the archive.

:func:`buildhub.rules.paths.parse_path` gives the same reason for each of them. One look-up per key
costs less, and creates no object for a file.
"""

from collections import Counter
from collections.abc import Sequence

from buildhub_schema.products import LAYOUT_PATHS

from buildhub.rules.files import EXTENSIONS_OF_OTHERS

_SLUGS = {extension: reason.value for extension, reason in EXTENSIONS_OF_OTHERS.items()}


def find_possible_builds(keys: Sequence[str], skipped: Counter[str]) -> list[int]:
    """Return the positions of the *keys* that may be builds; count the others by reason.

    Args:
        keys: of the archive, URL-encoded or not: no extension has a character that is encoded.
        skipped: counts by reason, as ``SkipReason.value``; is updated.
    """
    possible = []
    for position, key in enumerate(keys):
        slug = _SLUGS.get(key.rpartition(".")[2])
        if slug is not None and key.startswith(LAYOUT_PATHS):
            skipped[slug] += 1
        else:
            possible.append(position)
    return possible
