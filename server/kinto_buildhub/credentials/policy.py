"""The authentication policy ``credential`` of ``kinto.ini``, and its answer 403.

A request within the scopes of its credential is one of ``credential:CLIENT_ID``, with the principal
of the scope. Any other is anonymous, so that it has no more rights than everyone: no group, no
permission of its own and no setting can give it any.
"""

from typing import Any

from kinto.core.utils import reapply_cors
from pyramid.httpexceptions import HTTPForbidden
from pyramid.interfaces import IAuthenticationPolicy
from pyramid.security import NO_PERMISSION_REQUIRED
from zope.interface import implementer

from kinto_buildhub.credentials.authentication import refusals
from kinto_buildhub.credentials.authentication.lookups import WorkingCredential
from kinto_buildhub.credentials.rights import (
    PRINCIPALS,
    Need,
    changes_permissions,
    find_need,
    is_granted,
)
from kinto_buildhub.credentials.values import Scope

# Who asks is known, and gets nothing by it: the server's description says who it is, and a limit
# on requests counts whose batch it is.
_KNOWN_AT = frozenset({"/v1/", "/v1/batch"})

_JUDGED = "_buildhub_credential_judged"


@implementer(IAuthenticationPolicy)
class CredentialPolicy:
    """Takes API tokens and Hawk signatures. For a policy of ``multiauth``, without options."""

    name = "credential"

    def authenticated_userid(self, request: Any) -> str | None:
        """Return the client ID, if the request is one that the credential is for."""
        found = find_credential(request)
        if found is None:
            return None
        is_known = _path(request) in _KNOWN_AT or _granted_scope(request, found) is not None
        return found.client_id if is_known else None

    unauthenticated_userid = authenticated_userid

    def effective_principals(self, request: Any) -> list[str]:
        """Return the principal of the scope that the request needs and has."""
        found = find_credential(request)
        scope = None if found is None else _granted_scope(request, found)
        return [] if scope is None else [PRINCIPALS[scope]]

    def remember(self, request: Any, userid: str, **options: Any) -> list[tuple[str, str]]:
        """Do nothing: a credential is shown with each request."""
        return []

    def forget(self, request: Any) -> list[tuple[str, str]]:
        """Return the header that asks for credentials."""
        return [("WWW-Authenticate", refusals.TOKEN_CHALLENGE)]


class ShowsCredential:
    """Pyramid's predicate for requests that show a credential that is right."""

    def __init__(self, value: bool, config: Any) -> None:
        self._value = value

    def text(self) -> str:
        """Return what Pyramid shows of it."""
        return f"shows_credential = {self._value}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        """Return whether the request is one."""
        return (find_credential(request) is not None) is self._value


def includeme(config: Any) -> None:
    """Answer 403 where Kinto would ask whoever shows a credential to show one."""
    config.add_view_predicate("shows_credential", ShowsCredential)
    config.add_view(
        _refuse, context=HTTPForbidden, permission=NO_PERMISSION_REQUIRED, shows_credential=True
    )


def find_credential(request: Any) -> WorkingCredential | None:
    """Return the credential that a request shows; see `Authenticator.find`.

    On a server that takes none, no request shows one.
    """
    authenticator = request.registry.buildhub_authenticator
    found: WorkingCredential | None = None if authenticator is None else authenticator.find(request)
    return found


def _refuse(error: HTTPForbidden, request: Any) -> Any:
    found = find_credential(request)
    if error.content_type != "application/json" and found is not None:
        error = refusals.forbidden(_explain(request, found))
    return reapply_cors(request, error)


def _explain(request: Any, found: WorkingCredential) -> str:
    need = find_need(request.method, _path(request))
    if need is None:
        return f"{found.client_id!r} is a credential for records only."
    if not is_granted(need, found.scopes):
        return f"{found.client_id!r} lacks the scope {need.scope} of {need.collection}."
    return f"{found.client_id!r} cannot change permissions."


def _granted_scope(request: Any, found: WorkingCredential) -> Scope | None:
    """Return the scope that the request needs, if the credential has it."""
    asked = (request.method, _path(request))
    judged = getattr(request, _JUDGED, None)
    if judged is None or judged[0] != asked:  # Hooks may change a request on its way.
        need = find_need(*asked)
        is_allowed = (
            need is not None and is_granted(need, found.scopes) and not _is_too_much(request, need)
        )
        judged = asked, need.scope if need is not None and is_allowed else None
        setattr(request, _JUDGED, judged)
    scope: Scope | None = judged[1]
    return scope


def _is_too_much(request: Any, need: Need) -> bool:
    """Return whether a write is about permissions, too."""
    if need.scope is not Scope.PUBLISH or need.is_bulk:
        return False
    try:
        return changes_permissions(request.json_body)
    except (ValueError, RecursionError):
        return False  # Kinto refuses it.


def _path(request: Any) -> str:
    return str(request.environ.get("PATH_INFO", ""))
