"""Which servers have a fast path, and which requests are eligible for it."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy
from kinto.core.events import AfterResourceRead, ResourceRead
from pyramid.events import NewRequest, NewResponse
from pyramid.interfaces import ISecurityPolicy, ITweens
from pyramid.settings import aslist
from pyramid_multiauth import MultiAuthSecurityPolicy
from zope.interface import implementedBy

from kinto_buildhub.collection_context import parse_collection_path
from kinto_buildhub.negotiation.accept import UnknownVersion, names_version, translate_accept
from kinto_buildhub.search.index_names import IndexId

EVERYONE = "system.Everyone"

# A request with one of these means something else than its method, path and query string.
_SPECIAL_HEADERS = (
    *("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"),
    "HTTP_X_HTTP_METHOD_OVERRIDE",
)

_PERMISSIONS = "kinto.core.permission.postgresql"
_AUTHORIZATION = "kinto.authorization.AuthorizationPolicy"
# Policies that find a user by the header `Authorization` alone.
_AUTHENTICATIONS = frozenset(
    {"kinto.core.authentication", "kinto.plugins.accounts.authentication", "kinto.plugins.openid"}
    | {"kinto_buildhub.access.accounts", "kinto_buildhub.credentials.policy"}
)
# What each request goes through on Kinto's own path.
_TWEENS = frozenset(
    {
        "kinto.core.events.notify_resource_events_before",
        "kinto.core.initialization._end_of_life_tween_factory",
        "kinto_buildhub.coverage.header.tween_factory",
        "pyramid.tweens.excview_tween_factory",
        "pyramid_tm.tm_tween_factory",
    }
)
# Subscribers to requests and responses: what they do to a read without credentials depends on the
# request alone, or `AccessLog` does it.
_SUBSCRIBERS = frozenset(
    {
        "kinto.core.cornice",
        "kinto.core.cornice.pyramidhook",
        "kinto.core.events",
        "kinto.core.initialization",
        "kinto_buildhub.access.cross_origin",
        "kinto_buildhub.catalog.browsers",
        "kinto_buildhub.catalog.responses.kinto_errors",
        "kinto_buildhub.credentials",
        "kinto_buildhub.execution",
        "kinto_buildhub.negotiation.media_types",
        "kinto_buildhub.negotiation.problems",
        "kinto_buildhub.request_hooks.batch_limits",
        "kinto_buildhub.request_hooks.bodies.body_limits",
        "kinto_buildhub.request_hooks.headers.cache_control",
        "kinto_buildhub.request_hooks.headers.counted_lists",
        "kinto_buildhub.request_hooks.headers.entity_tags",
        "kinto_buildhub.request_hooks.headers.next_pages",
        "kinto_buildhub.request_hooks.old_record_ids",
        "kinto_buildhub.request_hooks.release_memory",
        "kinto_buildhub.request_hooks.request_lines",
        "kinto_buildhub.request_hooks.unknown_names",
        "kinto_buildhub.search.endpoint.kinto_errors",
    }
)


@dataclass(frozen=True, slots=True)
class EligibleRequest:
    """A request without anything that changes its meaning.

    Attributes:
        index: the collection.
        endpoint: the path below the collection: ``records``, ``records/ID``, ``search`` …
    """

    environ: dict[str, Any]
    index: IndexId
    endpoint: str

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self.environ["REQUEST_METHOD"])

    @property
    def query(self) -> str:
        """The query string as it came."""
        return str(self.environ.get("QUERY_STRING", ""))


def eligible_request(environ: dict[str, Any]) -> EligibleRequest | None:
    """Return the request, if a fast path may answer it."""
    path = parse_collection_path(environ.get("PATH_INFO", ""))
    has_charset = "charset" in environ.get("CONTENT_TYPE", "").lower()  # It may be unknown.
    if path is None or has_charset or any(name in environ for name in _SPECIAL_HEADERS):
        return None
    if not _accepts_this_version(environ):
        return None
    bucket_id, collection_id, endpoint = path
    return EligibleRequest(environ, IndexId(bucket_id, collection_id), endpoint)


def _accepts_this_version(environ: dict[str, Any]) -> bool:
    """Return whether the API's version is one that is accepted; what names it is JSON from here on.

    Kinto's own path changes the header in the same way.
    """
    accept = environ.get("HTTP_ACCEPT", "")
    if not names_version(accept):
        return True
    try:
        environ["HTTP_ACCEPT"] = translate_accept(accept)
    except UnknownVersion:
        return False  # Kinto's path says so.
    return True


def find_database(registry: Any) -> str | None:
    """Return the URL of the database that records and permissions are in.

    None stands for a server without a fast path: records and permissions are not in one
    PostgreSQL, or something unknown has a say in requests.
    """
    settings = registry.settings
    url = settings.get("storage_url")
    is_eligible = (
        url
        and settings.get("permission_url") == url
        and settings.get("permission_backend") == _PERMISSIONS
        and settings.get("multiauth.authorization_policy") == _AUTHORIZATION
        and not settings.get("eos")
        and _tweens(registry) <= _TWEENS
        and _authentications(registry) <= _AUTHENTICATIONS
    )
    if not is_eligible:
        return None
    parsed = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg2")
    return str(parsed.render_as_string(hide_password=False))


def may_keep_responses(registry: Any) -> bool:
    """Return whether a response may be repeated without Pyramid's events for it."""
    is_random = registry.settings.get("backoff_percentage") is not None
    return not is_random and _subscribers(registry, NewRequest, NewResponse) <= _SUBSCRIBERS


def are_reads_observed(registry: Any) -> bool:
    """Return whether somebody listens to each record that is read."""
    return bool(_subscribers(registry, ResourceRead, AfterResourceRead))


def everyone_may_read(settings: dict[str, Any], resource_name: str) -> bool:
    """Return whether the settings let everyone read everything that belongs to the resource."""
    names = (f"{resource_name}_read_principals", f"{resource_name}_write_principals")
    return any(EVERYONE in aslist(settings.get(name) or "") for name in names)


def _subscribers(registry: Any, *events: type) -> set[str]:
    """Return the modules of all who subscribe to the events."""
    return {
        getattr(subscriber, "__module__", "")
        for event in events
        for subscriber in registry.adapters.subscriptions((implementedBy(event),), None)
    }


def _tweens(registry: Any) -> set[str]:
    tweens = registry.queryUtility(ITweens)
    return {name for name, _ in tweens.explicit or tweens.implicit()}


def _authentications(registry: Any) -> set[str]:
    policy = registry.queryUtility(ISecurityPolicy)
    if not isinstance(policy, MultiAuthSecurityPolicy):
        return {type(policy).__module__}
    return {type(each).__module__ for _, each in policy.get_policies()}
