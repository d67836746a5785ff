"""The addresses. Answers may not be stored: some have secrets, and all are for one account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kinto.core import Service
from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto_buildhub.access.foreign_writes import require_own_site
from kinto_buildhub.credentials.accounts.steps import STEPS, may_take
from kinto_buildhub.credentials.accounts.visitors import Visitor, administering, find_visitor
from kinto_buildhub.credentials.administration import Administration
from kinto_buildhub.credentials.api.answers import (
    credential_as_json,
    entry_as_json,
    secret_as_json,
)
from kinto_buildhub.credentials.api.bodies import read_overlap, read_proposal
from kinto_buildhub.credentials.errors import (
    BadProposal,
    CredentialError,
    CredentialExists,
    TooManyRequests,
    UnknownCredential,
    WrongState,
)

_JSON = "application/json"
_ERRORS: Mapping[type[CredentialError], tuple[type[Exception], ERRORS]] = {
    BadProposal: (httpexceptions.HTTPBadRequest, ERRORS.INVALID_PARAMETERS),
    UnknownCredential: (httpexceptions.HTTPNotFound, ERRORS.MISSING_RESOURCE),
    CredentialExists: (httpexceptions.HTTPConflict, ERRORS.CONSTRAINT_VIOLATED),
    TooManyRequests: (httpexceptions.HTTPConflict, ERRORS.CONSTRAINT_VIOLATED),
    WrongState: (httpexceptions.HTTPConflict, ERRORS.CONSTRAINT_VIOLATED),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request, who sends it, and what takes the steps that it asks for."""

    request: Any
    visitor: Visitor
    administration: Administration

    def client_id(self, step: str | None = None) -> str:
        """Return the client ID of the address, if the visitor may see it, and take the step.

        Raises:
            UnknownCredential: there is none, or it is somebody else's.
            HTTPForbidden: the visitor sees it, and may not take the step.
        """
        credential = self.administration.find(self.request.matchdict["client_id"])
        if credential.owner != self.visitor.user_id and not self.visitor.is_admin:
            raise UnknownCredential(credential.client_id)
        if step is not None and not may_take(step, credential, self.visitor):
            whose = "administrators" if STEPS[step].is_for_admin else "its owner"
            raise http_error(
                httpexceptions.HTTPForbidden(),
                errno=ERRORS.FORBIDDEN,
                message=f"Only {whose} may {step} {credential.client_id!r}.",
            )
        return credential.client_id


Act = Callable[[Call], Any]
"""Does what a request asks for; returns the data of its answer."""


def _find_all(call: Call) -> Any:
    owner = None if call.visitor.is_admin else call.visitor.user_id
    return [credential_as_json(each) for each in call.administration.find_all(owner)]


def _request(call: Call) -> Any:
    proposal = read_proposal(_read_body(call.request), call.visitor.user_id)
    call.request.response.status_code = 201
    return credential_as_json(call.administration.request(proposal))


def _find(call: Call) -> Any:
    return credential_as_json(call.administration.find(call.client_id()))


def _find_log(call: Call) -> Any:
    return [entry_as_json(each) for each in call.administration.log(call.client_id())]


def _approve(call: Call) -> Any:
    return credential_as_json(call.administration.approve(call.client_id("approve")))


def _show(call: Call) -> Any:
    return secret_as_json(call.administration.show(call.client_id("show")))


def _rotate(call: Call) -> Any:
    overlap = read_overlap(_read_body(call.request))
    return secret_as_json(call.administration.rotate(call.client_id("rotate"), overlap))


def _revoke(call: Call) -> Any:
    return credential_as_json(call.administration.revoke(call.client_id("revoke")))


def _read_body(request: Any) -> Any:
    """Return the JSON; an empty body is an empty object."""
    if not request.body:
        return {}
    try:
        return request.json_body
    except (ValueError, RecursionError) as exc:
        raise BadProposal("body", f"expected JSON ({exc})") from None


def _answering(act: Act) -> Callable[[Any], Any]:
    def view(request: Any) -> Any:
        visitor = find_visitor(request)
        if visitor is None:
            raise httpexceptions.HTTPForbidden  # Becomes 401 for those who are not signed in.
        if request.method not in ("GET", "HEAD"):
            _require_own_request(request)
        request.response.cache_control = "no-store"
        try:
            with administering(request, visitor) as administration:
                return {"data": act(Call(request, visitor, administration))}
        except CredentialError as exc:
            error, errno = _ERRORS[type(exc)]
            raise http_error(error(), errno=errno, message=str(exc)) from None

    return view


def _require_own_request(request: Any) -> None:
    """Refuse what another site makes a browser send, with the password that it remembers.

    JSON cannot be sent to another site without asking it; other media types can.
    """
    require_own_site(request)
    if request.body and request.content_type != _JSON:
        raise http_error(
            httpexceptions.HTTPUnsupportedMediaType(),
            errno=ERRORS.INVALID_PARAMETERS,
            message=f"Content-Type is {request.content_type!r}: expected {_JSON!r}.",
        )


def _service(name: str, path: str, description: str, **acts: Act) -> Service:
    service = Service(name=name, path=path, description=description)
    for method, act in acts.items():
        service.add_view(method, _answering(act), permission=NO_PERMISSION_REQUIRED)
    return service


_ONE = "/credentials/{client_id}"

credentials = _service(
    "credentials", "/credentials", "Credentials of publishers", GET=_find_all, POST=_request
)
credential = _service("credential", _ONE, "One credential", GET=_find, DELETE=_revoke)
log = _service("credential-log", f"{_ONE}/log", "Its log", GET=_find_log)
approval = _service("credential-approval", f"{_ONE}/approve", "Its approval", POST=_approve)
secret = _service("credential-secret", f"{_ONE}/secret", "Its secret, once", POST=_show)
rotation = _service("credential-rotation", f"{_ONE}/rotate", "A new secret", POST=_rotate)
