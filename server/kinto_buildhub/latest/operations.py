"""What the description of the API says of ``/v1/latest``."""

from buildhub_schema.products import PRODUCT_NAMES

from kinto_buildhub.api_docs.components import TEXT, reference
from kinto_buildhub.api_operations import (
    JSON,
    Answer,
    Operation,
    Parameter,
    Schema,
    path_parameter,
)
from kinto_buildhub.latest.before import PARAMETER

_TAG = "Latest builds"
_HEADERS = ("ETag", "Cache-Control", "Complete-Until")
_NOT_MODIFIED = Answer("Nothing has changed.")
_ERRORS = (401, 404, 504)

_PRODUCT = path_parameter("product", f"One of {', '.join(PRODUCT_NAMES)}.", "firefox")
_CHANNEL = path_parameter("channel", "As in records; also `esr-next` and `devedition`.", "beta")
_PLATFORM = path_parameter(
    "platform", "As in records; also `linux64`, `linux`, `win`, `osx`.", "win64"
)
_LOCALE = path_parameter("locale", "As in records, in upper or lower case.", "fr")
_BEFORE = Parameter(
    PARAMETER,
    "Only what was built before a day, as `2017-06-01`, a moment of RFC 3339, or a build ID.",
    "2017-06-01",
)

_URL: Schema = {**TEXT, "description": "Address of the file, percent-encoded."}
_SUMMARY: Schema = {
    "type": "object",
    "required": ["version", "build_id", "url"],
    "properties": {
        "version": TEXT,
        "build_id": {**TEXT, "description": "Empty if it is not known."},
        "url": {**TEXT, "description": "Address of the list of the channel."},
    },
}
_BUILD: Schema = {
    "type": "object",
    "required": ["record", "url"],
    "properties": {"record": reference("Build"), "url": _URL},
}


def _by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _data(schema: Schema, **others: Schema) -> dict[str, Schema]:
    properties = {"data": schema, **others}
    return {JSON: {"type": "object", "required": [*properties], "properties": properties}}


def _list(
    path: str, name: str, summary: str, description: str, schema: Schema, *names: Parameter
) -> Operation:
    return Operation(
        "GET",
        path,
        name,
        summary,
        description,
        _TAG,
        {200: Answer("The newest builds.", _data(schema), _HEADERS), 304: _NOT_MODIFIED},
        (*names, _BEFORE),
        errors=_ERRORS,
    )


OPERATIONS = (
    _list(
        "/latest",
        "latest",
        "Channels of all products",
        "Each with its newest version.",
        _by_name(_by_name(_SUMMARY)),
    ),
    _list(
        "/latest/{product}",
        "latest_of_product",
        "Channels of a product",
        "Each with its newest version.",
        _by_name(_SUMMARY),
        _PRODUCT,
    ),
    _list(
        "/latest/{product}/{channel}",
        "latest_of_channel",
        "Newest builds of a channel",
        "By platform and locale.",
        _by_name(_by_name(_BUILD)),
        _PRODUCT,
        _CHANNEL,
    ),
    Operation(
        "GET",
        "/latest/{product}/{channel}/{platform}/{locale}",
        "latest_build",
        "Newest build",
        "Leads to its file, or sends its record if `Accept` asks for JSON by name.",
        _TAG,
        {
            302: Answer("It leads to the file.", {"text/plain": _URL}, ("Location", *_HEADERS[1:])),
            200: Answer(
                "The record, for `Accept: application/json`.",
                _data(reference("Build"), url=_URL),
                _HEADERS,
            ),
            304: _NOT_MODIFIED,
        },
        (_PRODUCT, _CHANNEL, _PLATFORM, _LOCALE, _BEFORE),
        errors=_ERRORS,
    ),
)
