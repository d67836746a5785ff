"""The life of a credential: who may do what is decided by the caller, in which order is here.

``request`` → ``approve`` → ``show`` → ``rotate`` … → ``revoke``, each step a transaction and a line
in the log. Secrets are shown once, and exist nowhere until then.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from kinto_buildhub.credentials.errors import TooManyRequests, WrongState
from kinto_buildhub.credentials.keys import SALT_BYTES, derive_hawk_key, hash_token, make_token
from kinto_buildhub.credentials.store import CredentialStore, scopes_as_json
from kinto_buildhub.credentials.values import (
    Actor,
    Credential,
    LogEntry,
    Proposal,
    Secret,
    State,
)

DEFAULT_OVERLAP = timedelta(days=1)
"""How long the last secret still works after a rotation."""

MAX_OVERLAP = timedelta(days=90)

MAX_UNAPPROVED = 20
"""Credentials of an owner that nobody has approved. Their client IDs are taken for ever."""


class Administration:
    """Steps that somebody takes.

    Args:
        connection: of psycopg2, outside of a transaction; each step commits.
        actor: who takes them.
        master_secret: what Hawk keys are derived from; "" for none, so that there are only tokens.
    """

    def __init__(self, connection: Any, actor: Actor, master_secret: str = "") -> None:
        self._connection = connection
        self._store = CredentialStore(connection)
        self._actor = actor
        self._master_secret = master_secret

    def find(self, client_id: str) -> Credential:
        """Return a credential.

        Raises:
            UnknownCredential: there is none.
        """
        with self._connection:
            return self._store.fetch(client_id)

    def find_all(self, owner: str | None = None) -> list[Credential]:
        """Return all credentials, or those of *owner*, by client ID."""
        with self._connection:
            return self._store.fetch_all(owner)

    def find_missing_collections(self, client_id: str) -> list[str]:
        """Return those collections of a credential that do not exist, yet or any more.

        Only for whoever runs the server: others may not learn which names there are.

        Raises:
            UnknownCredential: there is none.
        """
        with self._connection:
            return self._store.fetch_missing_collections(self._store.fetch(client_id))

    def log(self, client_id: str) -> list[LogEntry]:
        """Return the steps of a credential, the first one first."""
        with self._connection:
            return self._store.fetch_log(client_id)

    def request(self, proposal: Proposal) -> Credential:
        """Ask for a credential.

        Raises:
            CredentialExists: the client ID is taken.
            TooManyRequests: the owner has `MAX_UNAPPROVED` already.
        """
        with self._connection:
            if self._store.count_unapproved(proposal.owner) >= MAX_UNAPPROVED:
                raise TooManyRequests(proposal.owner, MAX_UNAPPROVED)
            self._request(proposal)
            return self._store.fetch(proposal.client_id)

    def approve(self, client_id: str) -> Credential:
        """Let a requested credential work, once its secret is shown.

        Raises:
            WrongState: it is not *requested*.
        """
        with self._step(client_id, State.REQUESTED, "approved"):
            self._approve(client_id)
            return self._store.fetch(client_id)

    def show(self, client_id: str) -> Secret:
        """Make the secret of an approved credential, and return it, once.

        Raises:
            WrongState: it is not *approved*, or somebody has got the secret.
        """
        with self._step(client_id, State.APPROVED, "shown") as credential:
            newest = credential.generations[-1]
            if newest.is_shown:
                raise WrongState(
                    f"The secret of {client_id!r} was shown, and is not stored. Rotate the "
                    "credential to get another."
                )
            return self._show(client_id, newest.number)

    def rotate(self, client_id: str, overlap: timedelta = DEFAULT_OVERLAP) -> Secret:
        """Return a new secret. The last one works for *overlap* from now; older ones end at once.

        Raises:
            WrongState: it is not *approved*, or the time is too long.
        """
        if not timedelta() <= overlap <= MAX_OVERLAP:
            raise WrongState(f"Two secrets work for up to {MAX_OVERLAP.days} days.")
        details = {"overlap_seconds": int(overlap.total_seconds())}
        with self._step(client_id, State.APPROVED, "rotated", details):
            number = self._store.add_generation(client_id, secrets.token_bytes(SALT_BYTES))
            self._store.end_generations(client_id, below=number, after=overlap)
            self._store.end_generations(client_id, below=number - 1, after=timedelta())
            return self._show(client_id, number)

    def revoke(self, client_id: str) -> Credential:
        """End a credential, for ever. A second time changes nothing.

        Raises:
            UnknownCredential: there is none.
        """
        with self._connection:
            if self._store.fetch(client_id, is_locked=True).state is not State.REVOKED:
                self._store.set_state(client_id, State.REVOKED)
                self._store.append_log(self._actor, "revoked", client_id, {})
            return self._store.fetch(client_id)

    def create(self, proposal: Proposal) -> Secret:
        """Request, approve and show in one step.

        Raises:
            CredentialExists: the client ID is taken.
        """
        client_id = proposal.client_id
        with self._connection:
            self._request(proposal)
            self._approve(client_id)
            self._store.append_log(self._actor, "approved", client_id, {})
            self._store.append_log(self._actor, "shown", client_id, {})
            return self._show(client_id, 1)

    def _request(self, proposal: Proposal) -> None:
        self._store.insert(proposal)
        details = {
            "owner": proposal.owner,
            "collections": scopes_as_json(proposal.scopes),
            "networks": list(proposal.networks),
            "expires": proposal.expires and proposal.expires.isoformat(),
        }
        self._store.append_log(self._actor, "requested", proposal.client_id, details)

    def _approve(self, client_id: str) -> None:
        self._store.set_state(client_id, State.APPROVED)
        self._store.add_generation(client_id, secrets.token_bytes(SALT_BYTES))

    def _show(self, client_id: str, number: int) -> Secret:
        token = make_token()
        salt = self._store.set_token_hash(client_id, number, hash_token(token))
        key = self._master_secret and derive_hawk_key(self._master_secret, client_id, number, salt)
        return Secret(client_id, number, token, key or None)

    @contextmanager
    def _step(
        self,
        client_id: str,
        expected: State,
        action: str,
        details: Mapping[str, object] | None = None,
    ) -> Iterator[Credential]:
        """Lock a credential for a transaction, and log what is done to it."""
        with self._connection:
            credential = self._store.fetch(client_id, is_locked=True)
            if credential.state is not expected:
                raise WrongState(
                    f"The credential {client_id!r} is {credential.state}, not {expected}: it "
                    f"cannot be {action}."
                )
            yield credential
            self._store.append_log(self._actor, action, client_id, details or {})
