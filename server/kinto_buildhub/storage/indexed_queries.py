"""Kinto's queries, in SQL that lets PostgreSQL use our indexes.

The answers are those of the stock storage, in the same order. Only the SQL differs, and only where
one form is equal to the other: see each function.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from kinto.core.storage import (
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    KintoObject,
    Sort,
)
from kinto.core.storage.postgresql import Storage as PostgreSQLStorage
from kinto.core.storage.postgresql import _build_containment_json
from kinto.core.utils import COMPARISON, json
from kinto.core.utils import sqlalchemy as sa

from kinto_buildhub.storage.bitmap_scans import only_bitmaps
from kinto_buildhub.storage.index_statistics import IndexStatistics
from kinto_buildhub.storage.indexes import HASH
from kinto_buildhub.storage.query_split import QueryPart, Rules, split_query

# Beyond it, looking each value up takes longer than reading the records.
_MAX_LOOKUPS = 100

# How many times as many records of a rare value as are asked for make a sample.
_SAMPLE_FACTOR = 10

# The last (or first) changed of a value, by an index that goes on by publication. Whichever ten
# records one takes, the ten that changed last are no older than the oldest of these. So a sample
# is taken, and then only those are read that the index says are no older.
_WITHIN_SAMPLE = """
last_modified {side} COALESCE((
    SELECT last_modified FROM (
        SELECT * FROM objects WHERE {sampled}
         ORDER BY {published} {direction}, last_modified {direction}
         LIMIT :sample_limit
    ) AS objects
     WHERE {conditions}
     ORDER BY last_modified {direction}
    OFFSET :row_limit - 1
     LIMIT 1
), CAST('{end}' AS TIMESTAMP))
"""
_BY_DIRECTION = {
    1: {"side": "<=", "direction": "ASC", "end": "infinity"},
    -1: {"side": ">=", "direction": "DESC", "end": "-infinity"},
}

# A value that more than this share of the objects has is counted as all are.
_NEARLY_ALL = 0.9

# As in the stock storage, which asks for objects.
_STOCK_LIST = """
    SELECT id, as_epoch(last_modified) AS last_modified, {data} AS data
      FROM objects
     WHERE {parent_id_filter}
       AND resource_name = :resource_name
       {conditions_deleted}
       {conditions_filter}
       {pagination_rules}
       {sorting}
     LIMIT :pagination_limit
