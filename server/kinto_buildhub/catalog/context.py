"""Whose permission a page needs: that of the list of the catalogue's records."""

from typing import Any

from kinto_buildhub.collection_context import CollectionContext


class CatalogContext(CollectionContext):
    """A page about the one collection that the settings call the catalogue.

    Search and lists find the collection in their address; here it is put there.
    """

    def __init__(self, request: Any) -> None:
        bucket_id, collection_id = request.registry.buildhub_catalog_collection
        request.matchdict.update(bucket_id=bucket_id, collection_id=collection_id)
        super().__init__(request)
