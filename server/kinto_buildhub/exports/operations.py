"""What the description of the API says of ``/v1/exports/``."""

from kinto_buildhub.api_docs.components import TEXT, WHOLE
from kinto_buildhub.api_operations import (
    JSON,
    Answer,
    Operation,
    Parameter,
    Schema,
    path_parameter,
)

_TAG = "Exports"
_HEADERS = ("ETag", "Last-Modified", "Cache-Control", "Accept-Ranges")
_FILE: dict[str, Schema] = {
    "text/plain": TEXT,
    JSON: {},
    **dict.fromkeys(
        (
            *("application/gzip", "application/vnd.apache.parquet", "text/csv", "text/html"),
            "application/octet-stream",
        ),
        TEXT,
    ),
}

_ENTRY: Schema = {
    "type": "object",
    "required": ["name", "type", "url", "modified"],
    "properties": {
        "name": TEXT,
        "type": {"enum": ["file", "folder"]},
        "url": {**TEXT, "description": "Its address; that of a folder lists what is in it."},
        "modified": {**TEXT, "format": "date-time"},
        "bytes": {**WHOLE, "description": "Size of a file."},
    },
}
_LIST: Schema = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "array", "items": _ENTRY}},
}

OPERATIONS = (
    Operation(
        "GET",
        "/exports/",
        "list_exports",
        "Files of exports",
        "What is in the folder, newest first; for browsers as a page. `latest/` is the newest "
        "export. Needs the setting `kinto.buildhub.exports_folder`.",
        _TAG,
        {200: Answer("Its files and folders.", {JSON: _LIST, "text/html": TEXT})},
        errors=(401, 404),
    ),
    Operation(
        "GET",
        "/exports/{path}",
        "get_export",
        "A file of an export",
        "As `buildhub export` has written it. An address that ends in `/` lists a folder.",
        _TAG,
        {
            200: Answer("The file, or what is in the folder.", _FILE, _HEADERS),
            206: Answer(
                "The part of it that `Range` asks for.",
                {name: TEXT for name in _FILE if name != "text/html"},
                (*_HEADERS, "Content-Range"),
            ),
            301: Answer("It is a folder, whose address ends in `/`.", headers=("Location",)),
            304: Answer("The client has it."),
        },
        (
            path_parameter("path", "Folders and name.", "latest/SHA256SUMS"),
            Parameter("Range", "A part of the file.", "bytes=0-99", place="header"),
        ),
        errors=(401, 404, 416),
    ),
)
