"""What browsers, robots and researchers ask every site for, at the root of the host.

``/robots.txt``, ``/.well-known/security.txt`` and ``/favicon.ico``; see RFC 9309 and RFC 9116.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, NamedTuple

from kinto.core.errors import ERRORS, http_error
from pyramid.httpexceptions import HTTPMethodNotAllowed, HTTPNoContent, HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool

from kinto_buildhub.api_operations import describe_operations
from kinto_buildhub.settings import PREFIX
from kinto_buildhub.well_known.operations import OPERATIONS

_CONTACTS = "buildhub.security_contacts"

# RFC 9116 recommends less than a year; who answers changes seldom.
VALID_DAYS = 90

_ALLOW = {"Allow": "GET, HEAD, OPTIONS"}

_DAY_SECONDS = 24 * 3600

# The pages of builds, versions and products are as many as there are. Lists, searches and the
# questions of a page have no end. The longest rule that matches holds.
ROBOTS = """\
User-agent: *
Allow: /v1/catalog/
Disallow: /v1/catalog/*?
Disallow: /v1/
"""


class File(NamedTuple):
    """A file at the root of the host."""

    path: str
    view: Callable[[Any], Response]


def render_security(contacts: tuple[str, ...], now: datetime, canonical: str = "") -> str:
    """Return ``security.txt``.

    Args:
        contacts: addresses, the preferred one first.
        canonical: the address of the file; "" if the settings do not give the host.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    expires = today + timedelta(days=VALID_DAYS)
    lines = [f"Contact: {contact}" for contact in contacts]
    lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    return "\n".join(lines + [f"Canonical: {canonical}"] * bool(canonical)) + "\n"


def robots_view(request: Any) -> Response:
    """Say what robots may read."""
    del request
    return _text(ROBOTS)


def security_view(request: Any) -> Response:
    """Say whom to tell of a security problem, if the server's operator has said so."""
    contacts = request.registry.buildhub_settings[_CONTACTS]
    if not contacts:
        raise http_error(
            HTTPNotFound(),
            errno=ERRORS.MISSING_RESOURCE,
            message=f"This server names nobody to write to ({PREFIX}{_CONTACTS}).",
        )
    settings = request.registry.settings
    host = settings["http_host"] if settings["http_scheme"] == "https" else None
    canonical = f"https://{host}/{SECURITY.path}" if host else ""
    return _text(render_security(contacts, datetime.now(UTC), canonical))


def favicon_view(request: Any) -> Response:
    """Send the icon of the pages, for those who do not look for their own."""
    del request
    content = resources.files(__name__).joinpath("favicon.ico").read_bytes()
    return _for_a_day(Response(content, content_type="image/vnd.microsoft.icon", charset=None))


ROBOTS_FILE = File("robots.txt", robots_view)
SECURITY = File(".well-known/security.txt", security_view)
FAVICON = File("favicon.ico", favicon_view)
FILES = (ROBOTS_FILE, SECURITY, FAVICON)


def includeme(config: Any) -> None:
    """Add the files beside the versions of the API."""
    describe_operations(config, *OPERATIONS)
    is_redirected = asbool(config.get_settings()["version_prefix_redirect_enabled"])
    for file in FILES:
        # Kinto's route for everything at the root was there before ours.
        route_name, predicate = "redirect_to_version", {"match_param": f"path={file.path}"}
        if not is_redirected:
            route_name, predicate = f"well-known-{file.path}", {}
            _add_root_route(config, route_name, file.path)
        config.add_view(
            file.view,
            route_name=route_name,
            request_method="GET",
            permission=NO_PERMISSION_REQUIRED,
            **predicate,
        )
        config.add_view(
            _answer_other_methods,
            route_name=route_name,
            permission=NO_PERMISSION_REQUIRED,
            **predicate,
        )


def _answer_other_methods(request: Any) -> Response:
    if request.method == "OPTIONS":
        return HTTPNoContent(headers=_ALLOW)
    raise HTTPMethodNotAllowed(headers=_ALLOW)


def _add_root_route(config: Any, name: str, path: str) -> None:
    prefix, config.route_prefix = config.route_prefix, None
    config.add_route(name, f"/{path}")
    config.route_prefix = prefix


def _text(text: str) -> Response:
    return _for_a_day(Response(text, content_type="text/plain", charset="UTF-8"))


def _for_a_day(response: Response) -> Response:
    response.cache_control = f"public, max-age={_DAY_SECONDS}"
    return response
