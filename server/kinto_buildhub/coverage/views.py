"""The endpoint: what is known of the coverage of a collection."""

from typing import Any

import colander
from buildhub_schema.coverage import PAIRS
from kinto.core import Service
from kinto.core.authorization import DYNAMIC
from kinto.core.resource.schema import ErrorResponseSchema
from kinto.views import object_exists_or_404

from kinto_buildhub.collection_context import CollectionContext
from kinto_buildhub.coverage.snapshot import Snapshot, pair_complete_until, read_snapshot

# What the jobs write, in the order in which people ask.
_FIELDS = (
    "checked_until",
    "checked_by",
    "checked_in_full_until",
    "followed_until",
    "newest_build",
)
_NO_GAPS = {"count": 0, "reasons": {}, "examples": []}

_ORDER = {pair: place for place, pair in enumerate(PAIRS)}


class AnswerSchema(colander.MappingSchema):
    """The answer, for the OpenAPI description."""

    body = colander.SchemaNode(colander.Mapping(unknown="preserve"))


RESPONSES = {
    "200": AnswerSchema(
        description="`data.complete_until`: every build written until then is in the catalogue, or "
        "null where that is not known. `data.channels`: the same for each `product` and `channel` "
        "that a job has told of, with `checked_until`, `checked_by`, `checked_in_full_until`, "
        "`followed_until`, `newest_build`, `gaps` and `last_modified`."
    ),
    "401": ErrorResponseSchema(description="The request is missing authentication headers."),
    "403": ErrorResponseSchema(description="The user may not read the collection."),
    "404": ErrorResponseSchema(description="The bucket or the collection does not exist."),
}

coverage = Service(
    name="coverage",
    path="/buckets/{bucket_id}/collections/{collection_id}/coverage",
    description="Up to which time a catalogue is complete",
    factory=CollectionContext,
)


@coverage.get(  # type: ignore[untyped-decorator]
    permission=DYNAMIC,
    response_schemas=RESPONSES,
    tags=["Records"],
    operation_id="get_coverage",
)
def get_coverage(request: Any) -> dict[str, Any]:
    """Tell up to which time the collection is complete, by product and channel."""
    bucket_id, collection_id = (request.matchdict[k] for k in ("bucket_id", "collection_id"))
    object_exists_or_404(request, "collection", collection_id, parent_id=f"/buckets/{bucket_id}")
    snapshot = read_snapshot(request.registry.storage, (bucket_id, collection_id))
    return {"data": describe(snapshot)}


def describe(snapshot: Snapshot) -> dict[str, Any]:
    """Return what the endpoint tells; before any job has told there are no channels."""
    pairs = sorted(snapshot.records, key=lambda pair: (_ORDER.get(pair, len(PAIRS)), pair))
    return {
        "complete_until": snapshot.complete_until(),
        "channels": [_describe_pair(pair, snapshot.records[pair]) for pair in pairs],
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
