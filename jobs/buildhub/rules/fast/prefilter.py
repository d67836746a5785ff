"""Files that are no builds by the ending of their name alone, which is most of the archive.

:func:`buildhub.rules.paths.parse_path` would say the same of each. This asks a look-up of it, and
makes no object for a file.
"""

from collections import Counter
from collections.abc import Sequence

from buildhub_schema.products import PRODUCT_PATHS

from buildhub.rules.files import ENDINGS_OF_OTHERS

_SLUGS = {ending: reason.value for ending, reason in ENDINGS_OF_OTHERS.items()}


def pass_over(keys: Sequence[str], counts: Counter[str]) -> list[int]:
    """Return the places of those *keys* that are to be looked at, after all; count the others.

    Args:
        keys: of the archive, encoded or not: no ending that is known has an encoded character.
        counts: takes the reasons' slugs.
    """
    left = []
    for place, key in enumerate(keys):
        slug = _SLUGS.get(key.rpartition(".")[2])
        if slug is not None and key.startswith(PRODUCT_PATHS):
            counts[slug] += 1
        else:
            left.append(place)
    return left
