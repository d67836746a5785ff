"""The database indexes that a collection's schema asks for, and making them on a live database.

One index serves equality on any field of any record. The fields that a schema marks as sortable or
as facets get one more each, over the records of that collection alone: it is small, and other
collections pay nothing for it, neither in time nor with the size limit of its entries. PostgreSQL
does not learn from such an index how frequent the values are, so it gets statistics too.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2
from buildhub_schema import BUCKET_ID, COLLECTION_ID, json_schema

from kinto_buildhub.schema_types import iter_properties, published_field

PREFIX = "buildhub_"

# A schema is written by whoever owns a collection, and each index slows every write to it down.
MAX_INDEXES = 100

# PostgreSQL takes 32 columns. More facets than these are looked up in the records themselves.
_MAX_CARRIED_FACETS = 16

# Four bytes instead of a value, and quicker compared. PostgreSQL's own indexes of hashes depend on
# it, so it stays what it is from one version to the next.
HASH = "jsonb_hash"

_RECORDS = "resource_name = 'record' AND NOT deleted"
_NOT_SORTABLE = ("array", "object")


@dataclass(frozen=True, slots=True)
class Index:
    """An index on Kinto's table of objects.

    Attributes:
        purpose: what it makes fast, for people.
        definition: SQL that follows the table's name in CREATE INDEX.
    """

    purpose: str
    definition: str

    @property
    def name(self) -> str:
        """A name that only this definition has; at most 63 bytes."""
        return _name(self.purpose, self.definition)


# The pending list is read through by each query: half a megabyte is read in about a millisecond,
# and collects enough writes to keep them at nine tenths of their speed.
EQUALITY = Index(
    purpose="equality",
    definition="USING gin (data jsonb_path_ops) WITH (gin_pending_list_limit = 512) "
    f"WHERE {_RECORDS}",
)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Extended statistics about the values of a field, over all records.

    Attributes:
        is_hashed: that a value and its hash go together, too. A query asks for both, and
            PostgreSQL would take what it finds for the rarer the rarer the value is.
    """

    field: str
    is_hashed: bool = False

    @property
    def name(self) -> str:
        """A name that only this field has; at most 63 bytes."""
        return _name(self.field, self.definition)

    @property
    def definition(self) -> str:
        """SQL that follows the name in CREATE STATISTICS."""
        path = json_path(self.field)
        if self.is_hashed:
            return f"(dependencies) ON ({path}), ({HASH}({path})) FROM objects"
        return f"ON ({path}) FROM objects"


def wanted_indexes(schema: dict[str, Any], parent_id: str) -> list[Index]:
    """Return the indexes that *schema* asks for.

    A facet gets one by its value and then by publication, so that the newest records of any of its
    values lie together, however rare the value is and however long ago the last of them came out.
    A field that is only sortable gets one by its value, whose entries carry the facets' hashes: a
    search for the first records of some facet passes over the others without reading them. A field
    that is both needs only the first. And Kinto's own order, by change, gets one that carries them.

    Args:
        schema: the collection's JSON schema.
        parent_id: the collection's path, as ``/buckets/build-hub/collections/releases``.
    """
    published = published_field(schema)
    marked = dict(_marked_fields(schema))
    facets = _carried_facets(marked)
    wanted = [_btree(parent_id, carried=facets)] if facets else []
    for field, sub in marked.items():
        if sub.get("x-facet") and published not in (None, field):
            wanted.append(_btree(parent_id, field, published))
        else:
            carried = [facet for facet in facets if facet != field]
            wanted.append(_btree(parent_id, field, carried=carried))
    return wanted


def wanted_statistics(schema: dict[str, Any]) -> list[Statistics]:
    """Return the statistics that *schema* asks for: one for each field that has an index."""
    marked = dict(_marked_fields(schema))
    facets = _carried_facets(marked)
    return [Statistics(field, is_hashed=field in facets) for field in marked]


def _carried_facets(marked: dict[str, dict[str, Any]]) -> list[str]:
    # In an order of their own: a schema that was stored does not keep the one it was written in.
    return sorted(f for f, sub in marked.items() if sub.get("x-facet"))[:_MAX_CARRIED_FACETS]


def _marked_fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for field, sub in iter_properties(schema):
        is_marked = sub.get("x-facet") or sub.get("x-sortable")
        # By other names Kinto cannot sort.
        if is_marked and sub.get("type") not in _NOT_SORTABLE and re.fullmatch(r"[\w.]+", field):
            yield field, sub


