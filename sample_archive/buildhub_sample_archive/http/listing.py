"""Folder pages: JSON in the forms of the two listing services the archive has had, and HTML."""

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from buildhub_sample_archive import made_up
from buildhub_sample_archive.objects import Folder, ObjectAttributes, describe

_KIB = 1024
_MIB = 1024 * 1024


class Page(NamedTuple):
    """A response with a body in memory."""

    status: int
    headers: dict[str, str]
    body: bytes


class Style(NamedTuple):
    """What differs between the listing services of the two stores.

    Attributes:
        name: ``s3`` or ``gcs``.
        separators: of the JSON.
        end: text after the JSON.
        file: returns the JSON of a file, with its keys in order.
        slash_optional: whether the slash at the end of a folder's path may be missing.
        serves_index_html: whether a file of that name replaces the page.
        plus_is_space: whether a plus in a URL's path means a space.
    """

    name: str
    separators: tuple[str, str]
    end: str
    file: Callable[[str, ObjectAttributes], dict[str, Any]]
    slash_optional: bool
    serves_index_html: bool
    plus_is_space: bool


def rounded_size(size: int) -> int | str:
    """Return a size as the newer listing service shows it: 910, ``12K``, ``53M``, never in G."""
    if size < _KIB:
        return size
    return f"{round(size / _KIB)}K" if size < _MIB else f"{round(size / _MIB)}M"


def _s3_file(name: str, attributes: ObjectAttributes) -> dict[str, Any]:
    return {"name": name, "last_modified": f"{attributes.modified}Z", "size": attributes.size}


def _gcs_file(name: str, attributes: ObjectAttributes) -> dict[str, Any]:
    size = rounded_size(attributes.size)
    return {"name": name, "size": size, "last_modified": f"{attributes.modified}Z"}


STYLES = {
    "s3": Style("s3", (",", ":"), "\n", _s3_file, True, True, True),
    "gcs": Style("gcs", (", ", ": "), "", _gcs_file, False, False, False),
}


def listing_page(style: Style, path: str, folder: Folder, accept: str, if_none_match: str) -> Page:
    """Return the page of the *folder* at *path*.

    It is JSON only if the Accept header is exactly ``application/json``: both listing services
    compare the text, so a list of types or a quality gets HTML.
    """
    if accept != "application/json":
        return _html_page(style, path, folder)
    document = {
        "prefixes": [f"{name}/" for name in sorted(folder.folders)],
        "files": [style.file(file.name, describe(path + file.name, file)) for file in folder.files],
    }
    text = json.dumps(document, separators=style.separators, ensure_ascii=False) + style.end
    body = text.encode()
    headers = {"Content-Type": "application/json", "Vary": "Accept"}
    if style.name == "s3":
        return Page(200, headers | {"Cache-Control": "max-age=900"}, body)
    headers["ETag"] = sha256(body).hexdigest()
    if if_none_match == headers["ETag"]:
        return Page(304, headers, b"")
    return Page(200, headers, body)


def missing_folder_page(style: Style) -> Page:
    """Return the response for an empty folder, which does not exist in an object store."""
    if style.name == "s3":
        return Page(404, {"Content-Type": "text/plain; charset=utf-8"}, b"Not Found")
    body = b"<!DOCTYPE html>\n<html><body><h1>Not Found</h1></body></html>\n"
    return Page(404, {"Content-Type": "text/html; charset=utf-8"}, body)


def missing_file_page(path: str) -> Page:
    """Return the response of an object store for a missing key."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        f"<Message>The specified key does not exist.</Message><Key>{escape(path)}</Key></Error>"
    )
    return Page(404, {"Content-Type": "application/xml"}, body.encode())


def _html_page(style: Style, path: str, folder: Folder) -> Page:
    shown = escape(f"/{path}")
    rows = [_html_row("Dir", "..", f"/{path.rstrip('/').rpartition('/')[0]}/".replace("//", "/"))]
    rows += [
        _html_row("Dir", f"{name}/", quote(f"/{path}{name}/")) for name in sorted(folder.folders)
    ]
    for file in folder.files:
        if file.name or style.name == "gcs":
            attributes = describe(path + file.name, file)
            time = f"{datetime.fromisoformat(attributes.modified):%d-%b-%Y %H:%M}"
            size = str(rounded_size(attributes.size))
            rows.append(_html_row("File", file.name, quote(f"/{path}{file.name}"), size, time))
    body = (
        f"<!DOCTYPE html>\n<html>\n<head><meta charset='UTF-8'>"
        f"<title>Directory Listing: {shown}</title></head>\n<body>\n"
        f"<h1>Index of {shown}</h1>\n<p>{escape(made_up.LABEL)}</p>\n<table>\n"
        "<tr><th>Type</th><th>Name</th><th>Size</th><th>Last Modified</th></tr>\n"
        + "".join(rows)
        + "</table>\n</body>\n</html>\n"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept"}
    if style.name == "s3":
        headers["Cache-Control"] = "max-age=900"
    return Page(200, headers, body.encode())


def _html_row(kind: str, name: str, link: str, size: str = "", time: str = "") -> str:
    cells = (kind, f'<a href="{link}">{escape(name)}</a>', size, time)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"
