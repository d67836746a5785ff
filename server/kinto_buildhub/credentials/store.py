"""Credentials and their log in the database: statements, and no rules.

All times are the database's, so that servers whose clocks differ agree on what has expired.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from psycopg2.extras import Json

from kinto_buildhub.credentials.errors import CredentialExists, UnknownCredential
from kinto_buildhub.credentials.values import (
    Actor,
    Credential,
    Generation,
    LogEntry,
    Proposal,
    Scope,
    Scopes,
    State,
)

# Only generations that work; of the others there is the log.
_SELECT = """
SELECT client_id, owner, scopes, networks, created, expires, last_used,
       CASE WHEN state <> 'revoked' AND expires <= now() THEN 'expired' ELSE state END,
       ARRAY(
           SELECT json_build_array(
                      number, to_json(created), token_hash IS NOT NULL, to_json(ends))
             FROM buildhub_credential_generations AS generation
            WHERE generation.client_id = credential.client_id
              AND (ends IS NULL OR ends > now())
            ORDER BY number)
  FROM buildhub_credentials AS credential
"""
_LOCK = "SELECT 1 FROM buildhub_credentials WHERE client_id = %s FOR UPDATE"
# Requests of one owner wait for each other, so that two cannot both be the last one.
_LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended('credentials of ' || %s, 0))"
_UNAPPROVED = """
SELECT count(*) FROM buildhub_credentials AS credential
 WHERE owner = %s AND NOT EXISTS (
       SELECT 1 FROM buildhub_credential_generations AS generation
        WHERE generation.client_id = credential.client_id)
"""
_NUMBER = "SELECT max(number) FROM buildhub_credential_generations WHERE client_id = %s"


# Kinto's table.
_COLLECTIONS = (
    "SELECT substr(parent_id, length('/buckets/') + 1) || '/' || id FROM objects"
    " WHERE resource_name = 'collection' AND NOT deleted AND parent_id = ANY(%s)"
)


class CredentialStore:
    """The tables, over one connection. The caller commits.

    Args:
        connection: of psycopg2, in a transaction.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def fetch(self, client_id: str, *, is_locked: bool = False) -> Credential:
        """Return the credential; with *is_locked*, keep others from changing it meanwhile.

        Raises:
            UnknownCredential: there is none.
        """
        if is_locked:
            # A statement of its own: the next one then sees what the last holder has written to
            # the other table.
            self._execute(_LOCK, (client_id,))
        rows = self._rows(f"{_SELECT} WHERE client_id = %s", (client_id,))
        if not rows:
            raise UnknownCredential(client_id)
        return _credential(rows[0])

    def fetch_all(self, owner: str | None = None) -> list[Credential]:
        """Return all credentials, or those of *owner*, by client ID."""
        where = "" if owner is None else "WHERE owner = %s"
        rows = self._rows(f"{_SELECT} {where} ORDER BY client_id", (owner,) if where else ())
        return [_credential(row) for row in rows]

    def count_unapproved(self, owner: str) -> int:
        """Return how many credentials of *owner* were never approved, and keep it so meanwhile."""
        self._execute(_LOCK_OWNER, (owner,))
        [(count,)] = self._rows(_UNAPPROVED, (owner,))
        return int(count)

    def insert(self, proposal: Proposal) -> None:
        """Store what is asked for, in state *requested*.

        Raises:
            CredentialExists: the client ID is taken.
        """
        inserted = self._rows(
            "INSERT INTO buildhub_credentials (client_id, owner, scopes, networks, expires, state)"
            " VALUES (%s, %s, %s, %s, %s, 'requested') ON CONFLICT DO NOTHING RETURNING 1",
            (
                proposal.client_id,
                proposal.owner,
                Json(scopes_as_json(proposal.scopes)),
                list(proposal.networks),
                proposal.expires,
            ),
        )
        if not inserted:
            raise CredentialExists(proposal.client_id)

    def fetch_missing_collections(self, credential: Credential) -> list[str]:
        """Return the collections of a credential that do not exist, sorted."""
        parents = [f"/buckets/{name.partition('/')[0]}" for name in credential.scopes]
        there = {name for (name,) in self._rows(_COLLECTIONS, (parents,))}
        return sorted(credential.scopes.keys() - there)

    def set_state(self, client_id: str, state: State) -> None:
        """Write the state."""
        self._execute(
            "UPDATE buildhub_credentials SET state = %s WHERE client_id = %s",
            (state.value, client_id),
        )

    def add_generation(self, client_id: str, salt: bytes) -> int:
        """Add a generation that nobody has seen, and return its number."""
        [(last,)] = self._rows(_NUMBER, (client_id,))
        number = int(last or 0) + 1
        self._execute(
            "INSERT INTO buildhub_credential_generations (client_id, number, salt)"
            " VALUES (%s, %s, %s)",
            (client_id, number, psycopg2.Binary(salt)),
        )
        return number

    def end_generations(self, client_id: str, *, below: int, after: timedelta) -> None:
        """Let generations below a number end after a time, unless they end before."""
        self._execute(
            "UPDATE buildhub_credential_generations SET ends = LEAST(ends, now() + %s)"
            " WHERE client_id = %s AND number < %s",
            (after, client_id, below),
        )

    def set_token_hash(self, client_id: str, number: int, token_hash: bytes) -> bytes:
        """Store the token of a generation, which is now shown, and return its salt."""
        [(salt,)] = self._rows(
            "UPDATE buildhub_credential_generations SET token_hash = %s"
            " WHERE client_id = %s AND number = %s RETURNING salt",
            (psycopg2.Binary(token_hash), client_id, number),
        )
        return bytes(salt)

    def append_log(
        self, actor: Actor, action: str, client_id: str, details: Mapping[str, object]
    ) -> None:
        """Append a step to the log."""
        self._execute(
            "INSERT INTO buildhub_credential_log (actor, address, action, client_id, details)"
            " VALUES (%s, %s, %s, %s, %s)",
            (actor.name, actor.address, action, client_id, Json(details)),
        )

    def fetch_log(self, client_id: str) -> list[LogEntry]:
        """Return the steps of a credential, the first one first."""
        rows = self._rows(
            "SELECT at, actor, address, action, client_id, details FROM buildhub_credential_log"
            " WHERE client_id = %s ORDER BY id",
            (client_id,),
        )
        return [LogEntry(row[0].astimezone(UTC), *row[1:]) for row in rows]

    def _execute(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)

    def _rows(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


def scopes_as_json(scopes: Scopes) -> dict[str, list[str]]:
    """Return scopes as they are stored and shown: sorted lists by ``bucket/collection``."""
    return {name: sorted(scopes[name]) for name in sorted(scopes)}


def scopes_from_json(stored: dict[str, list[str]]) -> Scopes:
    """Return scopes from what `scopes_as_json` made."""
    return {name: frozenset(map(Scope, scopes)) for name, scopes in stored.items()}


def _credential(row: tuple[Any, ...]) -> Credential:
    client_id, owner, scopes, networks, created, expires, last_used, state, generations = row
    return Credential(
        client_id=client_id,
        owner=owner,
        scopes=scopes_from_json(scopes),
        networks=tuple(networks),
        state=State(state),
        created=created.astimezone(UTC),
        expires=expires and expires.astimezone(UTC),
        last_used=last_used and last_used.astimezone(UTC),
        generations=tuple(_generation(*values) for values in generations),
    )


def _generation(number: int, created: str, is_shown: bool, ends: str | None) -> Generation:
    return Generation(number, _time(created), is_shown, None if ends is None else _time(ends))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
