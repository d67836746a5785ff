"""IDs of scrolls and points in time.

An ID contains what was asked, so any process can answer it. Where the engine has readers, it also
names one, which has a random name, expires, and holds the index as it was. Without a reader an ID
never expires, and whoever makes one up gets what a search would give them.
"""

import binascii
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson

from kinto_buildhub.search.errors import BadQuery, IndexMissing
from kinto_buildhub.search.index_names import IndexId

_INDEX, _READER = "index", "reader"


def encode_context(index: IndexId, reader_id: str | None, content: dict[str, Any]) -> str:
    """Return an ID that contains *content*, which is JSON, and names a reader of the index."""
    reader = {} if reader_id is None else {_READER: reader_id}
    text = json.dumps({_INDEX: str(index), **reader, **content}, separators=(",", ":"))
    return urlsafe_b64encode(zlib.compress(text.encode())).decode()


def decode_context(index: IndexId, context_id: str, limit_bytes: int, path: str) -> dict[str, Any]:
    """Return the content of an ID.

    Raises:
        BadQuery: it is not an ID, or longer than *limit_bytes*.
        IndexMissing: it belongs to another index.
    """
    try:
        decompressor = zlib.decompressobj()
        text = decompressor.decompress(urlsafe_b64decode(context_id), limit_bytes)
        content = orjson.loads(text) if decompressor.eof else None
    except (binascii.Error, ValueError, zlib.error):
        content = None
    if not isinstance(content, dict) or _INDEX not in content:
        raise BadQuery(
            f"expected an ID that this server returned, got {context_id[:20]!r}",
            path,
            "illegal_argument_exception",
        )
    if content.pop(_INDEX) != str(index):
        raise IndexMissing(f"{path}: the ID belongs to another index.")
    return content


def reader_of(content: dict[str, Any]) -> str | None:
    """Return the ID of the reader that the content of an ID names, if it names one."""
    found = content.get(_READER)
    return None if found is None else str(found)
