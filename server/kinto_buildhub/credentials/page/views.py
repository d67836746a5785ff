"""Answers to requests for the page. None may be stored, and none is for anybody but its visitor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from kinto_buildhub.catalog.responses.html import html_response
from kinto_buildhub.credentials.accounts.visitors import Visitor, administering, find_visitor
from kinto_buildhub.credentials.errors import (
    BadProposal,
    CredentialError,
    CredentialExists,
    TooManyRequests,
    UnknownCredential,
    WrongState,
)
from kinto_buildhub.credentials.page.actions import ACTIONS, OVERLAPS, REQUEST, one, take_action
from kinto_buildhub.credentials.page.forms import (
    TOKEN_FIELD,
    BadForm,
    ForeignForm,
    form_token,
    read_form,
)
from kinto_buildhub.credentials.page.rows import CredentialRows, find_rows
from kinto_buildhub.credentials.values import Scope

ROUTE = "credentials-page"

_TEMPLATES = "kinto_buildhub.credentials.page:templates"
_CHALLENGE = 'Basic realm="BuildHub", charset="UTF-8"'
_STATUSES: Mapping[type[Exception], int] = {
    BadForm: 400,
    BadProposal: 400,
    ForeignForm: 403,
    UnknownCredential: 404,
    CredentialExists: 409,
    TooManyRequests: 409,
    WrongState: 409,
}


@dataclass(frozen=True, slots=True)
class Head:
    """What the frame of all pages says about this one."""

    title: str
    description: str


_HEAD = Head("Credentials", "Who may publish, with which secret.")
_SECRET_HEAD = Head("Secret", "Shown once.")
_SIGN_IN_HEAD = Head("Sign in", "Credentials are for those who have an account.")

_DEFAULT_SCOPES = (Scope.READ, Scope.PUBLISH)
_NOTHING: Mapping[str, list[str]] = {}


def show_credentials(request: Any) -> Response:
    """Answer GET and HEAD: the credentials that the visitor may see, and the forms."""
    visitor = find_visitor(request)
    if visitor is None:
        return _sign_in(request)
    return _credentials_page(request, visitor)


def answer_form(request: Any) -> Response:
    """Answer POST: do what the form asks for. A secret is in the answer, and only there."""
    visitor = find_visitor(request)
    if visitor is None:
        return _sign_in(request)
    fields = _NOTHING
    try:
        fields = read_form(request, visitor.user_id)
        name, client_id = one(fields, "step"), one(fields, "client_id")
        with administering(request, visitor) as administration:
            secret = take_action(administration, visitor, name, fields)
    except (CredentialError, BadForm, ForeignForm) as exc:
        status = _STATUSES[type(exc)]
        return _credentials_page(request, visitor, status=status, error=str(exc), fields=fields)
    if secret is not None:
        return _page(request, "secret.jinja2", _SECRET_HEAD, secret=secret, client_id=client_id)
    # A page that is loaded again then asks for nothing.
    query = urlencode({"done": name, "client_id": client_id})
    return _unstored(HTTPSeeOther(f"{request.route_path(ROUTE)}?{query}"))


def _sign_in(request: Any) -> Response:
    """Have the browser ask for an account, here and nowhere else."""
    response = _page(request, "sign_in.jinja2", _SIGN_IN_HEAD, status=401)
    response.headers["WWW-Authenticate"] = _CHALLENGE
    return response


def _credentials_page(
    request: Any,
    visitor: Visitor,
    *,
    status: int = 200,
    error: str = "",
    fields: Mapping[str, list[str]] = _NOTHING,
) -> Response:
    with administering(request, visitor) as administration:
        shown = find_rows(administration, visitor)
    is_filled = one(fields, "step") == REQUEST
    return _page(
        request,
        "credentials.jinja2",
        _HEAD,
        status=status,
        error=error,
        visitor=visitor,
        shown=shown,
        done=_find_done(request, shown),
        field=lambda name, default="": one(fields, name) if is_filled else default,
        chosen_scopes=fields.get("scopes", []) if is_filled else _DEFAULT_SCOPES,
        scopes=tuple(Scope),
        overlaps={name: words for name, (words, _) in OVERLAPS.items()},
        default_collection="/".join(request.registry.buildhub_catalog_collection),
        token_field=TOKEN_FIELD,
        token=form_token(request, visitor.user_id),
    )


def _find_done(request: Any, shown: CredentialRows) -> str:
    """Return what was done before this page was shown; "" if nothing was.

    The address says it, which anybody can write; so it is only about credentials that are shown.
    """
    name, client_id = request.GET.get("done", ""), request.GET.get("client_id", "")
    is_known = name in ACTIONS and shown.includes(client_id)
    return f"{client_id} {ACTIONS[name].done}." if is_known else ""


def _page(request: Any, template: str, head: Head, *, status: int = 200, **values: Any) -> Response:
    response = html_response(request, f"{_TEMPLATES}/{template}", {"page": head, **values})
    response.status_code = status
    return _unstored(response)


def _unstored(response: Response) -> Response:
    response.cache_control = "no-store"
    return response
