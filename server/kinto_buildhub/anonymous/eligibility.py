"""Which servers have a short way, and which requests may take it."""

from typing import Any

import sqlalchemy
from pyramid.interfaces import ISecurityPolicy, ITweens
from pyramid.settings import aslist
from pyramid_multiauth import MultiAuthSecurityPolicy

EVERYONE = "system.Everyone"

# Of a path: the start of all that is below a collection.
COLLECTION = (
    r"/v1/buckets/(?!default/)(?P<bucket_id>[a-zA-Z0-9][a-zA-Z0-9_-]*)"
    r"/collections/(?P<collection_id>[a-zA-Z0-9][a-zA-Z0-9_-]*)"
)

# Headers that make a request one that is not plain.
_SPECIAL_HEADERS = (
    *("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"),
    "HTTP_X_HTTP_METHOD_OVERRIDE",
)

_PERMISSIONS = "kinto.core.permission.postgresql"
_AUTHORIZATION = "kinto.authorization.AuthorizationPolicy"
# Policies that find a user by the header `Authorization` alone.
_AUTHENTICATIONS = frozenset(
    {"kinto.core.authentication", "kinto.plugins.accounts.authentication", "kinto.plugins.openid"}
)
# What each request goes through, and what a short way therefore has to stand in for.
_TWEENS = frozenset(
    {
        "kinto.core.events.notify_resource_events_before",
        "kinto.core.initialization._end_of_life_tween_factory",
        "kinto_buildhub.coverage.header.tween_factory",
        "pyramid.tweens.excview_tween_factory",
        "pyramid_tm.tm_tween_factory",
    }
)


def find_database(registry: Any) -> str | None:
    """Return the URL of the database that tells who may read what.

    None stands for a server without a short way: records and permissions are not in one
    PostgreSQL, or something decides about requests that is not known here.
    """
    settings = registry.settings
    url = settings.get("storage_url")
    plain = (
        url
        and settings.get("permission_url") == url
        and settings.get("permission_backend") == _PERMISSIONS
        and settings.get("multiauth.authorization_policy") == _AUTHORIZATION
        and not settings.get("eos")
        and _tweens(registry) <= _TWEENS
        and _authentications(registry) <= _AUTHENTICATIONS
    )
    if not plain:
        return None
    parsed = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg2")
    return str(parsed.render_as_string(hide_password=False))


def is_plain(environ: dict[str, Any]) -> bool:
    """Tell whether a request comes without anything that changes its meaning."""
    return not any(name in environ for name in _SPECIAL_HEADERS)


def everyone_may_read(settings: dict[str, Any], resource_name: str) -> bool:
    """Tell whether the settings let everyone read all that belongs to the resource."""
    names = (f"{resource_name}_read_principals", f"{resource_name}_write_principals")
    return any(EVERYONE in aslist(settings.get(name) or "") for name in names)


def _tweens(registry: Any) -> set[str]:
    tweens = registry.queryUtility(ITweens)
    return {name for name, _ in tweens.explicit or tweens.implicit()}


def _authentications(registry: Any) -> set[str]:
    policy = registry.queryUtility(ISecurityPolicy)
    if not isinstance(policy, MultiAuthSecurityPolicy):
        return {type(policy).__module__}
    return {type(each).__module__ for _, each in policy.get_policies()}
