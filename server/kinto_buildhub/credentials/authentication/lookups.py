"""What a request needs of the database: who a secret belongs to, and whether a nonce is new.

Nothing is remembered from one request to the next, so that a credential that is revoked is refused
at once, in each process.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kinto.core.storage.exceptions import BackendError
from sqlalchemy.exc import SQLAlchemyError

from kinto_buildhub.credentials.keys import hash_token
from kinto_buildhub.credentials.store import scopes_from_json
from kinto_buildhub.credentials.values import Scopes

# A request is accepted up to 60 seconds after its time, and as much before. The rest is for servers
# whose clocks differ.
NONCE_SECONDS = 300

_FOUND = """
SELECT client_id, scopes, networks, number, salt,
       last_used IS NULL OR last_used < now() - interval '1 minute'
  FROM buildhub_credential_generations
  JOIN buildhub_credentials USING (client_id)
 WHERE state = 'approved'
   AND (expires IS NULL OR expires > now())
   AND (ends IS NULL OR ends > now())
   AND token_hash IS NOT NULL
"""
_BY_TOKEN = f"{_FOUND} AND token_hash = %s"
_BY_CLIENT_ID = f"{_FOUND} AND client_id = %s ORDER BY number DESC"
_USE_NONCE = """
INSERT INTO buildhub_credential_nonces (digest, expires)
VALUES (%s, now() + %s * interval '1 second')
ON CONFLICT DO NOTHING
"""
_FORGET_NONCES = "DELETE FROM buildhub_credential_nonces WHERE expires < now()"
_NOTE_USE = "UPDATE buildhub_credentials SET last_used = now() WHERE client_id = %s"


@dataclass(frozen=True, slots=True)
class WorkingCredential:
    """A credential that works now, with one of its generations.

    Attributes:
        is_use_due: whether the time of its last use is more than a minute ago.
    """

    client_id: str
    scopes: Scopes
    networks: tuple[str, ...]
    number: int
    salt: bytes
    is_use_due: bool


class Lookups:
    """The statements, each in a transaction of its own, which does not end with the request's.

    Args:
        storage: Kinto's storage, whose connections are used.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def find_by_token(self, token: str) -> WorkingCredential | None:
        """Return whose token it is; None if it is nobody's, or does not work any more."""
        with self._connection() as connection:
            rows = connection.exec_driver_sql(_BY_TOKEN, (hash_token(token),)).fetchall()
        return _found(rows[0]) if rows else None

    def find_by_client_id(self, client_id: str) -> list[WorkingCredential]:
        """Return the credential with each generation that works, the newest first."""
        with self._connection() as connection:
            rows = connection.exec_driver_sql(_BY_CLIENT_ID, (client_id,)).fetchall()
        return [_found(row) for row in rows]

    def use_nonce(self, client_id: str, timestamp: str, nonce: str) -> bool:
        """Return whether it was not used before, in any process; from then on it is."""
        digest = hashlib.sha256(f"{client_id}\n{timestamp}\n{nonce}".encode()).digest()
        with self._connection() as connection:
            result = connection.exec_driver_sql(_USE_NONCE, (digest, NONCE_SECONDS))
            return bool(result.rowcount)

    def forget_nonces(self) -> None:
        """Delete the nonces of requests that are too old to be accepted."""
        with self._connection() as connection:
            connection.exec_driver_sql(_FORGET_NONCES)

    def note_use(self, client_id: str) -> None:
        """Write that the credential is used now."""
        with self._connection() as connection:
            connection.exec_driver_sql(_NOTE_USE, (client_id,))

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        """Yield a connection that commits each statement.

        Raises:
            BackendError: the database cannot be reached, or refuses.
        """
        engine = self._storage.client.session_factory.get_bind()
        try:
            with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                yield connection
        except SQLAlchemyError as exc:
            raise BackendError(original=exc) from exc


def _found(row: Any) -> WorkingCredential:
    client_id, scopes, networks, number, salt, is_use_due = row
    return WorkingCredential(
        client_id, scopes_from_json(scopes), tuple(networks), number, bytes(salt), is_use_due
    )
