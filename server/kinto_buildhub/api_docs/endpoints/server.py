"""What the server says of itself."""

from kinto_buildhub.api_docs.components import ANY_OBJECT, TEXT, list_of, reference
from kinto_buildhub.api_docs.endpoints.kinto_parameters import FILTERS, LISTING, SELECTION
from kinto_buildhub.api_operations import (
    BUCKET,
    JSON,
    Access,
    Answer,
    Operation,
    Stability,
    path_parameter,
)


def _info(
    path: str, operation_id: str, summary: str, description: str, media_type: str = JSON
) -> Operation:
    """Return the row of something that everyone may read."""
    schema = ANY_OBJECT if media_type == JSON else TEXT
    return Operation(
        "GET",
        path,
        operation_id,
        summary,
        description,
        "Server",
        {200: Answer("What was asked for.", {media_type: schema})},
        access=Access.EVERYONE,
    )


_HEARTBEAT = _info(
    "/__heartbeat__",
    "heartbeat",
    "Is everything well?",
    "Tries the database, the cache and search. `false` is what does not work, and the status is "
    "503 then, but for search and coverage.",
)

SERVER = (
    _info(
        "/",
        "server_info",
        "Read about the server",
        "Version, settings, and what it can do. `/` at the root of the host leads here, and "
        "browsers to the search page.",
    ),
    _HEARTBEAT,
    _info("/__lbheartbeat__", "lbheartbeat", "Does it answer?", "For load balancers."),
    _info("/__version__", "get_version", "Read the version", "Version and commit of the server."),
    _info("/contribute.json", "contribute", "Read how to contribute", "As operators provide it."),
    _info(
        "/__api__",
        "get_openapi_spec",
        "The API as Swagger 2.0",
        "What Kinto makes of its own views, for clients that rely on it.",
    ),
    _info("/openapi.json", "get_openapi", "The API as OpenAPI 3.1", "This document."),
    _info(
        "/docs/",
        "get_docs",
        "The API in a browser",
        "Swagger UI over the OpenAPI document.",
        "text/html",
    ),
    _info(
        "/docs/changes",
        "get_changes",
        "What has changed for clients",
        "Changes of the API, newest first.",
        "text/html",
    ),
    _info(
        "/docs/changes.atom",
        "get_changes_feed",
        "What has changed for clients, as a feed",
        "Changes of the API, newest first.",
        "application/atom+xml",
    ),
    Operation(
        "DELETE",
        "/__user_data__/{principal}",
        "delete_user_data",
        "Delete what a user has",
        "Deletes everything that only this user may read or write. For administrators, where the "
        "settings permit it.",
        "Accounts",
        {200: Answer("It is deleted.", {JSON: ANY_OBJECT})},
        (path_parameter("principal", "The user.", "account:colleague"),),
        errors=(401, 404),
        access=Access.WRITERS,
        stability=Stability.EXPERIMENTAL,
    ),
    Operation(
        "GET",
        "/permissions",
        "get_permissions",
        "List one's own permissions",
        "Where `kinto.experimental_permissions_endpoint` is set.",
        "Accounts",
        {200: Answer("What the user may do.", {JSON: list_of(ANY_OBJECT)})},
        (*LISTING, FILTERS),
        errors=(401,),
        stability=Stability.EXPERIMENTAL,
    ),
    Operation(
        "GET",
        "/buckets/{bucket_id}/history",
        "get_history",
        "List the changes of a bucket",
        "Where Kinto's plugin `history` is on.",
        "Buckets",
        {200: Answer("The changes, newest first.", {JSON: list_of(ANY_OBJECT)})},
        (BUCKET, *LISTING, FILTERS),
        errors=(401, 404),
    ),
    Operation(
        "DELETE",
        "/buckets/{bucket_id}/history",
        "delete_history",
        "Delete changes of a bucket",
        "Where Kinto's plugin `history` is on.",
        "Buckets",
        {200: Answer("What is left.", {JSON: list_of(reference("Deleted"))})},
        (BUCKET, *SELECTION, FILTERS),
        errors=(401, 404),
        access=Access.WRITERS,
    ),
)
