"""What a request to a search endpoint contains: the collection, the body, the parameters."""

import gzip
import io
import zlib
from collections.abc import Iterable
from typing import Any

from kinto.core.errors import request_GET
from kinto.core.storage.exceptions import ObjectNotFoundError

from kinto_buildhub.search.errors import BadQuery, IndexMissing
from kinto_buildhub.search.index_names import IndexId, index_name
from kinto_buildhub.search.language.name_patterns import is_like
from kinto_buildhub.search.mapping import METADATA_KEY, BadMapping, Mapping, read_mapping
from kinto_buildhub.search.service import Search

# They shape what is sent, not what is found.
_TRANSPORT_PARAMETERS = (
    "source",
    "source_content_type",
    "pretty",
    "human",
    "error_trace",
    "filter_path",
)


def search_of(request: Any) -> Search:
    """Return the search service of this server process."""
    found: Search = request.registry.buildhub_search
    return found


def searched_collection(request: Any) -> tuple[IndexId, Mapping]:
    """Return the collection in the address, and its mapping.

    Raises:
        IndexMissing: the collection does not exist or has no mapping, or the address names
            another index.
        BadQuery: its mapping is not valid.
    """
    index = IndexId(request.matchdict["bucket_id"], request.matchdict["collection_id"])
    if "index_name" in request.matchdict:
        check_index_name(request, index, request.matchdict["index_name"])
    try:
        collection = request.registry.storage.get(
            resource_name="collection", parent_id=index.bucket_uri, object_id=index.collection_id
        )
    except ObjectNotFoundError as exc:
        raise IndexMissing(f"The collection {index} does not exist.") from exc
    if METADATA_KEY not in collection:
        raise IndexMissing(
            f"The collection {index} is not searchable: its metadata has no {METADATA_KEY}."
        )
    try:
        own_index_name(request, index)
    except ValueError as exc:
        raise BadQuery(f"The collection cannot be searched: {exc}") from exc
    mapping = read_mapping(collection)
    if isinstance(mapping, BadMapping):
        raise BadQuery(str(mapping), METADATA_KEY, "mapper_parsing_exception")
    return index, mapping


def check_index_name(request: Any, index: IndexId, named: str) -> None:
    """Check that a name, a pattern, or a list of them separated by commas, is the collection's.

    Raises:
        IndexMissing: it names another index.
    """
    own = index.collection_id, own_index_name(request, index)
    for name in named.split(","):
        pattern = {"_all": "*", "": "*"}.get(name, name)
        if not any(is_like(each, pattern) for each in own):
            raise IndexMissing(f"no such index [{name}]; expected [{own[0]}]")


def own_index_name(request: Any, index: IndexId) -> str:
    """Return the name of the collection's index, as answers show it."""
    return index_name(search_of(request).settings.index_prefix, index)


def read_body(request: Any) -> bytes:
    """Return the request's body, decompressed, whatever its Content-Type.

    Raises:
        BadQuery: the body is too long, or is not compressed as its headers say.
    """
    limit = search_of(request).settings.limits.body_bytes
    body: bytes = request.body
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "gzip":
        try:
            body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(limit + 1)
        except (OSError, EOFError, zlib.error) as exc:
            raise BadQuery(f"the body is not gzip: {exc}") from exc
    elif encoding != "identity":
        raise BadQuery(f"Content-Encoding {encoding!r} is not supported; expected gzip or none")
    if len(body) > limit:
        raise BadQuery(
            f"the body is longer than {limit} bytes, which is the limit "
            "(kinto.search.max_body_bytes)"
        )
    if not body and (source := request_GET(request).get("source")):
        body = source.encode()
    return body


def read_parameters(request: Any) -> dict[str, str]:
    """Return the parameters of the URL that may change the answer."""
    found = dict(request_GET(request))
    for name in _TRANSPORT_PARAMETERS:
        found.pop(name, None)
    return found


def check_names(parameters: Iterable[str], *known: str) -> None:
    """Check that all names in a URL are *known*.

    Raises:
        BadQuery: names the one that is not.
    """
    for name in parameters:
        if name not in known:
            raise BadQuery(f"unknown parameter {name!r}; expected one of {', '.join(known)}")
