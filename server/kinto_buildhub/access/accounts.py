"""Kinto's accounts, with passwords that are over as soon as they are changed.

Kinto remembers a verified password for half a minute and longer, and forgets it only if the account
is changed by a request. Here what is remembered belongs to the stored hash: an account that was
changed or deleted, by whatever means, has another hash or none.
"""

from functools import partial
from typing import Any

import bcrypt
from kinto.core.errors import ERRORS, http_error
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.core.utils import hmac_digest
from kinto.plugins.accounts.authentication import AccountsAuthenticationPolicy
from kinto.plugins.accounts.views import AccountIdGenerator
from pyramid.httpexceptions import HTTPTooManyRequests

from kinto_buildhub.access.attempts import PasswordAttempts, TooManyAttempts

# What bcrypt takes; it refuses longer ones.
MAX_PASSWORD_BYTES = 72

# Of a password that nobody has. Checking it takes as long as a real one, so that the time of an
# answer does not say whether the account exists.
_HASH_OF_NOBODY = "$2b$12$YWAdAMs3m/XD/pSQpkHMKeZ/9VJ2YfKYGagJghYqulNSb4WFpQq/q"


class AccountsPolicy(AccountsAuthenticationPolicy):
    """Kinto's policy, with `check_account` in place of its own check."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.check = check_account


def check_account(username: str, password: str, request: Any) -> bool | None:
    """Return True if the account has this password, else None.

    Raises:
        HTTPTooManyRequests: too many wrong passwords came from the address, or other passwords
            are being checked.
    """
    registry = request.registry
    stored = _stored_hash(registry.storage, username)
    key = hmac_digest(registry.settings["userid_hmac_secret"], f"password:{username}:{stored}")
    digest = hmac_digest(key, password)
    if stored is not None and registry.cache.get(key) == digest:
        return True
    attempts: PasswordAttempts = registry.buildhub_password_attempts
    try:
        is_right = attempts.check(
            str(request.remote_addr), digest, partial(_is_password, password, stored)
        )
    except TooManyAttempts as exc:
        raise too_many_requests(exc) from exc
    if not is_right:
        return None
    ttl_seconds = int(registry.settings.get("account_cache_ttl_seconds", 30))
    registry.cache.set(key, digest, ttl=ttl_seconds)
    return True


def _stored_hash(storage: Any, username: str) -> str | None:
    """Return the hash of the account's password; None if there is no such account."""
    if not AccountIdGenerator().match(username):
        return None
    try:
        account = storage.get(resource_name="account", parent_id=username, object_id=username)
    except ObjectNotFoundError:
        return None
    return str(account["password"])


def _is_password(password: str, stored: str | None) -> bool:
    given = password.encode()
    is_possible = stored is not None and len(given) <= MAX_PASSWORD_BYTES
    expected = stored if is_possible and stored is not None else _HASH_OF_NOBODY
    return bcrypt.checkpw(given[:MAX_PASSWORD_BYTES], expected.encode()) and is_possible


def too_many_requests(error: TooManyAttempts) -> HTTPTooManyRequests:
    """Return the response to an attempt that is not made."""
    response = http_error(
        HTTPTooManyRequests(), errno=ERRORS.CLIENT_REACHED_CAPACITY, message=str(error)
    )
    response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response
