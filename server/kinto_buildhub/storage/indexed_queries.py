"""Kinto's queries, put so that PostgreSQL sees which of its indexes serve them.

The answers are those of the stock storage, in the same order. Only the SQL differs, and only where
one form is equal to the other: see each function.
"""

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
from kinto_buildhub.storage.index_statistics import IndexCatalogue
from kinto_buildhub.storage.indexes import HASH
from kinto_buildhub.storage.query_split import Part, Rules, cut_at_edge, split_query

# Beyond it, looking each value up takes longer than reading the records.
_MAX_LOOKUPS = 100

# Of a rare value so many times as many records as are asked for are looked at first.
_SAMPLE_FACTOR = 10

# The last (or first) changed of a value, by an index that goes on by publication. Whichever ten
# records one takes, the ten that changed last are no older than the oldest of these. So a few are
# taken, a sample, and then only those read of which the index tells that they are no older.
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

# Even of the index entries of four million records, so many are passed over in less time than
# 20,000 records are read.
_NEAR_SHARE = 0.05

# A value that so many of the objects have is counted as all are.
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


class _RareFilter(_IndexedFilter):
    """A filter for a value that few records have."""

    __slots__ = ()


class IndexedQueries(PostgreSQLStorage):
    """Lists and counts with the help of the indexes that the migration made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._catalogue = IndexCatalogue(self.client)

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
        marked = self._mark(filters, parent_id, fields, sorting[0].field if sorting else "")
        parts = split_query(marked, sorting or [], pagination_rules, indexed=fields)
        if not parts:
            return []
        limit = min(self._max_fetch_size + 1, limit) if limit else self._max_fetch_size
        if len(parts) == 1:
            parts = self._begin_at_start(parts[0], parent_id, fields, limit)
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

    def _begin_at_start(
        self, whole: Part, parent_id: str, fields: Mapping[str, str], row_limit: int
    ) -> list[Part]:
        """Cut a query for a rare value, so that it looks near the start of the order first.

        There it meets enough records as a rule, long before all of the value could be read. Where
        these lie elsewhere, it has passed over few index entries in vain, and reads them.
        """
        rare = _rare_filters(whole)
        field, direction = whole.sorting[0] if whole.sorting else ("", 0)
        bounds = whole.rules or any(filtr.field == field for filtr in whole.filters)
        # Other indexes carry no facets.
        if not rare or bounds or fields.get(field) != "":
            return [whole]
        count = min(self._catalogue.count(filtr.field, filtr.value) for filtr in rare)
        if 2 * row_limit > count * _NEAR_SHARE:
            return [whole]
        # In descending order those that lack the field come first.
        if direction < 0 and self._catalogue.missing_share(field) > _NEAR_SHARE:
            return [whole]
        edge = self._catalogue.find_edge(field, direction, 2 * row_limit / count)
        if edge is None:
            return [whole]
        # Those are met in the order of the index, whatever their value.
        carried = self._catalogue.carried(parent_id)
        near = [_walked(f, carried) if isinstance(f, _RareFilter) else f for f in whole.filters]
        return cut_at_edge(whole, edge, near)

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
        marked = [] if include_deleted else self._mark(filters, parent_id, fields, None)
        is_rare = any(isinstance(filtr, _RareFilter) for filtr in marked)
        # For what is found by several values at once, the index for equality is better.
        values = [filtr for filtr in marked if _asks_for_indexed_value(filtr)]
        if not is_rare and len(values) == 1 and not self._is_nearly_all(*values):
            return self._count_frequent(resource_name, parent_id, marked)
        count: int = super().count_all(
            resource_name,
            parent_id,
            filters=marked if is_rare else filters,
            include_deleted=include_deleted,
            **names,
        )
        return count

    def _count_frequent(self, resource_name: str, parent_id: str, filters: list[Filter]) -> int:
        """Count by the index of a value, without a look into the records that it finds."""
        holders = {"parent_id": parent_id, "resource_name": resource_name}
        conditions = self._conditions(filters, None, "filters", holders)
        query = f"SELECT count(*) FROM objects WHERE {conditions}"  # noqa: S608
        with self.client.connect(readonly=True) as connection, only_bitmaps(connection):
            return int(connection.execute(sa.text(query), holders).scalar())

    def _is_nearly_all(self, filtr: Filter) -> bool:
        # PostgreSQL would map all records, by the smallest index, and look into each.
        return self._catalogue.share(filtr.field, filtr.value) > _NEARLY_ALL

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

    def _mark(
        self,
        filters: list[Filter] | None,
        parent_id: str,
        fields: Mapping[str, str],
        sorted_by: str | None,
    ) -> list[Filter]:
        """Mark the filters whose field has an index by its value, and those that find few.

        Where the index gives the order of the answer as well, few or many is the same.
        """
        in_order = sorted_by == DEFAULT_MODIFIED_FIELD or fields.get(sorted_by or "") == ""
        carried = self._catalogue.carried(parent_id) if in_order else frozenset()
        marked: list[Filter] = []
        for filtr in filters or []:
            if filtr.field not in fields:
                marked.append(filtr)
                continue
            indexed = _IndexedFilter(*filtr)
            if fields[filtr.field] == sorted_by or not _asks_for_indexed_value(indexed):
                marked.append(indexed)
            elif self._catalogue.is_rare(filtr.field, filtr.value):
                marked.append(_RareFilter(*filtr))
            else:
                marked.append(_walked(filtr, carried))
        return marked

    def _indexed_fields(self, resource_name: str, parent_id: str) -> Mapping[str, str]:
        return self._catalogue.fields(parent_id) if resource_name == "record" else {}

    def _select(
        self,
        part: Part,
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
        sampled = self._find_sampled(part, fields, holders["row_limit"])
        if sampled is not None:
            published = fields[sampled.field]
            conditions += self._within_sample(part, sampled, published, conditions, name, holders)
        source = f"objects WHERE {conditions}"
        if _rare_filters(part):
            # Left to choose, PostgreSQL may read by the order that is asked for, expecting to meet
            # the value soon. If that is rare and its records lie together, as those of a product
            # that ended do, it reads everything. The offset keeps it from looking inside.
            source = f"(SELECT id, last_modified, data FROM {source} OFFSET 0) AS objects"  # noqa: S608
        columns = f"id, as_epoch(last_modified) AS last_modified, {data} AS data"
        return f"(SELECT {columns} FROM {source} {order} LIMIT :row_limit)"  # noqa: S608

    def _find_sampled(self, part: Part, fields: Mapping[str, str], row_limit: int) -> Filter | None:
        """Return the filter for a rare value of which a few records spare reading the others."""
        if [sort.field for sort in part.sorting] != [DEFAULT_MODIFIED_FIELD]:
            return None
        for filtr in _rare_filters(part):
            count = self._catalogue.count(filtr.field, filtr.value)
            if fields[filtr.field] and count > 2 * _SAMPLE_FACTOR * row_limit:
                return filtr
        return None

    def _within_sample(
        self,
        part: Part,
        sampled: Filter,
        published: str,
        conditions: str,
        name: str,
        holders: dict[str, Any],
    ) -> str:
        """Return the SQL for not coming after all of a few records, which are looked up first.

        Args:
            conditions: SQL, all that is asked for.
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
        for filtr in filters:
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


