"""The addresses. Answers may not be stored: some have secrets, and all are for one account."""

from collections.abc import Callable, Mapping
from typing import Any

from kinto.core import Service
from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto_buildhub.access.foreign_writes import require_own_site
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
    UnknownCredential,
    WrongState,
)
from kinto_buildhub.credentials.page.steps import STEPS, may_take
from kinto_buildhub.credentials.page.visitors import Visitor, administering, find_visitor

_JSON = "application/json"
_ERRORS: Mapping[type[CredentialError], tuple[type[Exception], ERRORS]] = {
    BadProposal: (httpexceptions.HTTPBadRequest, ERRORS.INVALID_PARAMETERS),
    UnknownCredential: (httpexceptions.HTTPNotFound, ERRORS.MISSING_RESOURCE),
    CredentialExists: (httpexceptions.HTTPConflict, ERRORS.CONSTRAINT_VIOLATED),
    WrongState: (httpexceptions.HTTPConflict, ERRORS.CONSTRAINT_VIOLATED),
}

Answer = Callable[[Any, Visitor, Administration], Any]


def _find_all(request: Any, visitor: Visitor, steps: Administration) -> Any:
    owner = None if visitor.is_admin else visitor.user_id
    return [credential_as_json(each) for each in steps.find_all(owner)]


def _request(request: Any, visitor: Visitor, steps: Administration) -> Any:
    proposal = read_proposal(_read_body(request), visitor.user_id)
    request.response.status_code = 201
    return credential_as_json(steps.request(proposal))


def _find(request: Any, visitor: Visitor, steps: Administration) -> Any:
    return credential_as_json(steps.find(_client_id(request, visitor, steps)))


def _find_log(request: Any, visitor: Visitor, steps: Administration) -> Any:
    return [entry_as_json(each) for each in steps.log(_client_id(request, visitor, steps))]


def _approve(request: Any, visitor: Visitor, steps: Administration) -> Any:
    return credential_as_json(steps.approve(_client_id(request, visitor, steps, "approve")))


def _show(request: Any, visitor: Visitor, steps: Administration) -> Any:
    return secret_as_json(steps.show(_client_id(request, visitor, steps, "show")))


def _rotate(request: Any, visitor: Visitor, steps: Administration) -> Any:
    overlap = read_overlap(_read_body(request))
    return secret_as_json(steps.rotate(_client_id(request, visitor, steps, "rotate"), overlap))


def _revoke(request: Any, visitor: Visitor, steps: Administration) -> Any:
    return credential_as_json(steps.revoke(_client_id(request, visitor, steps, "revoke")))


def _client_id(
    request: Any, visitor: Visitor, steps: Administration, step: str | None = None
) -> str:
    """Return the client ID of the address, if the visitor may see it, and take the step.

    Raises:
        UnknownCredential: there is none, or it is somebody else's.
        HTTPForbidden: the visitor sees it, and may not take the step.
    """
    credential = steps.find(request.matchdict["client_id"])
    if credential.owner != visitor.user_id and not visitor.is_admin:
        raise UnknownCredential(credential.client_id)
    if step is not None and not may_take(STEPS[step], credential, visitor):
        whose = "administrators" if STEPS[step].is_for_admin else "its owner"
        raise http_error(
            httpexceptions.HTTPForbidden(),
            errno=ERRORS.FORBIDDEN,
            message=f"Only {whose} may {step} {credential.client_id!r}.",
        )
    return credential.client_id


def _read_body(request: Any) -> Any:
    """Return the JSON; an empty body is an empty object."""
    if not request.body:
        return {}
    try:
        return request.json_body
    except (ValueError, RecursionError) as exc:
        raise BadProposal("body", f"expected JSON ({exc})") from None


def _answering(answer: Answer) -> Callable[[Any], Any]:
    def view(request: Any) -> Any:
        visitor = find_visitor(request)
        if visitor is None:
            raise httpexceptions.HTTPForbidden  # Becomes 401 for those who are not signed in.
        if request.method not in ("GET", "HEAD"):
            _require_own_request(request)
        request.response.cache_control = "no-store"
        try:
            with administering(request, visitor) as steps:
                return {"data": answer(request, visitor, steps)}
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


def _service(name: str, path: str, description: str, **answers: Answer) -> Service:
    service = Service(name=name, path=path, description=description)
    for method, answer in answers.items():
        service.add_view(method, _answering(answer), permission=NO_PERMISSION_REQUIRED)
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
