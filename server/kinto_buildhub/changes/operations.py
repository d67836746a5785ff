"""What the description of the API says of the endpoint."""

from kinto_buildhub.api_docs.components import TEXT
from kinto_buildhub.api_operations import (
    BUCKET,
    COLLECTION,
    Answer,
    Operation,
    Parameter,
    Stability,
)
from kinto_buildhub.changes.event_stream import MEDIA_TYPE

OPERATIONS = (
    Operation(
        "GET",
        "/buckets/{bucket_id}/collections/{collection_id}/changes",
        "listen_to_changes",
        "Listen to changes",
        "Each change of a record as it happens, as Server-Sent Events: `event` is `change` with "
        "the record as `data`, or `delete` with its tombstone; `id` is the timestamp. The stream "
        "stays open. A client that comes back with `Last-Event-ID` misses nothing and gets nothing "
        "twice. A page that waits for the end shows nothing: use `curl -N`. See [Changes](https://buildhub.readthedocs.io/en/latest/api/changes.html).",
        "Builds",
        {200: Answer("The stream.", {MEDIA_TYPE: TEXT}, ("Cache-Control",))},
        (
            BUCKET,
            COLLECTION,
            Parameter(
                "_since",
                "Begin after this timestamp, in milliseconds; by default, with the next change.",
                "0",
            ),
            Parameter(
                "Last-Event-ID",
                "The `id` of the last event that the client has; goes before `_since`.",
                "0",
                place="header",
            ),
        ),
        errors=(401, 404, 501),
        stability=Stability.EXPERIMENTAL,
    ),
)
