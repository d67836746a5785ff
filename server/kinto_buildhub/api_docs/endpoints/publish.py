"""Many changes in one request, and up to when the catalogue is complete."""

from kinto_buildhub.api_docs.components import ANY_OBJECT, TEXT, list_of
from kinto_buildhub.api_operations import (
    BUCKET,
    COLLECTION,
    JSON,
    Access,
    Answer,
    Body,
    Operation,
    Parameter,
)

_PATH = "/buckets/{bucket_id}/collections/{collection_id}"
_NDJSON = "application/x-ndjson"
_TIME = {"type": ["string", "null"], "format": "date-time"}

_BATCHED = {
    "type": "object",
    "properties": {
        "method": {"enum": ["GET", "HEAD", "DELETE", "TRACE", "POST", "PUT", "PATCH"]},
        "path": {"type": "string", "pattern": "^/"},
        "headers": {"type": "object", "additionalProperties": TEXT},
        "body": ANY_OBJECT,
    },
}

PUBLISH = (
    Operation(
        "POST",
        f"{_PATH}/bulk",
        "bulk_records",
        "Create or replace many records",
        "A record a line. The answer has a line for each, in order, and a summary at the end; "
        "without a summary, the records that it does not mention were not written. See "
        "[Bulk](https://buildhub.readthedocs.io/en/latest/api/bulk.html).",
        "Publish",
        {
            200: Answer(
                "A JSON object a line: `id`, `status` (created, updated, unchanged, invalid or "
                "forbidden), `last_modified` and `error`; the last one has `summary`, or `error` "
                "if the request could not be served to its end.",
                {_NDJSON: TEXT},
            )
        },
        (
            BUCKET,
            COLLECTION,
            Parameter(
                "keep",
                "Fields, separated by commas, that stay as they are stored where a record does not "
                "have them and the rest of their object is the same.",
                "download.md5",
            ),
        ),
        Body(
            "NDJSON, which may be compressed (`Content-Encoding: gzip`).",
            TEXT,
            '{"id": "one", "target": {"version": "53.0b9"}}\n',
            (_NDJSON,),
        ),
        errors=(400, 401, 404, 413, 415),
        access=Access.WRITERS,
    ),
    Operation(
        "POST",
        "/batch",
        "batch",
        "Several requests in one",
        "Each is answered as if it had come alone, and all changes are stored together. The "
        "number of requests is limited: `batch_max_requests` in the settings that `/` shows.",
        "Publish",
        {
            200: Answer(
                "The answers, in order.",
                {
                    JSON: {
                        "type": "object",
                        "required": ["responses"],
                        "properties": {
                            "responses": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["status", "path"],
                                    "properties": {
                                        "status": {"type": "integer"},
                                        "path": TEXT,
                                        "headers": ANY_OBJECT,
                                        "body": {},
                                    },
                                },
                            }
                        },
                    }
                },
            )
        },
        body=Body(
            "`defaults` are the parts that requests have in common.",
            {
                "type": "object",
                "required": ["requests"],
                "additionalProperties": False,
                "properties": {
                    "defaults": _BATCHED,
                    "requests": {"type": "array", "items": {**_BATCHED, "required": ["path"]}},
                },
            },
            {
                "defaults": {"method": "GET"},
                "requests": [
                    {"path": "/v1/buckets/build-hub/collections/releases/records?_limit=1"},
                    {"path": "/v1/__version__"},
                ],
            },
        ),
        errors=(401, 404, 413, 415),
        access=Access.EVERYONE,
    ),
    Operation(
        "GET",
        f"{_PATH}/coverage",
        "get_coverage",
        "Up to when the catalogue is complete",
        "By product and channel, as the jobs have reported. See "
        "[Coverage](https://buildhub.readthedocs.io/en/latest/api/coverage.html).",
        "Builds",
        {
            200: Answer(
                "Times are null where nothing is known.",
                {
                    JSON: {
                        "type": "object",
                        "required": ["data"],
                        "properties": {
                            "data": {
                                "type": "object",
                                "required": ["complete_until", "channels"],
                                "properties": {
                                    "complete_until": _TIME,
                                    "channels": list_of(ANY_OBJECT)["properties"]["data"],
                                },
                            }
                        },
                    }
                },
            )
        },
        (BUCKET, COLLECTION),
        errors=(401, 404),
    ),
)
