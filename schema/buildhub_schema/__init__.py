"""The collection as data: the fields of its records, the products, and what follows from them.

``fields`` is the one place that defines a record's fields. The JSON schema, the search mapping, the
database indexes, the display fields and the reference page are made from it. ``products`` is the
one list of products.
"""

from buildhub_schema.collection import BUCKET_ID, COLLECTION_ID, collection_metadata
from buildhub_schema.fields import FIELDS, Field, Kind
from buildhub_schema.json_schema import json_schema
from buildhub_schema.mapping import search_mapping

__all__ = [
    "BUCKET_ID",
    "COLLECTION_ID",
    "FIELDS",
    "Field",
    "Kind",
    "collection_metadata",
    "json_schema",
    "search_mapping",
]
