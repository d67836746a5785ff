"""The endpoint ``coverage`` of a collection."""

from typing import Any

import colander
from buildhub_schema.coverage import PAIRS, coverage_collection_id
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.resource.schema import ErrorResponseSchema
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.views import object_exists_or_404
from pyramid.httpexceptions import HTTPForbidden

from kinto_buildhub.collection_context import CollectionContext, may_access_records
from kinto_buildhub.coverage.completeness import (
    CollectionCoverage,
    pair_complete_until,
    read_coverage,
)

# The fields that jobs write, most asked for first.
_FIELDS = (
    "checked_until",
    "checked_by",
    "checked_in_full_until",
    "followed_until",
    "newest_build",
)
_NO_GAPS = {"count": 0, "reasons": {}, "examples": []}

_ORDER = {pair: place for place, pair in enumerate(PAIRS)}


class CoverageResponseSchema(colander.MappingSchema):
    """The response, for the OpenAPI description."""

    body = colander.SchemaNode(colander.Mapping(unknown="preserve"))


RESPONSES = {
    "200": CoverageResponseSchema(
        description="`data.complete_until`: every build written until then is in the catalogue; "
        "null where that is not known. `data.channels`: the same for each `product` and `channel` "
        "that a job has reported on, with `checked_until`, `checked_by`, `checked_in_full_until`, "
        "`followed_until`, `newest_build`, `gaps` and `last_modified`."
    ),
    "401": ErrorResponseSchema(description="The request is missing authentication headers."),
    "403": ErrorResponseSchema(description="The user may not read the collection."),
    "404": ErrorResponseSchema(description="The bucket or the collection does not exist."),
}

coverage_service = Service(
    name="coverage",
    path="/buckets/{bucket_id}/collections/{collection_id}/coverage",
    description="The time up to which a catalogue is complete",
    factory=CollectionContext,
)


@coverage_service.get(  # type: ignore[untyped-decorator]
    permission=DYNAMIC,
    response_schemas=RESPONSES,
    tags=["Records"],
    operation_id="get_coverage",
)
def get_coverage(request: Any) -> dict[str, Any]:
    """Return the time up to which the collection is complete, by product and channel."""
    bucket_id, collection_id = (request.matchdict[k] for k in ("bucket_id", "collection_id"))
    object_exists_or_404(request, "collection", collection_id, parent_id=f"/buckets/{bucket_id}")
    _require_access(request, bucket_id, coverage_collection_id(collection_id))
    coverage = read_coverage(request.registry.storage, (bucket_id, collection_id))
    return {"data": describe_coverage(coverage)}


def _require_access(request: Any, bucket_id: str, collection_id: str) -> None:
    """Refuse users who may not list the coverage itself, which may belong to somebody else.

    Raises:
        HTTPForbidden: the coverage collection exists, and the user may not list its records.
    """
    if may_access_records(request, "read", bucket_id, collection_id):
        return
    try:
        request.registry.storage.get(
            resource_name="collection",
            parent_id=f"/buckets/{bucket_id}",
            object_id=collection_id,
        )
    except ObjectNotFoundError:
        return
    raise HTTPForbidden


def describe_coverage(coverage: CollectionCoverage) -> dict[str, Any]:
    """Return the endpoint's data; without any report there are no channels."""
    pairs = sorted(coverage.records, key=lambda pair: (_ORDER.get(pair, len(PAIRS)), pair))
    return {
        "complete_until": coverage.complete_until(),
        "channels": [_describe_pair(pair, coverage.records[pair]) for pair in pairs],
    }


def _describe_pair(pair: tuple[str, str], record: dict[str, Any]) -> dict[str, Any]:
    product, channel = pair
    return {
        "product": product,
        "channel": channel,
        "complete_until": pair_complete_until(record),
        **{name: record.get(name) for name in _FIELDS},
        "gaps": record.get("gaps", _NO_GAPS),
        "last_modified": record["last_modified"],
    }
