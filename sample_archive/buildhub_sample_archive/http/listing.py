"""A folder as a page: JSON as each of the two stores' listers wrote it, and HTML for people."""

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from buildhub_sample_archive import made_up
from buildhub_sample_archive.objects import Facts, Folder, describe

_KIB = 1024
_MIB = 1024 * 1024


class Page(NamedTuple):
    """What is answered for a folder; header names as they go over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Style(NamedTuple):
    """What differs between the listers of the two stores.

    Attributes:
        name: ``s3`` or ``gcs``.
        separators: of the JSON.
        end: what follows the JSON.
        file: how a file is told, keys in order.
        slash_optional: whether a folder's path may lack its slash.
        serves_index_html: whether a file of that name replaces the page.
        plus_is_space: whether a plus in a URL's path reads as a space.
    """

    name: str
    separators: tuple[str, str]
    end: str
    file: Callable[[str, Facts], dict[str, Any]]
    slash_optional: bool
    serves_index_html: bool
    plus_is_space: bool


def rounded_size(size: int) -> int | str:
    """Return a size as the later lister tells it: 910, ``12K``, ``53M``, never in G."""
    if size < _KIB:
        return size
    return f"{round(size / _KIB)}K" if size < _MIB else f"{round(size / _MIB)}M"


def _s3_file(name: str, facts: Facts) -> dict[str, Any]:
    return {"name": name, "last_modified": f"{facts.modified}Z", "size": facts.size}


def _gcs_file(name: str, facts: Facts) -> dict[str, Any]:
    size = rounded_size(facts.size)
    return {"name": name, "size": size, "last_modified": f"{facts.modified}Z"}


STYLES = {
    "s3": Style("s3", (",", ":"), "\n", _s3_file, True, True, True),
    "gcs": Style("gcs", (", ", ": "), "", _gcs_file, False, False, False),
}


def listing_page(style: Style, path: str, folder: Folder, accept: str, if_none_match: str) -> Page:
    """Return the page of the *folder* at *path*.

    JSON is for clients whose Accept header is exactly ``application/json``: both listers compared
    the text, so that a list or a quality gave HTML.
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
    """Return what is answered for a folder with nothing in it, which is a folder that is not."""
    if style.name == "s3":
        return Page(404, {"Content-Type": "text/plain; charset=utf-8"}, b"Not Found")
    body = b"<!DOCTYPE html>\n<html><body><h1>Not Found</h1></body></html>\n"
    return Page(404, {"Content-Type": "text/html; charset=utf-8"}, body)


def missing_file_page(path: str) -> Page:
    """Return what a store answers for a key that it does not have."""
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
            facts = describe(path + file.name, file)
            time = f"{datetime.fromisoformat(facts.modified):%d-%b-%Y %H:%M}"
            size = str(rounded_size(facts.size))
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
