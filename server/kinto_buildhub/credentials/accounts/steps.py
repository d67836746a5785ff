"""The steps that accounts take with a credential: who may, and when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kinto_buildhub.credentials.accounts.visitors import Visitor
from kinto_buildhub.credentials.values import Credential, State


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the life of a credential.

    Attributes:
        is_for_owner, is_for_admin: who may take it.
        fits: whether it can be taken with a credential as it is.
    """

    is_for_owner: bool
    is_for_admin: bool
    fits: Callable[[Credential], bool]


STEPS: Mapping[str, Step] = {
    "approve": Step(
        is_for_owner=False,
        is_for_admin=True,
        fits=lambda credential: credential.state is State.REQUESTED,
    ),
    "show": Step(
        is_for_owner=True,
        is_for_admin=False,
        fits=lambda credential: (
            credential.state is State.APPROVED and not credential.generations[-1].is_shown
        ),
    ),
    "rotate": Step(
        is_for_owner=True,
        is_for_admin=True,
        fits=lambda credential: (
            credential.state is State.APPROVED and credential.generations[-1].is_shown
        ),
    ),
    "revoke": Step(
        is_for_owner=True,
        is_for_admin=True,
        fits=lambda credential: credential.state is not State.REVOKED,
    ),
}


def may_take(name: str, credential: Credential, visitor: Visitor) -> bool:
    """Return whether the visitor may take the step of that name, if it fits."""
    step, is_owner = STEPS[name], credential.owner == visitor.user_id
    return (step.is_for_owner and is_owner) or (step.is_for_admin and visitor.is_admin)


def find_steps(credential: Credential, visitor: Visitor) -> frozenset[str]:
    """Return the names of the steps that the visitor can take now."""
    return frozenset(
        name
        for name, step in STEPS.items()
        if step.fits(credential) and may_take(name, credential, visitor)
    )