def _asks_for_indexed_value(filtr: Filter) -> bool:
    is_equality = filtr.operator is COMPARISON.EQ and isinstance(filtr.value, _SCALARS)
    return is_equality and isinstance(filtr, _IndexedFilter)


def _walked(filtr: Filter, carried: frozenset[str]) -> Filter:
    """Return the filter for a walk along an index whose entries carry the hashes of fields."""
    return _CarriedFilter(*filtr) if filtr.field in carried else _IndexedFilter(*filtr)


def _rare_filters(part: Part) -> list[Filter]:
    return [filtr for filtr in part.filters if isinstance(filtr, _RareFilter)]


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
    """Compare the hash, which the entries of an index tell, and then the value itself."""
    column = _column(filtr.field, name, holders)
    return f"{HASH}({column}) = {HASH}(:{name}) AND {_compare(filtr, name, holders)}"


def _contain_one_of(filtr: Filter, name: str, holders: dict[str, Any]) -> str:
    """Ask for each value of a list by itself, as the index for equality on any field can."""
    alternatives = []
    for i, value in enumerate(filtr.value):
        holders[f"{name}_{i}"] = _build_containment_json(filtr.field, value)
        alternatives.append(f"data @> :{name}_{i}")
    return f"({' OR '.join(alternatives)})"
