"""The newest builds, at addresses that stay."""

from kinto_buildhub.api_docs.components import ANY_OBJECT, TEXT
from kinto_buildhub.api_operations import (
    JSON,
    Answer,
    Operation,
    Parameter,
    path_parameter,
)

_BEFORE = Parameter(
    "before", "As of the start of this day, or of this moment, in UTC.", "2018-01-01"
)
_PARTS = (
    path_parameter("product", "The product.", "firefox"),
    path_parameter("channel", "The channel; also `esr-next` and `devedition`.", "beta"),
    path_parameter("platform", "The platform.", "win64"),
    path_parameter("locale", "The locale.", "fr"),
)
_HEADERS = ("ETag", "Cache-Control", "Complete-Until")
_DATA = {"type": "object", "required": ["data"], "properties": {"data": ANY_OBJECT}}


def _list(depth: int, operation_id: str, summary: str, description: str) -> Operation:
    """Return the row of a list, below so many parts of the path."""
    return Operation(
        "GET",
        "/".join(["/latest", *(f"{{{part.name}}}" for part in _PARTS[:depth])]),
        operation_id,
        summary,
        description,
        "Latest builds",
        {
            200: Answer("The newest builds.", {JSON: _DATA}, _HEADERS),
            304: Answer("Nothing has changed.", headers=_HEADERS),
        },
        (*_PARTS[:depth], _BEFORE),
        errors=(401, 404, 504),
    )


LATEST = (
    _list(0, "list_latest", "List products and their channels", "Each with its newest build."),
    _list(1, "list_latest_of_product", "List the channels of a product", "With the newest build."),
    _list(
        2,
        "list_latest_of_channel",
        "List the newest builds of a channel",
        "One for each platform and locale, with the address of its file.",
    ),
    Operation(
        "GET",
        "/latest/{product}/{channel}/{platform}/{locale}",
        "get_latest",
        "Download the newest build",
        "Leads to the file; with `Accept: application/json`, the record is returned. Answers that "
        "are not found say what there is.",
        "Latest builds",
        {
            302: Answer("The address of the file.", {"text/plain": TEXT}, ("Location", *_HEADERS)),
            200: Answer(
                "The record, and the address of its file.",
                {
                    JSON: {
                        "type": "object",
                        "required": ["data", "url"],
                        "properties": {"data": ANY_OBJECT, "url": TEXT},
                    }
                },
                _HEADERS,
            ),
            304: Answer("Nothing has changed.", headers=_HEADERS),
        },
        (*_PARTS, _BEFORE),
        errors=(401, 404, 504),
    ),
)
