"""Listing the archive's bucket as Google Cloud Storage does: ``GET /storage/v1/b/NAME/o``."""

import binascii
import json
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from buildhub_sample_archive.http.bucket_objects import object_resource
from buildhub_sample_archive.http.listing import Page
from buildhub_sample_archive.objects import File, Folder, in_key_order

ARCHIVE_BUCKET = "moz-fx-productdelivery-pr-38b5-productdelivery"
"""The bucket of the archive's files; their names in it are the paths of their URLs."""

API_PATH = "/storage/v1/b/"

_MOST_RESULTS = 1000
_NAME = "[A-Za-z0-9]+"
_FIELD = rf"{_NAME}(\({_NAME}(,{_NAME})*\))?"
_FIELDS = re.compile(rf"{_FIELD}(,{_FIELD})*")


class BadQuery(ValueError):
    """A parameter of a listing that cannot be understood."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a listing asks for; see the JSON API's manual for the parameters.

    Attributes:
        start: the name to begin with: that of the page token, else the ``startOffset``.
        fields: wanted of each item and of the answer; None for all.
    """

    prefix: str
    delimiter: str
    start: str
    end: str
    limit: int
    item_fields: Collection[str] | None
    fields: Collection[str] | None

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Read the parameters.

        Raises:
            BadQuery: names the parameter.
        """
        delimiter = query.get("delimiter", "")
        if delimiter not in ("", "/"):
            raise BadQuery(f"delimiter {delimiter!r}: this server knows / only")
        limit = query.get("maxResults", str(_MOST_RESULTS))
        if not limit.isdecimal() or int(limit) < 1:
            raise BadQuery(f"maxResults {limit!r}: expected a positive number")
        start = query.get("startOffset", "")
        if "pageToken" in query:
            start = max(start, _name_of(query["pageToken"]))
        item_fields, fields = _parse_fields(query.get("fields"))
        return cls(
            query.get("prefix", ""),
            delimiter,
            start,
            query.get("endOffset", ""),
            min(int(limit), _MOST_RESULTS),
            item_fields,
            fields,
        )

    @property
    def position(self) -> str:
        """Where the page begins: its *start*, or the prefix where that is not behind it."""
        return max(self.start, self.prefix)


def list_page(root: Folder, bucket: str, query: ListQuery, *, hides_metadata: bool) -> Page:
    """Return a page of the files below *root*; items and prefixes are counted together."""
    found = list(islice(iter_entries(root, query), query.limit + 1))
    entries = found[: query.limit]
    document: dict[str, Any] = {"kind": "storage#objects"}
    if len(found) > query.limit:
        document["nextPageToken"] = _token_of(found[-1][0])
    if prefixes := [path for path, file in entries if file is None]:
        document["prefixes"] = prefixes
    items = [
        _only(object_resource(bucket, path, file), query.item_fields)
        for path, file in entries
        if file is not None and not (hides_metadata and file.body is not None)
    ]
    if items:
        document["items"] = items
    return _json_page(200, _only(document, query.fields))


def error_page(status: int, message: str) -> Page:
    """Return an error as the JSON API words it."""
    reasons = {400: "invalid", 401: "required", 404: "notFound"}
    error = {"message": message, "domain": "global", "reason": reasons[status]}
    return _json_page(status, {"error": {"code": status, "message": message, "errors": [error]}})


def iter_entries(
    folder: Folder, query: ListQuery, path: str = ""
) -> Iterator[tuple[str, File | None]]:
    """Yield (name, file) in the order of names, and (name, None) for a common prefix.

    Folders before the start of *query* are not made.
    """
    for name, child in in_key_order(folder):
        key = path + name
        if query.end and key >= query.end:
            return
        if isinstance(child, File):
            if key >= query.start and key.startswith(query.prefix):
                yield key, child
        elif _overlaps(key, query):
            inside = iter_entries(child(), query, key)
            if not query.delimiter or query.prefix.startswith(key):
                yield from inside
            elif next(_all_inside(child(), query, key), None) is not None:
                yield key, None


def _all_inside(folder: Folder, query: ListQuery, path: str) -> Iterator[tuple[str, File | None]]:
    """Yield what a common prefix stands for."""
    flat = ListQuery(query.prefix, "", query.start, query.end, query.limit, None, None)
    return iter_entries(folder, flat, path)


def _overlaps(folder: str, query: ListQuery) -> bool:
    """Return whether names that start with *folder* may match."""
    is_before = folder < query.start and not query.start.startswith(folder)
    return not is_before and (folder.startswith(query.prefix) or query.prefix.startswith(folder))


def _only(values: dict[str, Any], names: Collection[str] | None) -> dict[str, Any]:
    return values if names is None else {n: value for n, value in values.items() if n in names}


def _parse_fields(text: str | None) -> tuple[Collection[str] | None, Collection[str] | None]:
    """Return the wanted fields of items and of the answer: ``nextPageToken,items(name,size)``."""
    if text is None:
        return None, None
    if not _FIELDS.fullmatch(text):
        raise BadQuery(f"fields {text!r}: expected names, and names in parentheses")
    of_items = re.search(r"items\(([^)]*)\)", text)
    return (of_items[1].split(",") if of_items else None), re.sub(r"\([^)]*\)", "", text).split(",")


def _token_of(name: str) -> str:
    return urlsafe_b64encode(name.encode()).decode()


def _name_of(token: str) -> str:
    try:
        return b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise BadQuery(f"pageToken {token!r}: not one of this server's") from exc


def _json_page(status: int, document: dict[str, Any]) -> Page:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    return Page(status, headers, json.dumps(document, indent=2, ensure_ascii=False).encode())
