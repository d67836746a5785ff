"""Accounts, created by whoever runs the server."""

import contextlib
import io

import transaction
from kinto.core.storage.exceptions import BackendError, ObjectNotFoundError
from kinto.plugins.accounts.scripts import create_user
from kinto.plugins.accounts.views import AccountIdGenerator

from kinto_buildhub.errors import SettingsError, StartError
from kinto_buildhub.run.application import opened_registry


def set_password(settings: dict[str, str], name: str, password: str, *, rotate: bool) -> None:
    """Create the account *name*, or give it a new password.

    The server's processes refuse the old password from then on.

    Args:
        settings: of a server whose database is up and migrated.
        name: what stands before the colon in ``user:password``.
        password: stored as a salted hash.
        rotate: give an account that exists a new password.

    Raises:
        SettingsError: the name cannot be that of an account.
        StartError: the account exists and *rotate* is not given, or the reverse, or it cannot be
            stored.
    """
    # Kinto would ask the terminal for another name.
    if not AccountIdGenerator().match(name):
        raise SettingsError(
            [
                f"An account cannot be named {name!r}: expected letters, digits and . _ + @ -, "
                "a letter or a digit first."
            ]
        )
    try:
        with (
            opened_registry(settings, command="create-user") as registry,
            contextlib.redirect_stdout(io.StringIO()),
            transaction.manager,
        ):
            exists = _exists(registry.storage, name)
            if exists and not rotate:
                raise StartError(
                    f"The account {name!r} exists already. --rotate gives it a new password, and "
                    "ends the old one."
                )
            if rotate and not exists:
                raise StartError(
                    f"There is no account {name!r} to rotate. Without --rotate it is created."
                )
            code = create_user({"registry": registry}, name, password)
    except BackendError as exc:
        # The statement that failed contains the password's hash; what the database says does not.
        reason = str(getattr(exc.original, "orig", exc.original)).strip().partition("\n")[0]
        raise StartError(f"The account {name!r} cannot be stored: {reason}") from None
    if code:
        raise StartError(
            f"The account {name!r} cannot be created: the server is read-only, or kinto.includes "
            "lacks kinto.plugins.accounts."
        )


def _exists(storage: object, name: str) -> bool:
    try:
        storage.get(  # type: ignore[attr-defined]
            resource_name="account", parent_id=name, object_id=name
        )
    except ObjectNotFoundError:
        return False
    return True
