"""Errors of those who administer credentials; the message names the credential::

CredentialError
  BadProposal         a value that is asked for cannot work
  UnknownCredential   there is none of that client ID
  CredentialExists    the client ID is taken, for ever
  TooManyRequests     the owner has asked for more than anybody approved
  WrongState          the credential is not in a state where this can be done
"""


class CredentialError(Exception):
    """Nothing was changed."""


class BadProposal(CredentialError):
    """A value that is asked for cannot work.

    Attributes:
        field: of the proposal.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class UnknownCredential(CredentialError):
    """There is no credential of that client ID."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"There is no credential {client_id!r}.")


class CredentialExists(CredentialError):
    """The client ID is taken. It stays taken when the credential is revoked.

    So the audit log never means two things by one client ID.
    """

    def __init__(self, client_id: str) -> None:
        super().__init__(f"There is, or was, a credential {client_id!r}: choose another client ID.")


class TooManyRequests(CredentialError):
    """The owner has asked for many credentials that nobody approved."""

    def __init__(self, owner: str, count: int) -> None:
        super().__init__(
            f"{owner!r} has {count} credentials that were never approved, and may not request "
            "more: ask an administrator to approve one, or to create what you need."
        )


class WrongState(CredentialError):
    """The credential is not in a state where this can be done."""
