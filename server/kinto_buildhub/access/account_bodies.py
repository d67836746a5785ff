"""Bodies from which no account can be made or changed, refused with status 400 or 415.

Kinto takes the name of a new account from the body before it looks what the body is, and answers
500 or 503. It hashes the password that stands in a body, and with a JSON patch none does: what a
patch sets would be stored as it is, and never be accepted.
"""

from typing import Any

from kinto.core.errors import ERRORS, http_error, raise_invalid
from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPUnsupportedMediaType

from kinto_buildhub.access.accounts import MAX_PASSWORD_BYTES

_LIST, _ACCOUNT = "account-plural", "account-object"
_JSON_PATCH = "application/json-patch+json"


def includeme(config: Any) -> None:
    """Check each request that makes or changes an account."""
    config.add_subscriber(_on_request, BeforeTraversal)


def find_account_error(body: Any, *, is_named: bool) -> tuple[str, str] | None:
    """Return the place in a body, and what is wrong there; None leaves the verdict to Kinto.

    Args:
        is_named: the address has the name of the account, so the body need not.
    """
    if not isinstance(body, dict):
        return "", "expected an object with `data`"
    data = body.get("data", {})
    if not isinstance(data, dict):
        return "data", "expected an object"
    if not is_named and not isinstance(data.get("id"), str):
        return "data.id", "expected the name of the account, as text"
    if "password" in data:
        return _find_password_error(data["password"])
    return None


def _find_password_error(password: Any) -> tuple[str, str] | None:
    if not isinstance(password, str):
        return "data.password", "expected text"
    if len(password.encode()) > MAX_PASSWORD_BYTES:
        return "data.password", f"expected at most {MAX_PASSWORD_BYTES} bytes"
    return None


def _on_request(event: Any) -> None:
    request = event.request
    name = request.matched_route.name if request.matched_route else None
    if name not in (_LIST, _ACCOUNT) or request.method not in ("POST", "PUT", "PATCH"):
        return
    if request.content_type == _JSON_PATCH:
        raise http_error(
            HTTPUnsupportedMediaType(),
            errno=ERRORS.INVALID_PARAMETERS,
            message="An account cannot be changed by a JSON patch: send the password as JSON.",
        )
    try:
        body = request.json_body
    except ValueError:
        return  # Kinto says so.
    error = find_account_error(body, is_named=name == _ACCOUNT)
    if error is not None:
        place, description = error
        raise_invalid(request, location="body", name=place, description=description)
