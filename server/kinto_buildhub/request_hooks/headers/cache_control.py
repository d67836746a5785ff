"""Who may keep an answer, and for how long: the header ``Cache-Control``.

Kinto forbids to keep anything. Here a public read may be kept, and by default has to be asked for
again each time, which is a small answer while nothing has changed. What was asked for with
credentials is for that client alone; errors, and answers to writes, are for nobody.
"""

import re
from http import HTTPStatus
from typing import Any

from pyramid.events import NewRequest

_READS = frozenset({"GET", "HEAD"})
# No policy that is known here looks into cookies.
_CREDENTIALS = "HTTP_AUTHORIZATION"
_SECRETS = re.compile(r"(?:/v[0-9]+)?/(?:accounts|credentials)(?:/.*)?")

# What Kinto says where no setting of its own says otherwise, and where it says nothing.
_KINTOS = frozenset({None, "no-cache, no-store"})

FOR_NOBODY = "no-store"
FOR_ONE_CLIENT = "private, no-cache"


def includeme(config: Any) -> None:
    """Subscribe to each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def carries_secrets(environ: dict[str, Any]) -> bool:
    """Return whether the answer to a request may hold hashes of passwords, or tokens."""
    return _SECRETS.fullmatch(environ.get("PATH_INFO", "")) is not None


def cache_control(environ: dict[str, Any], status: int, given: str | None, public: str) -> str:
    """Return the header of an answer.

    Args:
        environ: of the request.
        given: what the view, or Kinto, has set.
        public: of public reads, where the view has set nothing.
    """
    if carries_secrets(environ):
        return FOR_NOBODY
    own = None if given in _KINTOS else given
    if own == FOR_NOBODY or (own and "public" in own):
        return own
    if status >= HTTPStatus.BAD_REQUEST or environ["REQUEST_METHOD"] not in _READS:
        return own or FOR_NOBODY
    if _CREDENTIALS in environ:
        return FOR_ONE_CLIENT
    return own or public


def _on_new_request(event: Any) -> None:
    event.request.add_response_callback(_on_response)


def _on_response(request: Any, response: Any) -> None:
    if request.method == "OPTIONS":
        return  # Nobody keeps that; browsers go by Access-Control-Max-Age.
    given = response.headers.get("Cache-Control")
    public = request.registry.buildhub_settings["buildhub.cache_control"]
    response.headers["Cache-Control"] = cache_control(
        request.environ, response.status_code, given, public
    )
