"""The collection that a request below it is about, and who may make it."""

import re
from typing import Any

from kinto.authorization import RouteFactory

COLLECTION = "/buckets/{bucket_id}/collections/{collection_id}"

# The default bucket is an alias, of another bucket for each user.
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
    """Whoever may read the collection may search it."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.resource_name = "collection"
        self.required_permission = "read"
        self.permission_object_id = COLLECTION.format(**request.matchdict)


class RepairContext(CollectionContext):
    """Whoever may write the whole collection may have it indexed again."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.required_permission = "write"
        # Of an object that is not there Kinto lets everyone who may see its place learn so.
        self.current_object = {"id": request.matchdict["collection_id"]}
