"""The metadata and permissions of the collection, as Kinto stores them."""

from typing import Any

from buildhub_schema.fields import FIELDS
from buildhub_schema.json_schema import json_schema
from buildhub_schema.mapping import search_mapping

BUCKET_ID = "build-hub"
COLLECTION_ID = "releases"


def collection_metadata() -> dict[str, Any]:
    """Return the metadata of the collection."""
    return {
        "schema": json_schema(),
        "index:schema": search_mapping(),
        # Columns and sort order of Kinto's admin page.
        "displayFields": [field.name for field in FIELDS if field.facet and field.required],
        "sort": "-" + next(field.name for field in FIELDS if field.published),
    }


def collection_permissions() -> dict[str, list[str]]:
    """Return the permissions. The publishing account may write, as Kinto makes it the owner."""
    return {"read": ["system.Everyone"]}
