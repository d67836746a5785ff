"""Kinto's queries, put so that PostgreSQL sees which of its indexes serve them.

The answers are those of the stock storage, in the same order. Only the SQL differs, and only where
one form is equal to the other: see each function.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from kinto.core.storage import (
    DEFAULT_DELETED_FIELD,
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

from kinto_buildhub.storage.bitmaps import only_bitmaps
from kinto_buildhub.storage.catalogue import IndexCatalogue
from kinto_buildhub.storage.parts import Part, Rules, split_query

# Beyond it, looking each value up takes longer than reading the records.
_MAX_LOOKUPS = 100

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


class TextRow(Protocol):
    """A stored object: its ID, its timestamp in ms, and the rest of it as JSON."""

    id: str
    last_modified: int
    data: str


class _IndexedFilter(Filter):
    """A filter on a field that has an index by its value."""

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
        self,
        resource_name: str,
        parent_id: str,
        filters: list[Filter] | None = None,
        sorting: list[Sort] | None = None,
        pagination_rules: Rules | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
    ) -> list[KintoObject]:
        """List as the stock storage does, in parts where that lets an index give the order."""
        fields = self._indexed_fields(resource_name, parent_id)
        if include_deleted or not fields:
            listed: list[KintoObject] = super().list_all(
                resource_name,
                parent_id,
                filters=filters,
                sorting=sorting,
                pagination_rules=pagination_rules,
                limit=limit,
                include_deleted=include_deleted,
                id_field=id_field,
                modified_field=modified_field,
                deleted_field=deleted_field,
            )
            return listed
        rows = self._list_in_parts(
            resource_name, parent_id, filters, sorting, pagination_rules, limit, fields, "data"
        )
        for row in rows:
            row.data[id_field] = row.id
            row.data[modified_field] = row.last_modified
        return [row.data for row in rows]

    def list_texts(
        self,
        resource_name: str,
        parent_id: str,
        filters: list[Filter] | None = None,
        sorting: list[Sort] | None = None,
        pagination_rules: Rules | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
    ) -> list[TextRow]:
        """List as `list_all` does, and leave to the caller to make objects of the texts."""
        fields = self._indexed_fields(resource_name, parent_id)
        data = "CAST(data AS TEXT)"
        if not include_deleted and fields:
            return self._list_in_parts(
                resource_name, parent_id, filters, sorting, pagination_rules, limit, fields, data
            )
        rows: list[TextRow] = self._get_rows(
            _STOCK_LIST.replace("{data}", data),
            resource_name,
            parent_id,
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            include_deleted=include_deleted,
        )
        return rows

    def _list_in_parts(
        self,
        resource_name: str,
        parent_id: str,
        filters: list[Filter] | None,
        sorting: list[Sort] | None,
        pagination_rules: Rules | None,
        limit: int | None,
        fields: Mapping[str, str],
        data: str,
    ) -> list[Any]:
        """Return rows of ID, timestamp, and what the SQL in *data* makes of the rest."""
        marked = self._mark(filters, fields, sorting[0].field if sorting else "")
        parts = split_query(marked, sorting or [], pagination_rules, indexed=fields)
        if not parts:
            return []
        limit = min(self._max_fetch_size + 1, limit) if limit else self._max_fetch_size
        holders = {"parent_id": parent_id, "resource_name": resource_name, "row_limit": limit}
        selects = [self._select(part, f"part_{i}", holders, data) for i, part in enumerate(parts)]
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
        marked = [] if include_deleted else self._mark(filters, fields, None)
        is_rare = any(isinstance(filtr, _RareFilter) for filtr in marked)
        # For what is found by several values at once, the index for equality is better.
        if not is_rare and sum(map(_asks_for_indexed_value, marked)) == 1:
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
        self, filters: list[Filter] | None, fields: Mapping[str, str], sorted_by: str | None
    ) -> list[Filter]:
        """Mark the filters whose field has an index by its value, and those that find few.

        Where the index gives the order of the answer as well, few or many is the same.
        """
        marked = []
        for filtr in filters or []:
            if filtr.field not in fields:
                marked.append(filtr)
                continue
            indexed = _IndexedFilter(*filtr)
            is_rare = (
                fields[filtr.field] != sorted_by
                and _asks_for_indexed_value(indexed)
                and self._catalogue.is_rare(filtr.field, filtr.value)
            )
            marked.append(_RareFilter(*filtr) if is_rare else indexed)
        return marked

    def _indexed_fields(self, resource_name: str, parent_id: str) -> Mapping[str, str]:
        return self._catalogue.fields(parent_id) if resource_name == "record" else {}

    def _select(
        self,
        part: Part,
        name: str,
        holders: dict[str, Any],
        data: str,
    ) -> str:
        """Return the SQL of one part, and put its values into *holders*."""
        conditions = self._conditions(part.filters, part.rules, name, holders)
        order, values = self._format_sorting(part.sorting, *_NAMES) if part.sorting else ("", {})
        holders.update({f"{name}_{key}": value for key, value in values.items()})
        order = order.replace(":sort_field_", f":{name}_sort_field_")
        source = f"objects WHERE {conditions}"
        if _rare_filters(part):
            # Left to choose, PostgreSQL may read by the order that is asked for, expecting to meet
            # the value soon. If that is rare and its records lie together, as those of a product
            # that ended do, it reads everything. The offset keeps it from looking inside.
            source = f"(SELECT id, last_modified, data FROM {source} OFFSET 0) AS objects"  # noqa: S608
        columns = f"id, as_epoch(last_modified) AS last_modified, {data} AS data"
        return f"(SELECT {columns} FROM {source} {order} LIMIT :row_limit)"  # noqa: S608

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


def _rare_filters(part: Part) -> list[Filter]:
    return [filtr for filtr in part.filters if isinstance(filtr, _RareFilter)]


def _find_form(filtr: Filter, present: set[str]) -> Any:
    """Return the function that formats *filtr* here, or None where the stock form is best.

    Args:
        present: fields that the same query asks to be there.
    """
    if _asks_for_indexed_value(filtr):
        return _compare
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


def _contain_one_of(filtr: Filter, name: str, holders: dict[str, Any]) -> str:
    """Ask for each value of a list by itself, as the index for equality on any field can."""
    alternatives = []
    for i, value in enumerate(filtr.value):
        holders[f"{name}_{i}"] = _build_containment_json(filtr.field, value)
        alternatives.append(f"data @> :{name}_{i}")
    return f"({' OR '.join(alternatives)})"
