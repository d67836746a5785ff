"""The addresses below ``/v1/exports/``, and what they answer."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import quote

from kinto.core.authorization import DYNAMIC
from kinto.core.errors import ERRORS, http_error
from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPMovedPermanently,
    HTTPNotFound,
    HTTPRequestRangeNotSatisfiable,
)
from pyramid.response import Response

from kinto_buildhub.catalog.browsers import wants_page
from kinto_buildhub.catalog.context import CatalogContext
from kinto_buildhub.catalog.responses.html import html_response
from kinto_buildhub.catalog.responses.page_address import root_url
from kinto_buildhub.execution import StreamedResponse
from kinto_buildhub.exports.conditions import NoSuchPart, asked_part, is_known
from kinto_buildhub.exports.folder import Entry, File, NotThere, find, list_folder, open_file
from kinto_buildhub.search.source import dump_json
from kinto_buildhub.settings import PREFIX

SETTING = "buildhub.exports_folder"

_PIECE_BYTES = 256 * 1024
_TEMPLATE = "kinto_buildhub.exports:templates/folder.jinja2"

# Nothing that a browser would run; what has no ending is a list of checksums.
_TYPES = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".minisig": "text/plain",
    ".parquet": "application/vnd.apache.parquet",
    ".txt": "text/plain",
    "": "text/plain",
}


class Head(NamedTuple):
    """What the frame of all pages shows."""

    title: str
    description: str


def add_addresses(config: Any) -> None:
    """Add routes and views."""
    for name, path, view in (
        ("exports-to-index", "/exports", _lead_to_index),
        ("exports", "/exports/", _show),
        ("exports-file", "/exports/{path:(?s:.+)}", _show),
    ):
        config.add_route(name, path, factory=CatalogContext)
        config.add_view(view, route_name=name, request_method="GET", permission=DYNAMIC)


def _lead_to_index(request: Any) -> Any:
    return HTTPMovedPermanently(f"{root_url(request)}/exports/")


def _show(request: Any) -> Response:
    """Send a file or the list of a folder, or say why not.

    Errors are returned: of an address with a slash at its end, Kinto turns those that are raised
    into a redirect.
    """
    setting = request.registry.buildhub_settings[SETTING]
    if not setting:
        return _not_found(f"This server has no exports: {PREFIX}{SETTING} names no folder.")
    path = request.matchdict.get("path", "")
    try:
        return _answer(request, Path(setting), path)
    except NotThere:
        index = _address(request, "")
        there = f"The exports have no {path!r}; {index} lists what they have."
        return _not_found(there if path else "There are no exports yet: their folder is not there.")


def _answer(request: Any, root: Path, path: str) -> Response:
    found = find(root, path)
    if found.is_dir():
        return _folder(request, path, list_folder(root, found))
    if path.endswith("/"):
        raise NotThere
    return _file(request, path, open_file(found))


def _folder(request: Any, path: str, entries: list[Entry]) -> Response:
    if path and not path.endswith("/"):
        return HTTPMovedPermanently(_address(request, f"{path}/"))
    rows = [_row(request, path, each) for each in entries]
    if wants_page(request):
        head = Head(f"Exports/{path}".rstrip("/"), "The whole catalogue as files.")
        response = html_response(request, _TEMPLATE, {"page": head, "path": path, "rows": rows})
    else:
        response = Response(
            dump_json({"data": rows}), content_type="application/json", charset="UTF-8"
        )
    response.vary = (*(response.vary or ()), "Accept")
    return response


def _row(request: Any, path: str, entry: Entry) -> dict[str, Any]:
    row = {
        "name": entry.name,
        "type": "folder" if entry.is_folder else "file",
        "url": _address(request, f"{path}{entry.name}{'/' * entry.is_folder}"),
        "modified": f"{_moment(entry.modified_ns):%Y-%m-%dT%H:%M:%SZ}",
    }
    return row if entry.is_folder else {**row, "bytes": entry.size_bytes}


def _file(request: Any, path: str, file: File) -> Response:
    if getattr(request, "parent", None) is not None:
        file.content.close()
        message = f"A batch has no room for files; ask for {_address(request, path)} itself."
        return http_error(HTTPBadRequest(), errno=ERRORS.INVALID_PARAMETERS, message=message)
    kind = _TYPES.get(Path(path).suffix, "application/octet-stream")
    charset = "UTF-8" if kind.startswith("text/") else None
    response = StreamedResponse(content_type=kind, charset=charset)
    response.etag = f"{file.modified_ns:x}-{file.size_bytes:x}"
    response.last_modified = _moment(file.modified_ns)
    response.accept_ranges = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.content_length = file.size_bytes
    if is_known(request, response):
        file.content.close()
        response.status_int = 304
        del response.content_type, response.content_length
        return response
    try:
        part = asked_part(request, response)
    except NoSuchPart:
        file.content.close()
        return _no_such_part(path, file)
    if part is not None:
        response.status_int = 206
        response.content_range = (*part, file.size_bytes)
    start, stop = part or (0, file.size_bytes)
    response.app_iter = _pieces(request, file, start, stop - start)
    response.content_length = stop - start
    return response


def _pieces(request: Any, file: File, start: int, count: int) -> Iterable[bytes]:
    """Return the bytes of a file; servers that know a quicker way take the file itself."""
    file.content.seek(start)
    wrapper = request.environ.get("wsgi.file_wrapper")
    return wrapper(file.content, _PIECE_BYTES) if wrapper else _Pieces(file.content, count)


class _Pieces:
    """A number of bytes of a file from where it is, for servers that know no quicker way."""

    def __init__(self, content: IO[bytes], count: int) -> None:
        self._content, self._left = content, count

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._content.read(min(_PIECE_BYTES, self._left)):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        """Close the file."""
        self._content.close()


def _no_such_part(path: str, file: File) -> Response:
    refused = HTTPRequestRangeNotSatisfiable()
    refused.content_range = f"bytes */{file.size_bytes}"
    message = f"{path!r} has {file.size_bytes} bytes, and the part that is asked for begins later."
    return http_error(refused, errno=ERRORS.INVALID_PARAMETERS, message=message)


def _not_found(message: str) -> Response:
    return http_error(HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, message=message)


def _address(request: Any, path: str) -> str:
    return f"{root_url(request)}/exports/{quote(path)}"


def _moment(modified_ns: int) -> datetime:
    return datetime.fromtimestamp(modified_ns // 1_000_000_000, UTC)