"""

_NAMES = (DEFAULT_ID_FIELD, DEFAULT_MODIFIED_FIELD)
_SCALARS = (str, int, float, bool, type(None))


class JsonRow(Protocol):
    """A stored object: its ID, its timestamp in ms, and the rest of it as JSON."""

    id: str
    last_modified: int
    data: str


class _IndexedFilter(Filter):
    """A filter on a field that has an index by its value."""

    __slots__ = ()


class _CarriedFilter(_IndexedFilter):
    """A filter for a value whose hash is in the entries of the index that gives the order."""

    __slots__ = ()


class _SampledFilter(_IndexedFilter):
    """A filter for a rare value, of which a sample spares reading all records."""

    __slots__ = ()


class IndexedQueries(PostgreSQLStorage):
    """Lists and counts with the help of the indexes that the migration made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._statistics = IndexStatistics(self.client)

    def list_all(
        self, resource_name: str, parent_id: str, *args: Any, **query: Any
    ) -> list[KintoObject]:
        """List as the stock storage does, in parts where that lets an index give the order."""
        id_field = query.get("id_field", DEFAULT_ID_FIELD)
        modified_field = query.get("modified_field", DEFAULT_MODIFIED_FIELD)
        rows = self._list("data", resource_name, parent_id, *args, **query)
        return [row.data | {id_field: row.id, modified_field: row.last_modified} for row in rows]

    def list_rows(
        self, resource_name: str, parent_id: str, *args: Any, **query: Any
    ) -> list[JsonRow]:
        """List as `list_all` does, and leave it to the caller to make objects of the JSON."""
        return self._list("CAST(data AS TEXT)", resource_name, parent_id, *args, **query)

    def _list(
        self,
        data: str,
        resource_name: str,
        parent_id: str,
        filters: list[Filter] | None = None,
        sorting: list[Sort] | None = None,
        pagination_rules: Rules | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
        **names: str,
    ) -> list[Any]:
        """Return rows of ID, timestamp, and what the SQL in *data* makes of the rest."""
        fields = self._indexed_fields(resource_name, parent_id)
        if include_deleted or not fields:
            listed: list[Any] = self._get_rows(
                _STOCK_LIST.replace("{data}", data),
                resource_name,
                parent_id,
                filters=filters,
                sorting=sorting,
                pagination_rules=pagination_rules,
                limit=limit,
                include_deleted=include_deleted,
                **names,
            )
            return listed
        limit = min(self._max_fetch_size + 1, limit) if limit else self._max_fetch_size
        typed = self._type_filters(filters or [], parent_id, fields, sorting or [], limit)
        parts = split_query(typed, sorting or [], pagination_rules, indexed=fields)
        if not parts:
            return []
        holders = {"parent_id": parent_id, "resource_name": resource_name, "row_limit": limit}
        selects = [
            self._select(part, f"part_{i}", holders, data, fields) for i, part in enumerate(parts)
        ]
        # The parts are run in this order, and the second only if the first was too short: each
        # has a limit of its own, and such parts are never run side by side.
        query = " UNION ALL ".join(selects) + (" LIMIT :row_limit" if len(selects) > 1 else "")
        with self.client.connect(readonly=True) as connection:
            rows: list[Any] = connection.execute(sa.text(query), holders).fetchall()
        return rows

    def count_all(
        self,
        resource_name: str,
        parent_id: str,
        filters: list[Filter] | None = None,
        include_deleted: bool = False,
        **names: str,
    ) -> int:
        """Count as the stock storage does; its own forms are best for all but single values."""
        fields = self._indexed_fields(resource_name, parent_id)
        if fields and not filters and not include_deleted:
            return self._count_collection(resource_name, parent_id)
        usable = [] if include_deleted else filters or []
        typed = [_IndexedFilter(*each) if each.field in fields else each for each in usable]
        values = [filtr for filtr in typed if _asks_for_indexed_value(filtr)]
        is_rare = any(self._statistics.is_rare(each.field, each.value) for each in values)
        # For what is found by several values at once, the index for equality is better.
        if not is_rare and len(values) == 1 and not self._is_nearly_all(*values):
            return self._count_frequent(resource_name, parent_id, typed)
        count: int = super().count_all(
            resource_name,
            parent_id,
            filters=typed if is_rare else filters,
            include_deleted=include_deleted,
            **names,
        )
        return count

    def _count_frequent(self, resource_name: str, parent_id: str, filters: list[Filter]) -> int:
        """Count by the index of a value, without reading the records that it finds."""
        holders = {"parent_id": parent_id, "resource_name": resource_name}
        conditions = self._conditions(filters, None, "filters", holders)
        query = f"SELECT count(*) FROM objects WHERE {conditions}"  # noqa: S608
        with self.client.connect(readonly=True) as connection, only_bitmaps(connection):
            return int(connection.execute(sa.text(query), holders).scalar())

    def _is_nearly_all(self, filtr: Filter) -> bool:
        # PostgreSQL would map all records, by the smallest index, and look into each.
        return self._statistics.share(filtr.field, filtr.value) > _NEARLY_ALL

    def _count_collection(self, resource_name: str, parent_id: str) -> int:
        # Kinto's index on the three columns is the smallest by far. Put as an equality, the parent
        # would make the indexes of its collection look cheaper: they have less to compare.
        query = """
            SELECT count(*) FROM objects
             WHERE parent_id BETWEEN :parent_id AND :parent_id
               AND resource_name = :resource_name AND NOT deleted
        """
        holders = {"parent_id": parent_id, "resource_name": resource_name}
        with self.client.connect(readonly=True) as connection:
            return int(connection.execute(sa.text(query), holders).scalar())

    def _type_filters(
        self,
        filters: list[Filter],
        parent_id: str,
        fields: Mapping[str, str],
        sorting: list[Sort],
        row_limit: int,
    ) -> list[Filter]:
        """Give each filter the type that says how an index serves it."""
        sorted_by = sorting[0].field if sorting else ""
        in_order = sorted_by == DEFAULT_MODIFIED_FIELD or fields.get(sorted_by) == ""
        carried = self._statistics.carried(parent_id) if in_order else frozenset()
        by_change = [sort.field for sort in sorting] == [DEFAULT_MODIFIED_FIELD]
        typed: list[Filter] = []
        for filtr in filters:
            if filtr.field not in fields:
                typed.append(filtr)
                continue
            indexed = _IndexedFilter(*filtr)
            if fields[filtr.field] == sorted_by or not _asks_for_indexed_value(indexed):
                typed.append(indexed)
            elif by_change and fields[filtr.field] and self._needs_sample(filtr, row_limit):
                typed.append(_SampledFilter(*filtr))
            elif filtr.field in carried:
                typed.append(_CarriedFilter(*filtr))
            else:
                typed.append(indexed)
        return typed

    def _needs_sample(self, filtr: Filter, row_limit: int) -> bool:
        """Return whether a value is rare, and has more records than can be read for an answer."""
        count = self._statistics.count(filtr.field, filtr.value)
        is_rare = self._statistics.is_rare(filtr.field, filtr.value)
        return is_rare and count > 2 * _SAMPLE_FACTOR * row_limit

    def _indexed_fields(self, resource_name: str, parent_id: str) -> Mapping[str, str]:
        return self._statistics.fields(parent_id) if resource_name == "record" else {}

    def _select(
        self,
        part: QueryPart,
        name: str,
        holders: dict[str, Any],
        data: str,
        fields: Mapping[str, str],
    ) -> str:
        """Return the SQL of one part, and put its values into *holders*."""
        conditions = self._conditions(part.filters, part.rules, name, holders)
        order, values = self._format_sorting(part.sorting, *_NAMES) if part.sorting else ("", {})
        holders.update({f"{name}_{key}": value for key, value in values.items()})
        order = order.replace(":sort_field_", f":{name}_sort_field_")
        sampled = [filtr for filtr in part.filters if isinstance(filtr, _SampledFilter)]
        source = f"objects WHERE {conditions}"
        if sampled:
            published = fields[sampled[0].field]
            source += self._within_sample(part, sampled[0], published, conditions, name, holders)
            # Left to choose, PostgreSQL may read in the requested order, because it expects to meet
            # the value soon. If its records lie together, as those of a product that ended do, it
            # reads everything. The offset keeps it from looking inside.
            source = f"(SELECT id, last_modified, data FROM {source} OFFSET 0) AS objects"  # noqa: S608
        columns = f"id, as_epoch(last_modified) AS last_modified, {data} AS data"
        return f"(SELECT {columns} FROM {source} {order} LIMIT :row_limit)"  # noqa: S608

    def _within_sample(
        self,
        part: QueryPart,
        sampled: Filter,
        published: str,
        conditions: str,
        name: str,
        holders: dict[str, Any],
    ) -> str:
        """Return the SQL for not coming after all records of a sample, which is read first.

        Args:
            conditions: SQL for all that is asked for.
        """
        holders["sample_limit"] = _SAMPLE_FACTOR * holders["row_limit"]
        own_name = f"{name}_sample"
        within_sample = _WITHIN_SAMPLE.format(
            sampled=self._conditions([sampled], part.rules, own_name, holders),
            published=_column(published, f"{own_name}_order", holders),
            conditions=conditions,
            **_BY_DIRECTION[part.sorting[0].direction],
        )
        return f" AND {within_sample}"

    def _conditions(
        self, filters: list[Filter], rules: Rules | None, name: str, holders: dict[str, Any]
    ) -> str:
        """Return the SQL for the records of a list, and put its values into *holders*."""
        conditions = ["parent_id = :parent_id", "resource_name = :resource_name", "NOT deleted"]
        if filters:
            sql, values = self._format_conditions(filters, *_NAMES, prefix=name)
            conditions.append(sql)
            holders.update(values)
        if rules:
            alternatives = []
            for i, rule in enumerate(rules):
                sql, values = self._format_conditions(rule, *_NAMES, prefix=f"{name}_rule_{i}")
                alternatives.append(f"({sql})")
                holders.update(values)
            conditions.append(f"({' OR '.join(alternatives)})")
        return " AND ".join(conditions)

    def _format_conditions(
        self, filters: list[Filter], id_field: str, modified_field: str, prefix: str = "filters"
    ) -> tuple[str, dict[str, Any]]:
        """Format our forms here, and leave all others to the stock storage."""
        present = {f.field for f in filters if f.operator is COMPARISON.HAS and f.value}
        own, stock = [], []
        for filtr in map(_with_one_wildcard, filters):
            is_own_field = filtr.field not in (id_field, modified_field)
            form = _find_form(filtr, present) if is_own_field else None
            own.append((form, filtr)) if form else stock.append(filtr)
        conditions: list[str] = []
        holders: dict[str, Any] = {}
        for i, (form, filtr) in enumerate(own):
            conditions.append(form(filtr, f"{prefix}_own_{i}", holders))
        if stock:
            sql, values = super()._format_conditions(stock, id_field, modified_field, prefix)
            conditions.append(sql)
            holders.update(values)
        return " AND ".join(conditions), holders


