"""Who may read a collection, and which state the database is in: one prepared statement each.

Each round trip costs a request most of its time on a busy machine, so the first includes what the
second returns.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kinto_buildhub.anonymous.failures import FailureLog
from kinto_buildhub.anonymous.queries.async_queries import PendingRow
from kinto_buildhub.anonymous.queries.blocking_queries import Row
from kinto_buildhub.anonymous.queries.database import PAUSE_SECONDS, Database
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.storage.ordered_writes import timestamp_query

# Clients that create collections by the thousand must not fill the memory.
MAX_COLLECTIONS = 1000

# Planning the statements takes the database longer than executing them. The metadata is returned
# only where it is not known yet; `xmin` tells the versions of a row apart even where a row that
# was deleted and created again has the timestamp of the one before.
_STATE = "CASE WHEN NOT pg_is_in_recovery() THEN CAST(pg_current_snapshot() AS TEXT) END"
_PREPARE = f"""
    PREPARE collection_readers (text, text, text, text) AS
    SELECT found.version,
           CASE WHEN found.version <> $4 THEN CAST(found.data AS TEXT) END AS metadata,
           EXISTS (
               SELECT 1 FROM access_control_entries
                WHERE principal = 'system.Everyone'
                  AND object_id IN ($1, $2)
                  AND permission IN ('read', 'write')) AS is_public,
           changed.*,
           {_STATE} AS state
      FROM (
          SELECT CAST(xmin AS TEXT) || ' ' || as_epoch(last_modified) AS version, data
            FROM objects
           WHERE resource_name = 'collection'
             AND parent_id = $1
             AND id = $3
             AND NOT deleted
      ) AS found
     CROSS JOIN ({timestamp_query(parent_id="$2", resource_name="'record'")}) AS changed;
    PREPARE database_state AS SELECT {_STATE};
"""  # noqa: S608


_COLLECTION = "EXECUTE collection_readers (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as it is now.

    Attributes:
        version: differs after each change of the metadata.
        is_public: whether a permission lets everyone read it.
        timestamp: of its records, in ms; None where nobody ever asked for it.
        state: of the whole database, see `PermissionQueries.fetch_state`.
    """

    version: str
    metadata: dict[str, Any]
    is_public: bool
    timestamp: int | None = None
    state: str | None = None


_Known = tuple[str, dict[str, Any]]
_UNKNOWN: _Known = ("", {})


def _values(index: IndexId, known: _Known) -> tuple[str, ...]:
    return index.bucket_uri, index.collection_uri, index.collection_id, known[0]


PendingCollection = Callable[[], Collection | None]
"""Waits for what `PermissionQueries.fetch_collection` returns; to be called once."""


class PermissionQueries:
    """Asks the database who may read.

    Args:
        url: of the database, for SQLAlchemy.
        failures: where a database that does not answer is reported.
    """

    def __init__(
        self, url: str, failures: FailureLog, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._known: dict[IndexId, _Known] = {}
        # A database that comes back after a crash, or another in its place, may have lost what
        # was known, and give the versions of it to something else.
        self.database = Database(
            url, _PREPARE, failures, on_connect=self._known.clear, pause_seconds=pause_seconds
        )

    def fetch_collection(self, index: IndexId) -> Collection | None:
        """Return the collection; None if there is none, or if the database does not answer."""
        known = self._known.get(index, _UNKNOWN)
        found = self.database.fetch_now(_COLLECTION, _values(index, known))
        return None if found is None else self._collection(*found, index, known)

    def send(self, index: IndexId) -> PendingCollection | None:
        """Ask for what `fetch_collection` returns, and let the database work meanwhile.

        None stands for a database that does not answer.
        """
        known = self._known.get(index, _UNKNOWN)
        pending = self.database.send(_COLLECTION, _values(index, known))
        return None if pending is None else partial(self._fetch, pending, index, known)

    def fetch_state(self) -> str | None:
        """Return the state of the whole database; None where it is not known.

        While it stays the same, no transaction has ended, so that whatever was read would be read
        again. A standby has none: it does not list the transactions that are still to end.
        """
        found = self.database.fetch_now("EXECUTE database_state")
        return None if found is None or found[0] is None else _state(found[1], found[0][0])

    def _fetch(self, pending: PendingRow, index: IndexId, known: _Known) -> Collection | None:
        row = self.database.fetch(pending)
        return self._collection(row, pending.newest_connection, index, known)

    def _collection(
        self, row: Row | None, newest_connection: int, index: IndexId, known: _Known
    ) -> Collection | None:
        if row is None:
            return None
        version, text, is_public, latest, is_set_up, snapshot = row
        if text is not None:
            known = version, json.loads(text)
            if len(self._known) >= MAX_COLLECTIONS:
                self._known.clear()
            self._known[index] = known
        timestamp = int(latest) if is_set_up else None
        state = _state(newest_connection, snapshot)
        return Collection(version, known[1], is_public, timestamp, state)


def _state(newest_connection: int, snapshot: str | None) -> str | None:
    # After a crash a database may come back with numbers that it had before.
    return None if snapshot is None else f"{newest_connection} {snapshot}"
