"""The OpenAPI 3.1 document of a server, made from the rows of its operations."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from kinto_buildhub.api_docs import components, examples
from kinto_buildhub.api_docs.routes import served_operations
from kinto_buildhub.api_operations import (
    JSON,
    Access,
    Answer,
    Body,
    ErrorShape,
    Link,
    Operation,
    Parameter,
)

PROBLEM = "application/problem+json"

_SHOWN = {
    ErrorShape.KINTO: (),
    ErrorShape.ELASTIC: (),
    ErrorShape.PAGE: ("text/html", "text/csv", "application/atom+xml"),
    ErrorShape.PICTURE: ("image/svg+xml",),
}
"""The other media types of errors."""

TAGS = {
    "Builds": "Records of the catalogue: lists with filters, and single ones.",
    "Search": "Searches in Elasticsearch's query language.",
    "Latest builds": "The newest build of a channel.",
    "Exports": "The whole catalogue as files.",
    "Catalogue pages": "The pages, and the same data as JSON, CSV and Atom.",
    "Publish": "Many changes in one request.",
    "Buckets": "Buckets hold collections and groups.",
    "Collections": "Collections hold records.",
    "Groups": "Groups of users, who share permissions.",
    "Accounts": "Names and passwords.",
    "Credentials": "Credentials of publishers.",
    "Old addresses": "Addresses of older services, which lead to the same answers.",
    "Server": "What the server is, and how it is.",
}

Json = dict[str, Any]


def build_document(registry: Any, *, version: str) -> Json:
    """Return the document of the operations that the server has.

    Args:
        version: of the server.
    """
    rows = served_operations(registry)
    security = components.BASIC | getattr(registry, "buildhub_api_security", {})
    used = {row.tag for row in rows}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "BuildHub",
            "summary": "A public, searchable catalogue of every build that Mozilla ships.",
            "description": _DESCRIPTION,
            "version": version,
            "license": {"name": "MPL-2.0", "identifier": "MPL-2.0"},
        },
        "servers": [{"url": "/v1", "description": "This server."}],
        "externalDocs": {"url": "https://buildhub.readthedocs.io/"},
        "tags": [{"name": name, "description": TAGS[name]} for name in TAGS if name in used],
        "paths": _paths(rows, list(security)),
        "components": {
            "schemas": components.schemas(),
            "securitySchemes": security,
            "headers": {
                name: {"description": description, "schema": schema}
                for name, (description, schema) in components.HEADERS.items()
            },
            "responses": _error_answers(),
        },
    }


_ROOT = [{"url": "/", "description": "The root of the host."}]

_DESCRIPTION = """\
One record a downloadable build: which file, built from what, published when.

Reads of the catalogue need no credentials. `HEAD` answers wherever `GET` does, without a body.
Web pages of any origin may read (CORS).

Operations marked `x-stability: experimental` may change with any release;
of the others, [changes](/v1/docs/changes) are announced.
"""


def _paths(rows: Iterable[Operation], schemes: list[str]) -> Json:
    paths: Json = {}
    for row in sorted(rows, key=lambda row: (row.path, row.method)):
        methods = paths.setdefault(row.path, {"servers": _ROOT} if row.at_root else {})
        methods[row.method.lower()] = _operation(row, schemes)
    return paths


def _operation(row: Operation, schemes: list[str]) -> Json:
    operation: Json = {
        "operationId": row.operation_id,
        "summary": row.summary,
        "description": row.description,
        "tags": [row.tag],
        "x-stability": row.stability.value,
        "security": _security(row.access, schemes),
        "responses": _answers(row),
    }
    if row.parameters:
        operation["parameters"] = [_parameter(each) for each in row.parameters]
    if row.body:
        operation["requestBody"] = _body(row.body)
    return operation


def _security(access: Access, schemes: list[str]) -> list[Json]:
    if access is Access.EVERYONE:
        return []
    anonymous: list[Json] = [{}] if access is Access.READERS else []
    return [*anonymous, *({name: []} for name in schemes)]


def _parameter(row: Parameter) -> Json:
    found: Json = {
        "name": row.name,
        "in": row.place,
        "description": row.description,
        "required": row.required,
        "schema": row.schema,
    }
    if row.filled_in:
        return found | {"example": row.example}
    # Forms are filled in with other examples, and all filters at once find nothing.
    return found | {"schema": row.schema | {"examples": [row.example]}}


def _body(row: Body) -> Json:
    media: Json = {"schema": row.schema, "example": row.example}
    first, *others = row.content_types
    return {
        "description": row.description,
        "required": row.required,
        "content": {first: media} | {name: {"schema": row.schema} for name in others},
    }


def _answers(row: Operation) -> Json:
    answers = {str(status): _answer(row, status, answer) for status, answer in row.answers.items()}
    for status in sorted({*components.EVERY_OPERATION, *row.errors}):
        answers.setdefault(str(status), _error_answer(row, status))
    return answers


def _error_answer(row: Operation, status: int) -> Json:
    name = f"{row.error_shape.value}{_error_name(status)}"
    if status not in row.error_schemas:
        return {"$ref": f"#/components/responses/{name}"}
    content = _error_content(row.error_shape, status)
    either = {"anyOf": [row.error_schemas[status], content[JSON]["schema"]]}
    return {
        "description": components.ERRORS[status],
        "content": content | {JSON: content[JSON] | {"schema": either}},
    }


def _answer(row: Operation, status: int, answer: Answer) -> Json:
    found: Json = {"description": answer.description}
    if answer.headers:
        found["headers"] = {
            name: {"$ref": f"#/components/headers/{name}"} for name in answer.headers
        }
    if answer.content and row.method != "HEAD":
        recorded = examples.recorded().get(row.operation_id, {})
        found["content"] = {
            media_type: {"schema": schema}
            | ({"example": recorded["body"]} if _is_of(recorded, status, media_type) else {})
            for media_type, schema in answer.content.items()
        }
        if row.links:
            found["links"] = {link.operation_id: _link(link) for link in row.links}
    return found


def _link(link: Link) -> Json:
    return {"operationId": link.operation_id, "parameters": dict(link.parameters)}


def _is_of(recorded: Mapping[str, Any], status: int, media_type: str) -> bool:
    return bool(recorded) and (recorded["status"], recorded["type"]) == (status, media_type)


def _error_answers() -> Json:
    """Return the shared answers: each error, in each shape."""
    return {
        f"{shape.value}{_error_name(status)}": {
            "description": meaning,
            "content": _error_content(shape, status),
        }
        for status, meaning in components.ERRORS.items()
        for shape in ErrorShape
    }


def _error_content(shape: ErrorShape, status: int) -> Json:
    schema = components.reference("SearchError" if shape is ErrorShape.ELASTIC else "Error")
    content: Json = {
        JSON: {"schema": schema, "example": examples.error(shape, status)},
        PROBLEM: {"schema": components.reference("Error")},
    }
    return content | {media_type: {"schema": components.TEXT} for media_type in _SHOWN[shape]}


def _error_name(status: int) -> str:
    return re.sub(r"\W", "", HTTPStatus(status).phrase)
