"""Timestamps for many changes at once, as Kinto's trigger draws them one by one.

The trigger looks up the list's latest timestamp for each row that is written, and again for each
that is replaced. A writer that keeps others out can look it up once and count on from there. The
trigger leaves given timestamps as they are, so it need not run for such rows;
`skip_numbered_rows` changes it accordingly.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kinto.core.utils import sqlalchemy as sa

from kinto_buildhub.storage.ordered_writes import timestamp_query

# Any name with a dot will do: PostgreSQL accepts settings that it does not know.
_SETTING = "buildhub.numbered"

_BEGIN = f"""
SELECT set_config('{_SETTING}', 'on', TRUE),
       as_epoch(CAST(clock_timestamp() AS TIMESTAMP)) AS now_ms,
       list.latest AS latest_ms
  FROM ({timestamp_query(parent_id=":parent_id", resource_name=":resource_name")}) AS list
"""  # noqa: S608 - of constants.
_END = f"SELECT set_config('{_SETTING}', 'off', TRUE)"

_DEFINITION = """
SELECT pg_get_triggerdef(oid)
  FROM pg_trigger
 WHERE tgrelid = 'objects'::regclass AND tgname = 'tgr_objects_last_modified'
"""
_SKIP = f"""
CREATE OR REPLACE TRIGGER tgr_objects_last_modified
BEFORE INSERT OR UPDATE OF data ON objects
FOR EACH ROW WHEN (current_setting('{_SETTING}', TRUE) IS DISTINCT FROM 'on')
EXECUTE PROCEDURE bump_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Where numbering starts, in ms: the database's time, and the list's latest timestamp.

    A list that nobody has written to or asked for has none (None).
    """

    now_ms: int
    latest_ms: int | None

    def number(self, given_ms: Iterable[int | None]) -> list[int]:
        """Return a timestamp for each change, in order.

        Args:
            given_ms: the timestamp that each comes with. It is kept, unless it is the latest one.
        """
        latest = self.latest_ms
        numbers = []
        for timestamp in given_ms:
            if timestamp is None or timestamp == latest:
                timestamp = self.now_ms if latest is None else max(self.now_ms, latest + 1)
            numbers.append(timestamp)
            latest = timestamp if latest is None else max(latest, timestamp)
        return numbers


@contextmanager
def numbering(session: Any, resource_name: str, parent_id: str) -> Iterator[Start]:
    """Have rows that the session writes in the context keep the timestamps that they come with.

    The caller holds the list's lock. What fails in the context ends the transaction.
    """
    names = {"resource_name": resource_name, "parent_id": parent_id}
    row = session.execute(sa.text(_BEGIN), names).fetchone()
    yield Start(row.now_ms, row.latest_ms)
    session.execute(sa.text(_END))


def skip_numbered_rows(cursor: Any) -> None:
    """Have Kinto's trigger skip rows that are numbered already. Doing it again changes nothing.

    Waits for the transactions that write at the moment; others wait meanwhile.
    """
    cursor.execute(_DEFINITION)
    if _SETTING not in cursor.fetchone()[0]:
        cursor.execute(_SKIP)
