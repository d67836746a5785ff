"""Many objects of one list in one statement, through Kinto's own table and trigger."""

from dataclasses import dataclass
from typing import Any

from kinto.core.utils import sqlalchemy as sa

from kinto_buildhub.storage.ordering import write_lock

# One look into the primary key for each, and no other way: while PostgreSQL believes the collection
# to be small, which it does in the middle of a first load, it would read all of it for each chunk,
# or even for each record. An expression of a column fits none of the other indexes.
_FETCH = """
SELECT found.id, as_epoch(found.last_modified) AS last_modified, found.data
  FROM unnest(CAST(:ids AS TEXT[])) AS wanted (id)
 CROSS JOIN LATERAL (
    SELECT id, last_modified, data
      FROM objects
     WHERE id = wanted.id
       AND parent_id || '' = :parent_id
       AND resource_name || '' = :resource_name
       AND NOT deleted
    OFFSET 0
 ) AS found
"""

# What Kinto's own update does, for many. The trigger gives each row a timestamp of its own, later
# than that of the row before. EXCLUDED carries it, or the given one.
_UPSERT = """
INSERT INTO objects (id, parent_id, resource_name, data, last_modified, deleted)
SELECT new.id, :parent_id, :resource_name, CAST(new.data AS JSONB),
       from_epoch(new.last_modified), FALSE
  FROM unnest(CAST(:ids AS TEXT[]), CAST(:bodies AS TEXT[]), CAST(:timestamps AS BIGINT[]))
       WITH ORDINALITY AS new (id, data, last_modified, position)
 ORDER BY new.position
ON CONFLICT (id, parent_id, resource_name) DO UPDATE
   SET data = EXCLUDED.data,
       deleted = FALSE,
       last_modified = EXCLUDED.last_modified
 WHERE objects.deleted
    OR objects.data <> EXCLUDED.data
    OR EXCLUDED.id = ANY(CAST(:moved_ids AS TEXT[]))
RETURNING id, as_epoch(last_modified) AS last_modified
"""


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object to store: its ID, the rest of it as JSON, and its timestamp in ms, if given."""

    id: str
    body: str
    last_modified: int | None = None


class BulkWrites:
    """Mixin for Kinto's PostgreSQL storage, together with `OrderedWrites`."""

    client: Any

    def get_many(
        self, resource_name: str, parent_id: str, ids: list[str]
    ) -> dict[str, dict[str, Any]]:
        """Return those of the objects that exist, by ID, as `get` returns one."""
        with self.client.connect(readonly=True) as session:
            rows = session.execute(
                sa.text(_FETCH),
                {"ids": ids, "parent_id": parent_id, "resource_name": resource_name},
            ).fetchall()
        return {
            row.id: row.data | {"id": row.id, "last_modified": row.last_modified} for row in rows
        }

    def upsert_many(
        self, resource_name: str, parent_id: str, objects: list[NewObject]
    ) -> dict[str, int]:
        """Create or replace the objects, in order; tombstones come back to life.

        An object that is stored just so already is left alone, unless it comes with a timestamp.

        Args:
            objects: no two of one ID.

        Returns:
            The timestamp of each that was written, by ID.

        Raises:
            IntegrityError: a given timestamp belongs to another object of the list already.
        """
        with write_lock(resource_name, parent_id), self.client.connect() as session:
            rows = session.execute(
                sa.text(_UPSERT),
                {
                    "parent_id": parent_id,
                    "resource_name": resource_name,
                    "ids": [new.id for new in objects],
                    "bodies": [new.body for new in objects],
                    "timestamps": [new.last_modified for new in objects],
                    "moved_ids": [new.id for new in objects if new.last_modified is not None],
                },
            ).fetchall()
        return {row.id: row.last_modified for row in rows}
