"""What is known of a catalogue goes with it."""

from typing import Any

from buildhub_schema.coverage import coverage_collection_id


def on_collections_deleted(event: Any) -> None:
    """Forget the coverage of deleted collections, in the same transaction.

    One that is made again under the name starts empty, and is complete until no time at all.
    """
    storage = event.request.registry.storage
    for impacted in event.impacted_objects:
        collection_id = coverage_collection_id(str(impacted["old"]["id"]))
        parent_id = f"/buckets/{event.payload['bucket_id']}/collections/{collection_id}"
        storage.delete_all(resource_name="record", parent_id=parent_id)
