"""Many objects of one list in one statement, through Kinto's own table."""

from dataclasses import dataclass
from typing import Any

import orjson
from kinto.core.utils import sqlalchemy as sa

from kinto_buildhub.storage.ordered_writes import write_lock
from kinto_buildhub.storage.timestamps import numbering

# One lookup in the primary key for each, whatever the planner estimates: in the middle of a first
# load PostgreSQL believes the collection to be small, and would read all of it for each chunk, or
# even for each record. An expression of a column fits none of the other indexes.
_FETCH = """
SELECT found.id, as_epoch(found.last_modified) AS last_modified, CAST(found.data AS TEXT) AS body
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

# What Kinto's own update does, for many.
_UPSERT = """
INSERT INTO objects (id, parent_id, resource_name, data, last_modified, deleted)
SELECT new.id, :parent_id, :resource_name, CAST(new.body AS JSONB),
       CAST(TIMESTAMP WITH TIME ZONE 'epoch' + new.timestamp_ms * INTERVAL '1 millisecond'
            AS TIMESTAMP),
       FALSE
  FROM unnest(CAST(:ids AS TEXT[]), string_to_array(:bodies, E'\n'),
              CAST(:timestamps_ms AS BIGINT[]))
       AS new (id, body, timestamp_ms)
ON CONFLICT (id, parent_id, resource_name) DO UPDATE
   SET data = EXCLUDED.data,
       deleted = FALSE,
       last_modified = EXCLUDED.last_modified
 WHERE objects.deleted
    OR objects.data <> EXCLUDED.data
    OR EXCLUDED.id = ANY(CAST(:moved_ids AS TEXT[]))
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object to store: its ID, the rest of it as JSON, and its timestamp in ms, if given."""

    id: str
    body: str
    last_modified: int | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it is stored: its timestamp in ms, and all but ID and timestamp."""

    last_modified: int
    data: dict[str, Any]


class BulkWrites:
    """Mixin for Kinto's PostgreSQL storage, together with `OrderedWrites`."""

    client: Any

    def get_many(
        self, resource_name: str, parent_id: str, ids: list[str]
    ) -> dict[str, StoredObject]:
        """Return those of the objects that exist, by ID."""
        with self.client.connect(readonly=True) as session:
            rows = session.execute(
                sa.text(_FETCH),
                {"ids": ids, "parent_id": parent_id, "resource_name": resource_name},
            ).fetchall()
        # Half the time of the driver's own decoding.
        return {
            row_id: StoredObject(last_modified, orjson.loads(body))
            for row_id, last_modified, body in rows
        }

    def upsert_many(
        self, resource_name: str, parent_id: str, objects: list[NewObject]
    ) -> dict[str, int]:
        """Create or replace the objects, in order; tombstones come back to life.

        An object that is stored with the same content is left alone, unless it has a timestamp.

        Args:
            objects: each with an ID of its own.

        Returns:
            The timestamp of each that was written, by ID.

        Raises:
            IntegrityError: another object of the list has a given timestamp already.
        """
        with (
            write_lock(resource_name, parent_id),
            self.client.connect() as session,
            numbering(session, resource_name, parent_id) as start,
        ):
            timestamps = start.number(new.last_modified for new in objects)
            ids = [new.id for new in objects]
            written = session.execute(
                sa.text(_UPSERT),
                {
                    "parent_id": parent_id,
                    "resource_name": resource_name,
                    "ids": ids,
                    # JSON has no line ends of its own, and one long text takes the driver half
                    # of the time of many short ones.
                    "bodies": "\n".join(new.body for new in objects),
                    "timestamps_ms": timestamps,
                    "moved_ids": [new.id for new in objects if new.last_modified is not None],
                },
            ).scalars()
            by_id = dict(zip(ids, timestamps, strict=True))
            return {record_id: by_id[record_id] for record_id in written}
