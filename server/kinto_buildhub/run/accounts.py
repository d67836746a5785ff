"""Accounts, created by the operator of the server."""

import contextlib
import io

import transaction
from kinto.plugins.accounts.scripts import create_user

from kinto_buildhub.errors import StartError
from kinto_buildhub.run.application import opened_registry


def set_password(settings: dict[str, str], name: str, password: str) -> None:
    """Create the account *name*, or give it a new password.

    Args:
        settings: of a server whose database is running and migrated.
        name: the part before the colon in ``user:password``.
        password: stored as a salted hash.

    Raises:
        StartError: the server has no accounts, or is read-only.
    """
    with (
        opened_registry(settings, command="create-user") as registry,
        contextlib.redirect_stdout(io.StringIO()),
        transaction.manager,
    ):
        code = create_user({"registry": registry}, name, password)
    if code:
        raise StartError(
            f"The account {name!r} cannot be created: the server is read-only, or kinto.includes "
            "lacks kinto.plugins.accounts."
        )
