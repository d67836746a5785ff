"""The endpoint: checks of the headers, and the stream of results."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import colander
import orjson
from kinto.authorization import RouteFactory
from kinto.core import Service
from kinto.core.errors import ERRORS, http_error
from kinto.core.resource.schema import ErrorResponseSchema
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.threadlocal import RequestContext
from pyramid.view import render_view_to_response

from kinto_buildhub.bulk.background import Background
from kinto_buildhub.bulk.body import check_line_count, iter_blocks, iter_chunks, iter_lines
from kinto_buildhub.bulk.events import notify_before_commit
from kinto_buildhub.bulk.records import LineStatus
from kinto_buildhub.bulk.writer import RecordWriter
from kinto_buildhub.execution import StreamedResponse

CONTENT_TYPE = "application/x-ndjson"

# The most that DEFLATE makes of a byte.
_GZIP_RATIO = 1032

bulk = Service(
    name="bulk",
    path="/buckets/{bucket_id}/collections/{collection_id}/bulk",
    description="Upsert many records of a collection",
    factory=RouteFactory,
)


class BulkResponseSchema(colander.MappingSchema):
    """The response in the OpenAPI description, which cannot express a stream of JSON."""

    body = colander.SchemaNode(colander.String())


RESPONSES = {
    "200": BulkResponseSchema(
        description="A JSON object a line: for each record in order `id`, `status` (created, "
        "updated, unchanged, invalid or forbidden), `last_modified` and `error`; at the end "
        "`summary`, or `error` when the request could not be served to its end."
    ),
    "400": ErrorResponseSchema(
        description="The body breaks off, or is not gzip as announced, or `keep` names no field."
    ),
    "401": ErrorResponseSchema(description="The request is missing authentication headers."),
    "403": ErrorResponseSchema(description="The user can write no record of the collection."),
    "404": ErrorResponseSchema(description="The bucket or the collection does not exist."),
    "413": ErrorResponseSchema(
        description="The body is larger, or has more lines, than the server takes."
    ),
    "415": ErrorResponseSchema(description="The body is no NDJSON, or packed in another way."),
    "503": ErrorResponseSchema(
        description="The server cannot store anything now, or not in the time of a request."
    ),
}


@bulk.post(  # type: ignore[untyped-decorator]
    permission=NO_PERMISSION_REQUIRED,  # Permissions are checked for each line.
    content_type=(CONTENT_TYPE,),
    renderer="string",
    response_schemas=RESPONSES,
    tags=["Records"],
    operation_id="bulk_records",
)
def post_bulk(request: Any) -> StreamedResponse:
    """Upsert the records of the body, a JSON object a line.

    The answer has a line for each, in order, and ends with a summary. If it ends without one, the
    records that it does not mention were not written.
    """
    if hasattr(request, "parent"):
        _commit_default_bucket(request)
    results = Background(
        lambda: _iter_results(request),
        render_error=lambda error: _render_error(request, error),
    )
    return StreamedResponse(app_iter=results.start(), content_type=CONTENT_TYPE, charset=None)


def _commit_default_bucket(request: Any) -> None:
    """Make the default bucket, which this request has created, visible to other transactions."""
    notify_before_commit(request)
    request.tm.commit()
    request.bound_data.pop("resource_events", None)
    request.tm.begin()


def _iter_results(request: Any) -> Iterator[bytes]:
    with RequestContext(request):
        writer = RecordWriter(request)
        limits = request.registry.buildhub_bulk
        _check_headers(request)
        _check_line_count(request)
        blocks = iter_blocks(
            request.body_file,
            is_gzip=_content_encoding(request) == "gzip",
            max_bytes=limits.max_request_bytes,
            timeout_seconds=limits.timeout_seconds,
        )
        lines = iter_lines(blocks, max_line_bytes=limits.max_line_bytes, max_lines=limits.max_lines)
        counts = Counter({status.value: 0 for status in LineStatus})
        for chunk in iter_chunks(lines, size=limits.batch_size, size_bytes=limits.batch_bytes):
            written = writer.write(chunk)
            counts.update(line.status.value for line in written if line.status)
            yield b"".join(line.render() for line in written)
        yield orjson.dumps({"summary": counts}) + b"\n"


def _check_headers(request: Any) -> None:
    if request.content_type != CONTENT_TYPE:
        raise _unsupported(f"Content-Type is {request.content_type!r}: expected {CONTENT_TYPE!r}.")
    encoding = _content_encoding(request)
    if encoding not in ("gzip", "identity"):
        raise _unsupported(f"Content-Encoding is {encoding!r}: expected 'gzip', or none.")


def _check_line_count(request: Any) -> None:
    limits, body = request.registry.buildhub_bulk, request.body_file_raw
    is_gzip = _content_encoding(request) == "gzip"
    most_bytes = (request.content_length or 0) * (_GZIP_RATIO if is_gzip else 1)
    if most_bytes > limits.max_lines and hasattr(body, "seek"):
        check_line_count(
            body, is_gzip=is_gzip, max_bytes=limits.max_request_bytes, max_lines=limits.max_lines
        )


def _content_encoding(request: Any) -> str:
    return str(request.headers.get("Content-Encoding") or "identity").strip().lower()


def _unsupported(message: str) -> httpexceptions.HTTPException:
    return http_error(
        httpexceptions.HTTPUnsupportedMediaType(),
        errno=ERRORS.INVALID_PARAMETERS,
        message=message,
    )


def _render_error(request: Any, error: Exception) -> bytes:
    """Return the last line of an answer that has begun: Kinto's response to the error."""
    response = render_view_to_response(error, request)
    return orjson.dumps({"error": response.json}) + b"\n"