def _with_one_wildcard(filtr: Filter) -> Filter:
    """Leave ``*`` the only wildcard of ``like_…``: SQL's own are characters like any other."""
    if filtr.operator is not COMPARISON.LIKE:
        return filtr
    literal = re.sub(r"[\\%_]", r"\\\g<0>", filtr.value)
    return type(filtr)(filtr.field, literal, filtr.operator)


def _asks_for_indexed_value(filtr: Filter) -> bool:
    is_equality = filtr.operator is COMPARISON.EQ and isinstance(filtr.value, _SCALARS)
    return is_equality and isinstance(filtr, _IndexedFilter)


def _find_form(filtr: Filter, present: set[str]) -> Any:
    """Return the function that formats *filtr* here, or None where the stock form is best.

    Args:
        present: fields that the same query asks to be there.
    """
    if _asks_for_indexed_value(filtr):
        return _compare_hashed if isinstance(filtr, _CarriedFilter) else _compare
    if filtr.operator in (COMPARISON.MIN, COMPARISON.GT) and filtr.field in present:
        return _compare
    if (
        filtr.operator is COMPARISON.IN
        and not isinstance(filtr, _IndexedFilter)
        and _can_be_looked_up(filtr.value)
    ):
        return _contain_one_of
    return None


def _can_be_looked_up(values: Any) -> bool:
    return 0 < len(values) <= _MAX_LOOKUPS and all(isinstance(v, _SCALARS) for v in values)


