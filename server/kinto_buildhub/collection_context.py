"""The collection in the URL of a request, and the permission that the request needs."""

import re
from typing import Any

from kinto.authorization import AuthorizationPolicy, RouteFactory
from kinto.core.errors import raise_invalid

COLLECTION = "/buckets/{bucket_id}/collections/{collection_id}"

# The default bucket is an alias for a different bucket of each user.
_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
_COLLECTION_PATH = re.compile(
    r"/v1/buckets/(?!default/)([a-zA-Z0-9][a-zA-Z0-9_-]*)"
    r"/collections/([a-zA-Z0-9][a-zA-Z0-9_-]*)/(.+)"
)


def parse_collection_path(path: str) -> tuple[str, str, str] | None:
    """Return the bucket and the collection that a URL path is below, and the rest of the path.

    None stands for all other paths, those in the default bucket included.
    """
    found = _COLLECTION_PATH.fullmatch(path)
    return (found[1], found[2], found[3]) if found else None


class CollectionContext(RouteFactory):
    """A request that needs permission to list all records of the collection, such as a search.

    Kinto asks for the same where it lists them. The permissions and settings that show only the
    collection's metadata (``record:create``, ``kinto.collection_read_principals``) do not count,
    nor does permission to read some of the records.
    """

    def __init__(self, request: Any) -> None:
        for name in ("bucket_id", "collection_id"):
            # Kinto checks IDs in its own views only.
            if not _ID.fullmatch(request.matchdict[name]):
                raise_invalid(request, location="path", name=name, description="Invalid object id")
        super().__init__(request)
        self.resource_name = "record"
        self.required_permission = "read"
        self.permission_object_id = f"{COLLECTION.format(**request.matchdict)}/records"


class RepairContext(RouteFactory):
    """A request that needs permission to write the collection: indexing it again."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.resource_name = "collection"
        self.required_permission = "write"
        self.permission_object_id = COLLECTION.format(**request.matchdict)
        # Without it Kinto asks only for permission to read the bucket, and answers 404.
        self.current_object = {"id": request.matchdict["collection_id"]}


def may_access_records(request: Any, permission: str, bucket_id: str, collection_id: str) -> bool:
    """Return whether the user may list (``read``) or write all records of another collection."""
    context = RouteFactory(request)
    context.resource_name = "record"
    uri = COLLECTION.format(bucket_id=bucket_id, collection_id=collection_id)
    granting = AuthorizationPolicy().get_bound_permissions(f"{uri}/records", permission)
    return bool(context.check_permission(context.get_prefixed_principals(), granting))
