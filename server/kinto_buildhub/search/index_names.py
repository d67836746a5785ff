"""How the index of a collection is named. The name can be parsed back into its parts.

Kinto's IDs hold letters, digits, ``-`` and ``_``. An index name is lower case, so ``_`` escapes:
``A`` becomes ``_a``, and ``_`` becomes ``__``. The parts are separated by a dot, which no ID holds.
So a pattern that ends in a dot never reaches another bucket (``build.*`` does not match
``build-hub.…``).
"""

import re
from functools import lru_cache
from typing import NamedTuple

from kinto_buildhub.search.errors import BadQuery

MAX_NAME_BYTES = 200  # Elasticsearch allows 255; what follows the name is the engine's own.

_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")


class BadIndexName(BadQuery, ValueError):
    """A collection cannot have an index, because of its name or its bucket's."""


class IndexId(NamedTuple):
    """The collection that an index follows. Messages and logs show it as ``bucket/collection``."""

    bucket_id: str
    collection_id: str

    def __str__(self) -> str:
        return f"{self.bucket_id}/{self.collection_id}"

    @property
    def collection_uri(self) -> str:
        """Kinto's URI of the collection, which is the ``parent_id`` of its records."""
        return f"{self.bucket_uri}/collections/{self.collection_id}"

    @property
    def bucket_uri(self) -> str:
        """Kinto's URI of the bucket, which is the ``parent_id`` of its collections."""
        return f"/buckets/{self.bucket_id}"


@lru_cache(maxsize=256)
def index_name(prefix: str, index: IndexId) -> str:
    """Return the name (an alias, in Elasticsearch) of a collection's index.

    Raises:
        BadIndexName: the IDs are not Kinto's, or too long for a name.
    """
    name = f"{prefix}.{_escape(index.bucket_id)}.{_escape(index.collection_id)}"
    if len(name) > MAX_NAME_BYTES:
        raise BadIndexName(
            f"the name of an index has at most {MAX_NAME_BYTES} bytes: the prefix, bucket and "
            f"collection, and an underscore for each capital; {name!r} has {len(name)}",
            kind="invalid_index_name_exception",
        )
    return name


def parse_index_name(prefix: str, name: str) -> IndexId | None:
    """Return the collection whose index has this name; None if `index_name` never makes it."""
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
        raise BadIndexName(
            f"{part!r} is not the ID of a bucket or collection: expected letters, digits, '-' and "
            "'_', starting with a letter or a digit."
        )
    return re.sub(r"[A-Z_]", lambda match: "_" + match[0].lower(), part)


def _unescape(part: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), part)
