"""What the description of the API says of ``/v1/credentials``."""

from collections.abc import Mapping

from kinto_buildhub.api_docs.components import TEXT
from kinto_buildhub.api_operations import (
    JSON,
    Access,
    Answer,
    Body,
    Link,
    Operation,
    Parameter,
    Schema,
    path_parameter,
)
from kinto_buildhub.credentials.values import Scope, State

_TAG = "Credentials"
_OR_NONE: Schema = {"type": ["string", "null"]}
_SCOPES: Schema = {"type": "array", "items": {"enum": [scope.value for scope in Scope]}}
_COLLECTIONS: Schema = {"type": "object", "additionalProperties": _SCOPES}
_TEXTS: Schema = {"type": "array", "items": TEXT}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "required": [*properties], "properties": properties}


def _closed(properties: Mapping[str, Schema], *required: str) -> Schema:
    """Return the schema of an object in a body, which has no other keys."""
    return {
        "type": "object",
        "required": [*required],
        "properties": properties,
        "additionalProperties": False,
    }


_CREDENTIAL = _object(
    client_id=TEXT,
    owner=TEXT,
    state={"enum": [state.value for state in State]},
    collections=_COLLECTIONS,
    networks=_TEXTS,
    created=TEXT,
    expires=_OR_NONE,
    last_used=_OR_NONE,
    generations={
        "type": "array",
        "items": _object(
            number={"type": "integer"}, created=TEXT, is_shown={"type": "boolean"}, ends=_OR_NONE
        ),
    },
)
_SECRET = _object(
    client_id=TEXT,
    generation={"type": "integer"},
    token=TEXT,
    hawk_key=_OR_NONE,
    hawk_algorithm=TEXT,
)
_ENTRY = _object(at=TEXT, actor=TEXT, address=TEXT, action=TEXT, details={"type": "object"})

_PROPOSAL = _closed(
    {
        "data": _closed(
            {
                "client_id": {**TEXT, "description": "Letters, digits and `.` `_` `-`."},
                "collections": {**_COLLECTIONS, "description": "Scopes by `bucket/collection`."},
                "expires": {**_OR_NONE, "description": "A date, or a time with an offset."},
                "networks": {**_TEXTS, "description": "Addresses that may use it, as CIDR."},
            },
            "client_id",
            "collections",
        )
    },
    "data",
)
_ROTATION = _closed({"data": _closed({"overlap_seconds": {"type": "integer", "minimum": 0}})})


def _client_id(example: str) -> Parameter:
    return path_parameter(
        "client_id", "Of the credential; the one of the example is not on your server.", example
    )


def _operation(
    method: str,
    below: str,
    name: str,
    summary: str,
    description: str,
    schema: Schema,
    *,
    status: int = 200,
    client_id: str = "",
    body: Body | None = None,
    errors: tuple[int, ...] = (401, 404),
    links: tuple[Link, ...] = (),
) -> Operation:
    return Operation(
        method,
        f"/credentials{below}",
        name,
        summary,
        f"{description} For accounts; who administers credentials also sees those of others.",
        _TAG,
        {status: Answer("What is known now.", {JSON: _object(data=schema)})},
        (_client_id(client_id),) if client_id else (),
        body,
        errors=errors,
        access=Access.WRITERS,
        links=links,
    )


_NEXT = tuple(
    Link(operation_id, {"client_id": "$response.body#/data/client_id"})
    for operation_id in (
        *("get_credential", "revoke_credential", "get_credential_log"),
        *("approve_credential", "show_credential_secret", "rotate_credential"),
    )
)

OPERATIONS = (
    _operation(
        "GET",
        "",
        "list_credentials",
        "List credentials",
        "All of the account's.",
        {"type": "array", "items": _CREDENTIAL},
        errors=(401,),
    ),
    _operation(
        "POST",
        "",
        "request_credential",
        "Request a credential",
        "It works once it is approved and its secret is shown.",
        _CREDENTIAL,
        status=201,
        body=Body(
            "What the credential is to be for.",
            _PROPOSAL,
            {
                "data": {
                    "client_id": "ci-nightly",
                    "collections": {"build-hub/releases": ["publish"]},
                    "networks": ["192.0.2.0/24"],
                }
            },
        ),
        errors=(401, 409, 415),
        links=_NEXT,
    ),
    _operation(
        "GET",
        "/{client_id}",
        "get_credential",
        "Read a credential",
        "What it is for, and whether it works.",
        _CREDENTIAL,
        client_id="ci-publisher",
    ),
    _operation(
        "DELETE",
        "/{client_id}",
        "revoke_credential",
        "Revoke a credential",
        "It is refused from now on, and stays in the list and in its log.",
        _CREDENTIAL,
        client_id="ci-old",
    ),
    _operation(
        "GET",
        "/{client_id}/log",
        "get_credential_log",
        "Read the log of a credential",
        "Who did what, when and from where.",
        {"type": "array", "items": _ENTRY},
        client_id="ci-publisher",
    ),
    _operation(
        "POST",
        "/{client_id}/approve",
        "approve_credential",
        "Approve a credential",
        "Only who administers credentials may.",
        _CREDENTIAL,
        client_id="ci-requested",
        errors=(401, 404, 409, 415),
    ),
    _operation(
        "POST",
        "/{client_id}/secret",
        "show_credential_secret",
        "Get the secret of a credential, once",
        "Token and Hawk key of an approved credential. They are not stored.",
        _SECRET,
        client_id="ci-approved",
        errors=(401, 404, 409, 415),
    ),
    _operation(
        "POST",
        "/{client_id}/rotate",
        "rotate_credential",
        "Get a new secret",
        "The last one works for `overlap_seconds` more, a day if that is not given.",
        _SECRET,
        client_id="ci-publisher",
        body=Body(
            "How long the last secret works.",
            _ROTATION,
            {"data": {"overlap_seconds": 3600}},
            required=False,
        ),
        errors=(401, 404, 409, 415),
    ),
)
