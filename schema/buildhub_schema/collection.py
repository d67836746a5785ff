"""The collection's metadata and permissions, as a server stores them."""

from typing import Any

from buildhub_schema.fields import FIELDS
from buildhub_schema.json_schema import json_schema
from buildhub_schema.mapping import search_mapping

BUCKET_ID = "build-hub"
COLLECTION_ID = "releases"


def collection_metadata() -> dict[str, Any]:
    """Return what stands in the collection beside its records."""
    return {
        "schema": json_schema(),
        "index:schema": search_mapping(),
        # What Kinto's admin page shows as columns and sorts by.
        "displayFields": [field.name for field in FIELDS if field.facet and field.required],
        "sort": "-" + next(field.name for field in FIELDS if field.published),
    }


def collection_permissions() -> dict[str, list[str]]:
    """Return who may do what. Writing is the publishing account's, who owns what it creates."""
    return {"read": ["system.Everyone"]}
