"""The collection that a request below it is about, and who may make it."""

from typing import Any

from kinto.authorization import RouteFactory

COLLECTION = "/buckets/{bucket_id}/collections/{collection_id}"


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