def _column(field: str, name: str, holders: dict[str, Any]) -> str:
    """Return the SQL for the value of *field*, and put the keys to it into *holders*."""
    column = "data"
    for i, key in enumerate(field.split(".")):
        holders[f"{name}_{i}"] = key
        column += f"->:{name}_{i}"
    return column


def _compare(filtr: Filter, name: str, holders: dict[str, Any]) -> str:
    """Compare the value itself.

    For a scalar it is the same as being contained. And where the field is known to be there, what
    the stock form says of records without it need not be said.
    """
    column = _column(filtr.field, name, holders)
    holders[name] = json.dumps(filtr.value)
    operator = "=" if filtr.operator is COMPARISON.EQ else filtr.operator.value
    return f"{column} {operator} :{name}"


def _compare_hashed(filtr: Filter, name: str, holders: dict[str, Any]) -> str:
    """Compare the hash, which the entries of an index carry, and then the value itself."""
    column = _column(filtr.field, name, holders)
    return f"{HASH}({column}) = {HASH}(:{name}) AND {_compare(filtr, name, holders)}"


def _contain_one_of(filtr: Filter, name: str, holders: dict[str, Any]) -> str:
    """Ask for each value of a list by itself, as the index for equality on any field can."""
    alternatives = []
    for i, value in enumerate(filtr.value):
        holders[f"{name}_{i}"] = _build_containment_json(filtr.field, value)
        alternatives.append(f"data @> :{name}_{i}")
    return f"({' OR '.join(alternatives)})"
