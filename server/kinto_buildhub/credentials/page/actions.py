"""What the forms of the page do, and what the page says afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kinto_buildhub.credentials.accounts.steps import STEPS, may_take
from kinto_buildhub.credentials.accounts.visitors import Visitor
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.errors import UnknownCredential, WrongState
from kinto_buildhub.credentials.page.forms import BadForm
from kinto_buildhub.credentials.proposals import make_proposal
from kinto_buildhub.credentials.values import Secret
from kinto_buildhub.setting_parsers import words

Fields = Mapping[str, list[str]]

OVERLAPS = {
    "0": ("at once", timedelta()),
    "1h": ("after an hour", timedelta(hours=1)),
    "1d": ("after a day", timedelta(days=1)),
    "7d": ("after a week", timedelta(days=7)),
}
"""When the last secret ends after a rotation: words, and time."""

REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Action:
    """What a form does.

    Attributes:
        take: takes the step, and returns a secret if that is to be shown.
        done: what the page says afterwards of the credential.
    """

    take: Callable[[Administration, Visitor, Fields], Secret | None]
    done: str


def _request(administration: Administration, visitor: Visitor, fields: Fields) -> None:
    """Ask for the credential that a form describes, for the account that sends it."""
    scopes = fields.get("scopes", [])
    proposal = make_proposal(
        client_id=one(fields, "client_id"),
        owner=visitor.user_id,
        collections=dict.fromkeys(words(one(fields, "collections")), scopes),
        now=datetime.now(UTC),
        expires=one(fields, "expires") or None,
        networks=words(one(fields, "networks")),
    )
    administration.request(proposal)


def _approve(administration: Administration, _: Visitor, fields: Fields) -> None:
    administration.approve(one(fields, "client_id"))


def _show(administration: Administration, _: Visitor, fields: Fields) -> Secret:
    return administration.show(one(fields, "client_id"))


def _rotate(administration: Administration, _: Visitor, fields: Fields) -> Secret:
    overlap = one(fields, "overlap")
    if overlap not in OVERLAPS:
        raise BadForm(f"overlap: expected one of {', '.join(OVERLAPS)}.")
    client_id = one(fields, "client_id")
    # Who reloads the page of a secret sends this again, which would end the last secret at once.
    if one(fields, "generation") != str(administration.find(client_id).newest_generation):
        raise WrongState(f"The credential {client_id!r} was rotated meanwhile.")
    return administration.rotate(client_id, OVERLAPS[overlap][1])


def _revoke(administration: Administration, _: Visitor, fields: Fields) -> None:
    administration.revoke(one(fields, "client_id"))


ACTIONS: Mapping[str, Action] = {
    REQUEST: Action(_request, "is requested, and waits for approval"),
    "approve": Action(_approve, "is approved; its owner can get the secret now"),
    "show": Action(_show, "has a secret"),
    "rotate": Action(_rotate, "has a new secret"),
    "revoke": Action(_revoke, "is deleted, and no longer works"),
}
"""By what the field ``step`` of a form says."""


def take_action(
    administration: Administration, visitor: Visitor, name: str, fields: Fields
) -> Secret | None:
    """Do what a form asks for; return the secret that is to be shown.

    Raises:
        BadForm: there is no such action, or a field that only a browser fills in is wrong.
        BadProposal: a field of a request cannot be as it is.
        CredentialExists: the client ID of a request is taken.
        UnknownCredential: there is none, or it is not the visitor's to do this with.
        WrongState: it cannot be done to it as it is.
    """
    if name not in ACTIONS:
        raise BadForm(f"step: expected {', '.join(ACTIONS)}.")
    client_id = one(fields, "client_id")
    if name in STEPS and not may_take(name, administration.find(client_id), visitor):
        raise UnknownCredential(client_id)
    return ACTIONS[name].take(administration, visitor, fields)


def one(fields: Fields, name: str) -> str:
    """Return the value of a field, the last one if there are more; "" if there is none."""
    return fields.get(name, [""])[-1].strip()
