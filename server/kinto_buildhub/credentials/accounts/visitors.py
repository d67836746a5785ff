"""Who is there: an account, which may be an administrator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from kinto.core.storage.exceptions import BackendError
from pyramid.httpexceptions import HTTPForbidden

from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.policy import find_credential
from kinto_buildhub.credentials.values import Actor
from kinto_buildhub.settings import CREDENTIALS_SECRET

_ACCOUNT = "account:"


@dataclass(frozen=True, slots=True)
class Visitor:
    """An account that has signed in.

    Attributes:
        user_id: ``account:NAME``, the owner of its credentials.
        is_admin: whether it may approve and end those of others.
    """

    user_id: str
    is_admin: bool


def find_visitor(request: Any) -> Visitor | None:
    """Return the account that has signed in; None if nobody has.

    Raises:
        HTTPForbidden: a program shows its credential, which is for records only.
    """
    if find_credential(request) is not None:
        raise HTTPForbidden
    # Kinto knows which kind of user it is only once it was asked for the user.
    user_id = request.authenticated_userid and request.prefixed_userid
    if not user_id or not user_id.startswith(_ACCOUNT):
        return None
    admins = request.registry.buildhub_settings["buildhub.credential_admins"]
    return Visitor(user_id, not {*admins}.isdisjoint(request.prefixed_principals))


@contextmanager
def administering(request: Any, visitor: Visitor) -> Iterator[Administration]:
    """Yield what takes the steps, over a connection that does not end with the request's.

    Raises:
        BackendError: the database cannot be reached, or was not migrated.
    """
    registry = request.registry
    actor = Actor(visitor.user_id, str(request.remote_addr))
    secret = registry.buildhub_settings[CREDENTIALS_SECRET.name]
    pooled = registry.storage.client.session_factory.get_bind().raw_connection()
    try:
        yield Administration(pooled.dbapi_connection, actor, secret)
    except psycopg2.Error as exc:
        raise BackendError(original=exc) from exc
    finally:
        pooled.close()