def ensure_indexes(connection: Any, *, progress: Callable[[str], None]) -> None:
    """Create what is missing, and drop what is broken or no longer wanted.

    Writers and readers go on meanwhile. The caller ensures that nobody else does the same at the
    same time. Running it again changes nothing.

    Args:
        connection: of psycopg2, in autocommit mode, to a database with Kinto's tables.
        progress: takes a sentence about each index that takes its time.
    """
    with connection.cursor() as cursor:
        schemas = list(_schemas(cursor))
        wanted = _all_wanted(schemas, progress)
        present = _present(cursor)
        for name in [name for name, is_valid in present.items() if not is_valid]:
            progress(f"Dropping unfinished index {name}.")
            _drop(cursor, name)
        missing = [i for i in wanted if not present.get(i.name)]
        for number, index in enumerate(missing, start=1):
            progress(f"Building index {number} of {len(missing)}: {index.purpose}.")
            _create(cursor, index, progress)
        statistics = _all_wanted_statistics(schemas)
        present_statistics = _present_statistics(cursor)
        missing_statistics = statistics.keys() - present_statistics
        for name in missing_statistics:
            cursor.execute(f"CREATE STATISTICS {name} {statistics[name].definition}")
        if missing or missing_statistics:
            cursor.execute("ANALYZE objects")
        # Until the others existed, these served.
        keep = {index.name for index in wanted}
        for name in [name for name, is_valid in present.items() if is_valid and name not in keep]:
            progress(f"Dropping outdated index {name}.")
            _drop(cursor, name)
        for name in present_statistics - statistics.keys():
            cursor.execute(f"DROP STATISTICS {name}")


def _name(text: str, definition: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower())[:40].strip("_")
    digest = hashlib.sha256(definition.encode()).hexdigest()[:10]
    return f"{PREFIX}{slug}_{digest}"


def _btree(parent_id: str, *fields: str, carried: Sequence[str] = ()) -> Index:
    collection_id = parent_id.rsplit("/", 1)[-1]
    key = [f"({json_path(field)})" for field in fields]
    hashes = [f"({HASH}({json_path(field)}))" for field in carried]
    columns = ", ".join([*key, "last_modified", *hashes])
    records = f"parent_id = {_literal(parent_id)} AND {_RECORDS}"
    return Index(
        purpose=f"{collection_id} {' by '.join(fields) or 'by change'}",
        definition=f"({columns}) WHERE {records}",
    )


def json_path(field: str) -> str:
    """Return the SQL expression of *field*, exactly as Kinto's queries spell it."""
    return "data" + "".join(f"->{_literal(name)}" for name in field.split("."))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _all_wanted(
    schemas: list[tuple[str, dict[str, Any]]], progress: Callable[[str], None]
) -> list[Index]:
    wanted = {EQUALITY.name: EQUALITY}
    for parent_id, schema in schemas:
        wanted |= {index.name: index for index in wanted_indexes(schema, parent_id)}
    left_out = list(wanted.values())[MAX_INDEXES:]
    if left_out:
        progress(
            f"The collections' schemas ask for {len(wanted)} indexes. {len(left_out)} are left "
            f"out, from '{left_out[0].purpose}' on: more than {MAX_INDEXES} slow writing down."
        )
    return list(wanted.values())[:MAX_INDEXES]


def _schemas(cursor: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield path and schema of our own collection, made yet or not, and of all that are stored."""
    cursor.execute(
        "SELECT parent_id || '/collections/' || id, data->'schema' FROM objects "
        "WHERE resource_name = 'collection' AND NOT deleted "
        "AND jsonb_typeof(data->'schema') = 'object' ORDER BY last_modified"
    )
    yield f"/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}", json_schema()
    yield from cursor.fetchall()


def _present(cursor: Any) -> dict[str, bool]:
    """Return the names of our indexes, and of each whether it is finished."""
    cursor.execute(
        "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE indrelid = 'objects'::regclass AND starts_with(relname, %s)",
        (PREFIX,),
    )
    return dict(cursor.fetchall())


def _all_wanted_statistics(schemas: list[tuple[str, dict[str, Any]]]) -> dict[str, Statistics]:
    every = {s.name: s for _, schema in schemas for s in wanted_statistics(schema)}
    return dict(list(every.items())[:MAX_INDEXES])


def _present_statistics(cursor: Any) -> set[str]:
    cursor.execute(
        "SELECT stxname FROM pg_statistic_ext "
        "WHERE stxrelid = 'objects'::regclass AND starts_with(stxname, %s)",
        (PREFIX,),
    )
    return {name for (name,) in cursor.fetchall()}


def _create(cursor: Any, index: Index, progress: Callable[[str], None]) -> None:
    try:
        cursor.execute(f"CREATE INDEX CONCURRENTLY {index.name} ON objects {index.definition}")
    except psycopg2.errors.ProgramLimitExceeded as exc:
        # Some value is longer than an index can hold. Without it the answers are slow but right.
        progress(f"Leaving out the index {index.purpose}: {exc.diag.message_primary}.")
        _drop(cursor, index.name)


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
