"""A catalogue's coverage is deleted with it."""

from typing import Any

from buildhub_schema.coverage import coverage_collection_id


def on_collections_deleted(event: Any) -> None:
    """Delete the coverage of deleted collections, in the same transaction.

    A collection that is created again under the name is empty, and not complete up to any time.
    """
    storage = event.request.registry.storage
    for impacted in event.impacted_objects:
        collection_id = coverage_collection_id(str(impacted["old"]["id"]))
        parent_id = f"/buckets/{event.payload['bucket_id']}/collections/{collection_id}"
        storage.delete_all(resource_name="record", parent_id=parent_id)
