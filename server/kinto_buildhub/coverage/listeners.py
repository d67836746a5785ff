"""A catalogue's coverage is deleted with it."""

from typing import Any

from buildhub_schema.coverage import coverage_collection_id

from kinto_buildhub.collection_context import may_access_records


def on_collections_deleted(event: Any) -> None:
    """Delete the coverage of deleted collections, in the same transaction.

    A collection that is created again under the name is empty, and not complete up to any time.
    Coverage that the user may not write stays: it may belong to somebody else.
    """
    storage, bucket_id = event.request.registry.storage, event.payload["bucket_id"]
    for impacted in event.impacted_objects:
        collection_id = coverage_collection_id(str(impacted["old"]["id"]))
        if may_access_records(event.request, "write", bucket_id, collection_id):
            parent_id = f"/buckets/{bucket_id}/collections/{collection_id}"
            storage.delete_all(resource_name="record", parent_id=parent_id)
