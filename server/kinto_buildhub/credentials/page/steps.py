"""What a form can ask for, and of whose credentials."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.errors import UnknownCredential
from kinto_buildhub.credentials.page.forms import BadForm
from kinto_buildhub.credentials.page.visitors import Visitor
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.values import Credential, Secret, State

Fields = Mapping[str, list[str]]

OVERLAPS = {
    "0": ("at once", timedelta()),
    "1h": ("after an hour", timedelta(hours=1)),
    "1d": ("after a day", timedelta(days=1)),
    "7d": ("after a week", timedelta(days=7)),
}
"""When the last secret ends after a rotation: words, and time."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a form does to a credential.

    Attributes:
        done: what the page says afterwards.
        take: does it, and returns a secret if that is to be shown.
        is_for_owner, is_for_admin: who may.
        fits: whether it can be done to a credential as it is.
    """

    done: str
    take: Callable[[Administration, str, Fields], Secret | None]
    is_for_owner: bool
    is_for_admin: bool
    fits: Callable[[Credential], bool]


def _approve(steps: Administration, client_id: str, fields: Fields) -> None:
    del fields
    steps.approve(client_id)


def _show(steps: Administration, client_id: str, fields: Fields) -> Secret:
    del fields
    return steps.show(client_id)


def _rotate(steps: Administration, client_id: str, fields: Fields) -> Secret:
    overlap = one(fields, "overlap")
    if overlap not in OVERLAPS:
        raise BadForm(f"overlap: expected one of {', '.join(OVERLAPS)}.")
    return steps.rotate(client_id, OVERLAPS[overlap][1])


def _revoke(steps: Administration, client_id: str, fields: Fields) -> None:
    del fields
    steps.revoke(client_id)


STEPS: Mapping[str, Step] = {
    "approve": Step(
        "is approved; its owner can get the secret now",
        _approve,
        is_for_owner=False,
        is_for_admin=True,
        fits=lambda credential: credential.state is State.REQUESTED,
    ),
    "show": Step(
        "has a secret",
        _show,
        is_for_owner=True,
        is_for_admin=False,
        fits=lambda credential: (
            credential.state is State.APPROVED and not credential.generations[-1].is_shown
        ),
    ),
    "rotate": Step(
        "has a new secret",
        _rotate,
        is_for_owner=True,
        is_for_admin=True,
        fits=lambda credential: (
            credential.state is State.APPROVED and credential.generations[-1].is_shown
        ),
    ),
    "revoke": Step(
        "is deleted, and works no more",
        _revoke,
        is_for_owner=True,
        is_for_admin=True,
        fits=lambda credential: credential.state is not State.REVOKED,
    ),
}
"""The steps that are taken with a credential that is there."""

REQUESTED = "is requested, and waits for approval"


def request_credential(steps: Administration, visitor: Visitor, fields: Fields) -> None:
    """Ask for the credential that a form describes, for the account that sends it.

    Raises:
        BadProposal: a field cannot be as it is.
        CredentialExists: the client ID is taken.
    """
    scopes = fields.get("scopes", [])
    proposal = make_proposal(
        client_id=one(fields, "client_id"),
        owner=visitor.user_id,
        collections=dict.fromkeys(words(one(fields, "collections")), scopes),
        now=datetime.now(UTC),
        expires=one(fields, "expires") or None,
        networks=words(one(fields, "networks")),
    )
    steps.request(proposal)


def take_step(steps: Administration, visitor: Visitor, name: str, fields: Fields) -> Secret | None:
    """Do what a form asks for with a credential; return the secret that is to be shown.

    Raises:
        BadForm: there is no such step.
        UnknownCredential: there is none, or it is not the visitor's to do this with.
        WrongState: it cannot be done to it as it is.
    """
    if name not in STEPS:
        raise BadForm("step: expected request, " + ", ".join(STEPS) + ".")
    client_id = one(fields, "client_id")
    if not may_take(STEPS[name], steps.find(client_id), visitor):
        raise UnknownCredential(client_id)
    return STEPS[name].take(steps, client_id, fields)


def may_take(step: Step, credential: Credential, visitor: Visitor) -> bool:
    """Return whether the visitor may do this with the credential."""
    is_owner = credential.owner == visitor.user_id
    return (step.is_for_owner and is_owner) or (step.is_for_admin and visitor.is_admin)


def one(fields: Fields, name: str) -> str:
    """Return the value of a field, the last one if there are more; "" if there is none."""
    return fields.get(name, [""])[-1].strip()


def words(text: str) -> list[str]:
    """Return what is separated by spaces or commas."""
    return text.replace(",", " ").split()
