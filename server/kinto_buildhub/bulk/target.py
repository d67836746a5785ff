"""The collection that a request writes to, and what its user may do there."""

from dataclasses import dataclass
from typing import Any

from kinto.authorization import RouteFactory
from kinto.core.cornice.errors import Errors
from kinto.core.cornice.pyramidhook import wrap_request
from kinto.core.utils import build_request, instance_uri
from kinto.views import object_exists_or_404
from pyramid.events import NewRequest
from pyramid.httpexceptions import HTTPForbidden
from pyramid.interfaces import IAuthorizationPolicy, IRoutesMapper
from pyramid.settings import asbool


@dataclass(frozen=True, slots=True)
class Rights:
    """What the user may do to any record, whoever owns it."""

    may_create: bool
    may_write: bool


class Target:
    """A collection's records, as one user sees them.

    It uses Kinto's own resource, context and request for ``POST …/records``, so that settings,
    permissions and listeners have the same effect here as there.

    Attributes:
        request: stands for one ``POST …/records``; events carry it.
        model: Kinto's model of the records.

    Raises:
        HTTPNotFound: the bucket or the collection does not exist.
    """

    def __init__(self, request: Any) -> None:
        self.request = _build_records_request(request)
        # Read first: otherwise the resource takes the user for an anonymous one.
        self.principals = set(self.request.prefixed_principals)
        self._context = RouteFactory(self.request)
        resource = self.request.current_service.resource(self.request, context=self._context)
        self.model = resource.model
        self._collection_uri = self.model.parent_id
        self._registry = request.registry
        self._policy = request.registry.queryUtility(IAuthorizationPolicy)

    def reset(self) -> None:
        """Drop the errors, events and cached data of the last transaction."""
        self.request.errors = Errors()
        self.request.bound_data.clear()

    def record_uri(self, record_id: str) -> str:
        """Return the name under which the permission backend knows the record."""
        return f"{self._collection_uri}/records/{record_id}"

    def find_rights(self) -> Rights:
        """Return what Kinto's authorization policy allows, as for a PUT."""
        return Rights(
            may_create=self._is_allowed(f"{self._collection_uri}/records", "record:create"),
            may_write=self._is_allowed(f"{self._collection_uri}/records", "write"),
        )

    def require_some_right(self) -> None:
        """Raise an error for a user who can write nothing at all.

        Raises:
            HTTPForbidden: becomes 401 for those who are not logged in.
        """
        rights = self.find_rights()
        if rights.may_create or rights.may_write:
            return
        if not self._context.fetch_shared_objects(
            "write", list(self.principals), self._policy.get_bound_permissions
        ):
            raise HTTPForbidden

    def find_writable(self, record_ids: list[str]) -> set[str]:
        """Return those of the records that the user may write by their own permissions."""
        if not record_ids:
            return set()
        permissions = self._registry.permission.get_objects_permissions(
            [self.record_uri(record_id) for record_id in record_ids], ["write"]
        )
        return {
            record_id
            for record_id, granted in zip(record_ids, permissions, strict=True)
            if self.principals & set(granted.get("write", ()))
        }

    def read_schemas(self) -> tuple[list[dict[str, Any]], int | None]:
        """Read the schemas that records must obey, and the version that is written into them.

        Raises:
            HTTPNotFound: the bucket or the collection has been deleted.
        """
        matchdict = self.request.matchdict
        bucket_uri = instance_uri(self.request, "bucket", id=matchdict["bucket_id"])
        collection = object_exists_or_404(
            self.request, "collection", matchdict["collection_id"], parent_id=bucket_uri
        )
        if not asbool(self._registry.settings.get("experimental_collection_schema_validation")):
            return [], None
        bucket = object_exists_or_404(self.request, "bucket", matchdict["bucket_id"])
        schemas = [collection.get("schema"), bucket.get("record:schema")]
        version = collection["last_modified"] if "schema" in collection else None
        return [schema for schema in schemas if schema is not None], version

    def _is_allowed(self, uri: str, permission: str) -> bool:
        bound = self._policy.get_bound_permissions(uri, permission)
        return bool(self._context.check_permission(list(self.principals), bound))


def _build_records_request(request: Any) -> Any:
    collection_uri = instance_uri(
        request,
        "collection",
        bucket_id=request.matchdict["bucket_id"],
        id=request.matchdict["collection_id"],
    )
    built = build_request(request, {"method": "POST", "path": f"{collection_uri}/records"})
    route = request.registry.queryUtility(IRoutesMapper)(built)
    built.matchdict, built.matched_route = route["match"], route["route"]
    wrap_request(NewRequest(built))  # What views and listeners expect of a request.
    built.validated |= {"header": {}, "querystring": {}, "body": {}}
    # Not the outer request's: that one ends, and sends its own events, in another thread.
    built.bound_data = {}
    return built
