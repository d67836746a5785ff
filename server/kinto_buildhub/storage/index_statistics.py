"""Which fields have an index of ours, and how their values are spread.

The database has statistics of both. They are refreshed once a minute: what has changed since then
makes queries slower, and no answer wrong.
"""

import re
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from kinto.core.utils import json
from kinto.core.utils import sqlalchemy as sa

from kinto_buildhub.storage.indexes import HASH, PREFIX

REFRESH_SECONDS = 60.0

# This number of records can be read and sorted in the time that a request takes anyway.
RARE_COUNT = 20_000

_INDEXES = """
SELECT pg_get_indexdef(indexrelid, 1, true) AS expression,
       pg_get_indexdef(indexrelid, 2, true) AS second_expression,
       ARRAY(SELECT pg_get_indexdef(indexrelid, number, true)
               FROM generate_series(2, indnatts) AS number) AS later_expressions,
       pg_get_expr(indpred, indrelid) AS predicate
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
 WHERE indrelid = to_regclass('objects') AND indisvalid AND starts_with(relname, :prefix)
"""
# The view hides the values from those who may not read the table.
_STATISTICS = """
SELECT expr AS expression,
       most_common_vals::text::text[] AS frequent_values,
       most_common_freqs AS frequencies,
       (SELECT reltuples FROM pg_class WHERE oid = to_regclass('objects')) AS row_count
  FROM pg_stats_ext_exprs
 WHERE tablename = 'objects' AND starts_with(statistics_name, :prefix) AND null_frac IS NOT NULL
   AND NOT starts_with(expr, :hash)
"""
_KEY = re.compile(r"-> '((?:[^']|'')+)'::text")
_COLLECTION = re.compile(r"parent_id = '((?:[^']|'')+)'::text")


@dataclass(frozen=True, slots=True)
class _Spread:
    """How the values of a field are spread.

    Attributes:
        shares: of all objects, which have a value, for the most frequent ones.
        object_count: about how many objects there are.
    """

    shares: Mapping[Hashable, float]
    object_count: float


class IndexStatistics:
    """Indexed fields and the spread of their values, refreshed once in a while."""

    def __init__(
        self,
        client: Any,
        clock: Callable[[], float] = time.monotonic,
        rare_count: int = RARE_COUNT,
    ) -> None:
        self._client = client
        self._clock = clock
        self._rare_count = rare_count
        self._fields: dict[str, dict[str, str]] = {}
        self._carried: dict[str, frozenset[str]] = {}
        self._spreads: dict[str, _Spread] = {}
        self._stale_at = -1.0

    def fields(self, parent_id: str) -> Mapping[str, str]:
        """Return the fields by whose value the collection's records can be found in order.

        Each comes with the field that orders the records of one value, "" if that is no field of
        a record.
        """
        self._refresh()
        return self._fields.get(parent_id, {})

    def carried(self, parent_id: str) -> frozenset[str]:
        """Return the fields whose hashes are in the entries of indexes by other fields."""
        self._refresh()
        return self._carried.get(parent_id, frozenset())

    def is_rare(self, field: str, value: Any) -> bool:
        """Return whether *value* has so few records that all of them can be read.

        Without statistics no value counts as rare.
        """
        self._refresh()
        return field in self._spreads and self.count(field, value) <= self._rare_count

    def count(self, field: str, value: Any) -> float:
        """Return about how many records have *value*; 0 if it is none of the most frequent."""
        self._refresh()
        spread = self._spreads.get(field)
        return spread.shares.get(value, 0.0) * spread.object_count if spread else 0.0

    def share(self, field: str, value: Any) -> float:
        """Return about which share of all objects has *value*; 0 as for `count`."""
        self._refresh()
        spread = self._spreads.get(field)
        return spread.shares.get(value, 0.0) if spread else 0.0

    def _refresh(self) -> None:
        if self._clock() < self._stale_at:
            return
        with self._client.connect(readonly=True) as connection:
            indexes = connection.execute(sa.text(_INDEXES), {"prefix": PREFIX}).fetchall()
            statistics = connection.execute(
                sa.text(_STATISTICS), {"prefix": PREFIX, "hash": HASH}
            ).fetchall()
        self._fields = _indexed_fields(indexes)
        self._carried = _carried_fields(indexes)
        self._spreads = {_field(row.expression): _spread(row) for row in statistics}
        self._stale_at = self._clock() + REFRESH_SECONDS


def _indexed_fields(rows: list[Any]) -> dict[str, dict[str, str]]:
    fields: dict[str, dict[str, str]] = {}
    for row in rows:
        collection = _COLLECTION.search(row.predicate or "")
        field = _field(row.expression)
        if collection and field:
            of_collection = fields.setdefault(_unquote(collection[1]), {})
            of_collection[field] = _field(row.second_expression or "")
    return fields


def _carried_fields(rows: list[Any]) -> dict[str, frozenset[str]]:
    carried: dict[str, frozenset[str]] = {}
    for row in rows:
        collection = _COLLECTION.search(row.predicate or "")
        hashes = [each for each in row.later_expressions if each.startswith(f"{HASH}(")]
        if collection and hashes:
            parent_id = _unquote(collection[1])
            carried[parent_id] = carried.get(parent_id, frozenset()) | set(map(_field, hashes))
    return carried


def _spread(row: Any) -> _Spread:
    pairs = zip(row.frequent_values or (), row.frequencies or (), strict=True)
    shares = [(json.loads(text), share) for text, share in pairs]
    return _Spread(
        shares={value: share for value, share in shares if not isinstance(value, (dict, list))},
        object_count=row.row_count,
    )


def _field(expression: str) -> str:
    """Return the dotted path in an expression: ``(data -> 'a'::text) -> 'b'::text`` is a.b."""
    return ".".join(map(_unquote, _KEY.findall(expression)))


def _unquote(literal: str) -> str:
    return literal.replace("''", "'")
