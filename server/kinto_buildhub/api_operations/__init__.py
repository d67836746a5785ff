"""What a capability says of its HTTP operations, for the description of the API in OpenAPI.

A capability has a table of :class:`Operation` beside its views, and hands it over from its
``includeme`` with :func:`describe_operations`. ``api_docs`` makes the document of these rows, and a
test compares them with the routes of the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Schema = dict[str, Any]
"""A JSON Schema; ``{"$ref": "#/components/schemas/Error"}`` is one of `api_docs.components`."""

JSON = "application/json"


class Access(Enum):
    """Who may send a request."""

    EVERYONE = "everyone"
    """No credentials are looked at."""
    READERS = "readers"
    """Those with permission to read, which a public catalogue gives to everyone."""
    WRITERS = "writers"
    """Those with permission to change it; never everyone, as a server is set up."""


class Stability(Enum):
    """What clients may rely on."""

    STABLE = "stable"
    """Changes are announced, and old requests go on working."""
    EXPERIMENTAL = "experimental"
    """It may change with any release."""


class ErrorShape(Enum):
    """What the errors of an operation look like: the first part of their names in the document."""

    KINTO = ""
    """Kinto's error object."""
    ELASTIC = "Search"
    """Kinto's error object, with Elasticsearch's keys."""
    PAGE = "Page"
    """A page, in the format that was asked for."""
    PICTURE = "Picture"
    """A picture, or Kinto's error object."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the address, or a header.

    Attributes:
        place: ``path``, ``query`` or ``header``.
        example: a value that works on a catalogue of builds.
        required: a request without it is refused. All of the path are.
        filled_in: the example is part of the operation's example, and of the form on the page.
    """

    name: str
    description: str
    example: Any
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    place: str = "query"
    required: bool = False
    filled_in: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request.

    Attributes:
        example: a body that works; text for other types than JSON.
        content_types: the first is that of the example.
    """

    description: str
    schema: Schema
    example: Any
    content_types: tuple[str, ...] = (JSON,)
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no error.

    Attributes:
        content: schema of the body by media type; empty for no body.
        headers: names, of those in `api_docs.components`.
    """

    description: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Another operation, whose request can be made of an answer.

    Attributes:
        operation_id: of the other operation.
        parameters: its parameters by name, each where it is found in this operation, as OpenAPI's
            runtime expressions: ``$response.body#/data/id``, ``$request.path.id``.
    """

    operation_id: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method at an address.

    Attributes:
        path: below ``/v1``, as in the route, but without regular expressions: ``/buckets/{id}``.
        at_root: *path* is below the root of the host instead.
        operation_id: unique; what generated clients call it.
        summary: a few words, as a heading.
        description: what it does, in CommonMark.
        tag: the heading that it stands under.
        answers: by status. The first is that of the example.
        errors: statuses of errors, besides those of every operation.
        error_shape: what errors look like.
        error_schemas: what those of a status may also look like, by status.
        links: what can be asked next, with what an answer has.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    description: str
    tag: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    errors: tuple[int, ...] = ()
    access: Access = Access.READERS
    stability: Stability = Stability.STABLE
    error_shape: ErrorShape = ErrorShape.KINTO
    error_schemas: Mapping[int, Schema] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    at_root: bool = False


def describe_operations(config: Any, *operations: Operation) -> None:
    """Add rows to the description of the API."""
    registry = config.registry
    if not hasattr(registry, "buildhub_api_operations"):
        registry.buildhub_api_operations = []
    registry.buildhub_api_operations.extend(operations)


def path_parameter(name: str, description: str, example: str) -> Parameter:
    """Return a parameter of the path."""
    return Parameter(name, description, example, place="path", required=True, filled_in=True)


BUCKET = path_parameter(
    "bucket_id", "The bucket; that of the catalogue is `build-hub`.", "build-hub"
)
COLLECTION = path_parameter(
    "collection_id", "The collection; that of the catalogue is `releases`.", "releases"
)
