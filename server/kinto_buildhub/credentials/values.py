"""What a credential is: frozen values, as the store returns them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a credential may do in a collection; see `rights` for the requests."""

    READ = "read"
    PUBLISH = "publish"
    DELETE = "delete"


Scopes = Mapping[str, frozenset[Scope]]
"""Scopes by collection, as ``bucket/collection``."""


class State(StrEnum):
    """Where a credential is in its life. It never goes back."""

    REQUESTED = "requested"
    APPROVED = "approved"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A credential that is asked for, checked by `proposals`.

    Attributes:
        client_id: its name, in Hawk's ``id`` and in the audit log.
        owner: who answers for it: an account as ``account:NAME``, or an e-mail address.
        expires: None for no end.
        networks: addresses that may use it, as CIDR; empty for all.
    """

    client_id: str
    owner: str
    scopes: Scopes
    expires: datetime | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """A secret of a credential, without the secret.

    Attributes:
        number: from 1; `rotate` makes the next.
        is_shown: whether somebody has got the secret. Nobody else will.
        ends: when it stops working; None for with the credential.
    """

    number: int
    created: datetime
    is_shown: bool
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it is stored.

    Attributes:
        generations: those that work, the newest last.
        last_used: to the minute; None for never.
    """

    client_id: str
    owner: str
    scopes: Scopes
    networks: tuple[str, ...]
    state: State
    created: datetime
    expires: datetime | None
    last_used: datetime | None
    generations: tuple[Generation, ...]

    @property
    def newest_generation(self) -> int:
        """Its number; 0 for none."""
        return self.generations[-1].number if self.generations else 0


@dataclass(frozen=True, slots=True)
class Secret:
    """The two secrets of a generation. Only who gets this value ever sees them.

    Attributes:
        hawk_key: for Hawk with sha256; None on a server without a master secret.
    """

    client_id: str
    generation: int
    token: str
    hawk_key: str | None

    def __repr__(self) -> str:
        return f"Secret({self.client_id!r}, generation={self.generation})"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, for the audit log.

    Attributes:
        name: a principal, such as ``account:alice``, or who runs a command.
        address: where the request comes from; "" for a command.
    """

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A step in the life of a credential.

    Attributes:
        action: requested, approved, shown, rotated or revoked.
        details: what was asked for, or the number of the generation.
    """

    at: datetime
    actor: str
    address: str
    action: str
    client_id: str
    details: Mapping[str, object]
