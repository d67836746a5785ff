"""Write permissions of many objects at once."""

from typing import Any

from kinto.core.permission.postgresql import Permission
from kinto.core.utils import sqlalchemy as sa

# For an entry that exists, nothing is written, not even a dead row.
_ALLOW = """
INSERT INTO access_control_entries (object_id, permission, principal)
SELECT object_id, 'write', :principal
  FROM unnest(CAST(:object_ids AS TEXT[])) AS wanted (object_id)
ON CONFLICT DO NOTHING
"""


def allow_write(permission: Any, object_ids: list[str], principal: str) -> None:
    """Grant *principal* write permission, as PUT does for the user that sends it."""
    if not object_ids:
        return
    if isinstance(permission, Permission):
        with permission.client.connect() as session:
            session.execute(sa.text(_ALLOW), {"object_ids": object_ids, "principal": principal})
        return
    for object_id in object_ids:
        permission.add_principal_to_ace(object_id, "write", principal)
