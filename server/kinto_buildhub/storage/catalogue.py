"""Which fields have an index of ours, as the database itself tells."""

import re
import time
from collections.abc import Callable
from typing import Any

from kinto.core.utils import sqlalchemy as sa

from kinto_buildhub.indexes import PREFIX

# An index that was made or dropped since costs time until it is noticed, and never an answer.
REFRESH_SECONDS = 60.0

_QUERY = """
SELECT pg_get_indexdef(indexrelid, 1, true) AS expression,
       pg_get_expr(indpred, indrelid) AS predicate
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
 WHERE indrelid = to_regclass('objects') AND indisvalid AND starts_with(relname, :prefix)
"""
_KEY = re.compile(r"-> '((?:[^']|'')+)'::text")
_COLLECTION = re.compile(r"parent_id = '((?:[^']|'')+)'::text")


class IndexCatalogue:
    """The indexed fields of each collection, looked up once in a while."""

    def __init__(self, client: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._fields: dict[str, frozenset[str]] = {}
        self._stale_at = -1.0

    def fields(self, parent_id: str) -> frozenset[str]:
        """Return the fields by whose value the collection's records can be found in order."""
        if self._clock() >= self._stale_at:
            self._fields = self._read()
            self._stale_at = self._clock() + REFRESH_SECONDS
        return self._fields.get(parent_id, frozenset())

    def _read(self) -> dict[str, frozenset[str]]:
        with self._client.connect(readonly=True) as connection:
            rows = connection.execute(sa.text(_QUERY), {"prefix": PREFIX}).fetchall()
        fields: dict[str, frozenset[str]] = {}
        for row in rows:
            collection = _COLLECTION.search(row.predicate or "")
            keys = _KEY.findall(row.expression)
            if collection and keys:
                parent_id, field = _unquote(collection[1]), ".".join(map(_unquote, keys))
                fields[parent_id] = fields.get(parent_id, frozenset()) | {field}
        return fields


def _unquote(literal: str) -> str:
    return literal.replace("''", "'")
