"""Credentials as the page shows them: no secrets, and the steps that its visitor may take."""

from dataclasses import dataclass
from datetime import datetime

from kinto_buildhub.credentials.accounts.steps import find_steps
from kinto_buildhub.credentials.accounts.visitors import Visitor
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.store import scopes_as_json
from kinto_buildhub.credentials.values import Credential, State


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential in the table.

    Attributes:
        scopes: names of scopes by collection.
        generation: number of the newest secret; 0 for none.
        ending: when the last secret ends, while two work; else None.
        expires, last_used: RFC 3339, or None.
        steps: names of those that the visitor can take now.
    """

    client_id: str
    owner: str
    state: str
    scopes: dict[str, list[str]]
    networks: tuple[str, ...]
    generation: int
    ending: str | None
    expires: str | None
    last_used: str | None
    steps: frozenset[str]


@dataclass(frozen=True, slots=True)
class CredentialRows:
    """The rows: those of the visitor, and for an administrator those of others."""

    own: tuple[CredentialRow, ...]
    others: tuple[CredentialRow, ...]

    def includes(self, client_id: str) -> bool:
        """Return whether a row is about this client ID."""
        return any(each.client_id == client_id for each in (*self.own, *self.others))


def find_rows(administration: Administration, visitor: Visitor) -> CredentialRows:
    """Return what the visitor may see."""
    found = administration.find_all(None if visitor.is_admin else visitor.user_id)
    return CredentialRows(
        tuple(_row(each, visitor) for each in found if each.owner == visitor.user_id),
        tuple(_row(each, visitor) for each in found if each.owner != visitor.user_id),
    )


def _row(credential: Credential, visitor: Visitor) -> CredentialRow:
    works = credential.state is State.APPROVED
    ends = [each.ends for each in credential.generations if works and each.ends is not None]
    return CredentialRow(
        client_id=credential.client_id,
        owner=credential.owner,
        state=credential.state,
        scopes=scopes_as_json(credential.scopes),
        networks=credential.networks,
        generation=credential.newest_generation,
        ending=_text(ends[-1]) if ends else None,
        expires=_text(credential.expires),
        last_used=_text(credential.last_used),
        steps=find_steps(credential, visitor),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
