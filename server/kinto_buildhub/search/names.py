"""Names of indexes, made from bucket and collection; both can be told from the name again.

Kinto's IDs hold letters, digits, ``-`` and ``_``. An index name has to be in lower case, so ``_``
escapes: ``A`` is ``_a``, and ``_`` itself is ``__``. A dot, which no ID holds, separates; so no
pattern that ends in one reaches another bucket (``build.*`` does not match ``build-hub.…``).
"""

import re
from functools import lru_cache
from typing import NamedTuple

MAX_NAME_BYTES = 200  # Elasticsearch allows 255; what follows the name is the engine's own.

_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")


class IndexId(NamedTuple):
    """The collection that an index is for."""

    bucket_id: str
    collection_id: str


def check_prefix(prefix: str) -> str:
    """Return *prefix* if it can start an index name.

    Raises:
        ValueError: it cannot; says what would do.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"kinto.elasticsearch.index_prefix is {prefix!r}: expected lower-case letters, digits, "
            "'-' and '_', starting with a letter or a digit."
        )
    return prefix


@lru_cache(maxsize=256)
def index_name(prefix: str, index: IndexId) -> str:
    """Return the name (an alias, in Elasticsearch) of a collection's index.

    Raises:
        ValueError: the IDs are not Kinto's, or too long for a name.
    """
    name = f"{prefix}.{_escape(index.bucket_id)}.{_escape(index.collection_id)}"
    if len(name) > MAX_NAME_BYTES:
        raise ValueError(f"The index name {name!r} is longer than {MAX_NAME_BYTES} bytes.")
    return name


def parse_index_name(prefix: str, name: str) -> IndexId | None:
    """Return the collection that *name* was made from; None if it is not one of ours."""
    parts = name.split(".")
    if len(parts) != 3 or parts[0] != prefix:
        return None
    try:
        index = IndexId(_unescape(parts[1]), _unescape(parts[2]))
        return index if index_name(prefix, index) == name else None
    except ValueError:
        return None


def _escape(part: str) -> str:
    if not _ID.fullmatch(part):
        raise ValueError(f"{part!r} is no ID of a bucket or collection.")
    return re.sub(r"[A-Z_]", lambda match: "_" + match[0].lower(), part)


def _unescape(part: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), part)
