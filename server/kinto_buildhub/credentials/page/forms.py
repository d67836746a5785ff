"""What a browser sends, and whether it is the page that made it send that.

Browsers add the name and the password of an account to each request, also to those that another
site makes. So a form contains a token that only the page knows, and the headers by which browsers
say where a request comes from have to agree.
"""

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from kinto.core.utils import hmac_digest

from kinto_buildhub.access.foreign_writes import comes_from_elsewhere
from kinto_buildhub.settings import HMAC_SECRET

MEDIA_TYPE = "application/x-www-form-urlencoded"

TOKEN_FIELD = "form_token"  # noqa: S105

_MAX_FIELDS = 50


class BadForm(Exception):
    """What was sent is no form of the page."""


class ForeignForm(Exception):
    """It was not the page that had it sent."""


def read_form(request: Any, user_id: str) -> Mapping[str, list[str]]:
    """Return the values of each field that is not empty.

    Raises:
        ForeignForm: another site has made the browser send it.
        BadForm: it is no form.
    """
    if comes_from_elsewhere(request.headers, request.host):
        raise ForeignForm("The form was sent from another site, so nothing was done.")
    if request.content_type != MEDIA_TYPE:
        raise BadForm(f"Expected a form of this page, as {MEDIA_TYPE}.")
    try:
        fields = parse_qs(request.body.decode(), max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as exc:
        raise BadForm(f"The form cannot be read: {exc}.") from None
    if any("\0" in value for values in fields.values() for value in values):
        raise BadForm("The form contains a NUL character, which cannot be stored.")
    [token] = fields.pop(TOKEN_FIELD, [""])[-1:]
    if not hmac.compare_digest(token.encode(), form_token(request, user_id).encode()):
        raise ForeignForm("The form is not from this page, or too old: send it again.")
    return fields


def form_token(request: Any, user_id: str) -> str:
    """Return what the forms of an account contain. Who does not see its page cannot know it."""
    secret = request.registry.settings[HMAC_SECRET.name]
    return str(hmac_digest(secret, f"form of the credentials page:{user_id}"))
